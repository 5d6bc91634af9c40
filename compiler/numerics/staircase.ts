/**
 * A requantisation is a staircase: the result is a non-decreasing function of the accumulator with at most 255
 * steps inside the clamps. Two roundings are compared by comparing where their steps begin, so the accumulators on
 * which they differ are counted exactly in 255 divisions, however many accumulators there are. Divisions are done
 * in double precision; where the quotient is too close to an integer for that to decide, in exact arithmetic.
 *
 * In what follows r is a result before the zero point is added, and "the step of r" is the least accumulator whose
 * result is at least r. Scales and multipliers are positive (a negative one is the mirror image).
 */

import { reduce, toNumber, type Rational } from './rational.js';

/** A real scale > 0 and its nearest double. */
export interface Scale {
  readonly exact: Rational;
  readonly approximate: number;
  /** Sign of acc * scale - (r - 1/2), exact. */
  side(acc: number, r: number): number;
}

export function scaleOf(exact: Rational): Scale {
  const { numerator, denominator } = exact;
  // Fractions of small numbers (powers of two above all) have many ties: those are decided in doubles.
  let small: readonly [number, number] | null | undefined;
  return {
    exact,
    approximate: toNumber(exact),
    side(acc, r) {
      if (small === undefined) small = smallFraction(exact);
      if (small !== null && Math.abs(acc) < 2 ** 31) return Math.sign(2 * acc * small[0] - (2 * r - 1) * small[1]);
      const difference = 2n * BigInt(acc) * numerator - BigInt(2 * r - 1) * denominator;
      return difference < 0n ? -1 : difference > 0n ? 1 : 0;
    },
  };
}

/** Numerator below 2^20 and denominator below 2^40 in lowest terms, or null: products with accumulators fit doubles. */
function smallFraction(exact: Rational): readonly [number, number] | null {
  const { numerator, denominator } = reduce(exact);
  return numerator < 2n ** 20n && denominator < 2n ** 40n ? [Number(numerator), Number(denominator)] : null;
}

/** Relative distance from a decision boundary below which a double's verdict is not trusted; doubles err by 2^-49. */
const doubt = 2 ** -46;

/** Does quotient lie so close to the integer `near` that its error might matter? */
const doubtful = (quotient: number, near: number): boolean => Math.abs(quotient - near) <= Math.abs(quotient) * doubt;

/** ceil(numerator / denominator) of integers held by doubles, denominator > 0, exact below 2^53. */
function ceilDivide(numerator: number, denominator: number): number {
  const quotient = numerator / denominator;
  const near = Math.round(quotient);
  if (!doubtful(quotient, near) || Math.abs(quotient) >= 2 ** 52) return Math.ceil(quotient);
  return BigInt(near) * BigInt(denominator) >= BigInt(numerator) ? near : near + 1;
}

/** The step of r when acc * scale is rounded to nearest, ties to even. */
export function meaningStep(scale: Scale, r: number): number {
  const quotient = (r - 0.5) / scale.approximate;
  const near = Math.round(quotient);
  return doubtful(quotient, near) ? nearStep(scale, r, near).step : Math.ceil(quotient);
}

/** The step of r where it is `near` or the next; `tie` where near * scale is exactly r - 1/2. */
function nearStep(scale: Scale, r: number, near: number): { readonly step: number; readonly tie: boolean } {
  const sign = scale.side(near, r);
  if (sign === 0) return { step: r % 2 === 0 ? near : near + 1, tie: true };
  return { step: sign > 0 ? near : near + 1, tie: false };
}

/** acc * scale rounded to nearest, ties to even. */
export function meaningOf(scale: Scale, acc: number): number {
  const product = acc * scale.approximate;
  const near = Math.round(product - 0.5) + 0.5;
  if (!doubtful(product, near)) return Math.round(product);
  const lower = near - 0.5;
  const sign = scale.side(acc, near + 0.5);
  if (sign === 0) return lower % 2 === 0 ? lower : lower + 1;
  return sign > 0 ? lower + 1 : lower;
}

const ifZero = (r: number): number => (r <= 0 ? -Infinity : Infinity);

/** A staircase as a function: the step of r. */
export type StepOf = (r: number) => number;

/** Under floor(acc * multiplier / 2^(32 + d) + 1/2), d = shift - leftShift: rounding 'fixed'. */
export function fixedSteps(multiplier: number, d: number): StepOf {
  if (multiplier === 0) return ifZero;
  const half = 2 ** (31 + d);
  return (r) => ceilDivide((2 * r - 1) * half, multiplier);
}

/** Under rounding 'even': t = floor((acc << leftShift) * multiplier / 2^32), ties of t / 2^shift to even. */
export function evenSteps(multiplier: number, leftShift: number, shift: number): StepOf {
  if (multiplier === 0) return ifZero;
  const half = 2 ** (shift - 1);
  const unit = 2 ** (32 - leftShift);
  return (r) => ceilDivide(((2 * r - 1) * half + (r % 2 === 0 ? 0 : 1)) * unit, multiplier);
}

/** What two staircases have in common with a range of accumulators. */
export interface Comparison {
  /** Accumulators in the range on which they differ. */
  readonly off: number;
  /** Whether they differ by one step at most everywhere in the range. */
  readonly withinOneStep: boolean;
}

/** The steps of the meaning for one channel, inside the clamps and the accumulator range [lo, hi]. */
export interface Staircase {
  readonly scale: Scale;
  readonly lo: number;
  readonly hi: number;
  /** Results r at lo and hi, clamped. */
  readonly first: number;
  readonly last: number;
  /**
   * Steps of r = from .. from + steps.length - 1: those of the range and, where the clamps allow, two on each side,
   * so that a rounding which leaves the range's results is seen.
   */
  readonly from: number;
  readonly steps: Float64Array;
  /** Accumulators in the range that are ties whose rounding the clamps do not hide. */
  readonly ties: number;
}

/** Clamps are on r: the code's clamps less the zero point. */
export function staircase(scale: Scale, lo: number, hi: number, clampMin: number, clampMax: number): Staircase {
  const clamp = (r: number): number => Math.min(Math.max(r, clampMin), clampMax);
  const first = clamp(meaningOf(scale, lo));
  const last = clamp(meaningOf(scale, hi));
  const from = Math.max(first - 1, clampMin + 1);
  const to = Math.min(last + 2, clampMax);
  const steps = new Float64Array(Math.max(0, to - from + 1));
  let ties = 0;
  for (let i = 0; i < steps.length; i++) {
    const quotient = (from + i - 0.5) / scale.approximate;
    const near = Math.round(quotient);
    if (!doubtful(quotient, near)) {
      steps[i] = Math.ceil(quotient);
      continue;
    }
    const { step, tie } = nearStep(scale, from + i, near);
    steps[i] = step;
    if (tie && near >= lo && near <= hi) ties++;
  }
  return { scale, lo, hi, first, last, from, steps, ties };
}

/** Compares the meaning with another non-decreasing rounding, given by its steps. */
export function compareSteps(truth: Staircase, stepOf: StepOf): Comparison {
  const end = truth.hi + 1;
  const inRange = (acc: number): number => Math.min(Math.max(acc, truth.lo), end);
  let off = 0;
  let passed = truth.lo;
  let withinOneStep = true;
  for (let i = 0; i < truth.steps.length; i++) {
    const a = inRange(truth.steps[i]);
    const b = inRange(stepOf(truth.from + i));
    if (a !== b) {
      off += Math.abs(a - b);
      // Two disagreements that overlap would be two steps on the same accumulator.
      if (Math.min(a, b) < passed) withinOneStep = false;
      passed = Math.max(passed, a, b);
    }
  }
  return { off, withinOneStep };
}
