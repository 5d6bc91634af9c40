/**
 * Chooses the integer arithmetic that turns accumulators into codes, and proves it. The meaning of a channel is
 *
 *   q = clamp(roundHalfEven(acc * scale) + zeroPoint)        scale = (input scale * weight scale) / output scale, exact
 *
 * and the forms it may take are those of ir/int8-graph.ts. With d = shift - leftShift, 'fixed' computes
 * floor(acc * M / 2^(32+d) + 1/2) (the two floors nest into one), so precision depends on d alone: d is the largest
 * that keeps every |M| = |scale| * 2^(32+d) below 2^31, and leftShift only keeps the shift at 1 or more. A channel
 * with reachable ties that 'fixed' rounds wrongly takes 'even', which is right where t is exact at the ties, and
 * otherwise 64-bit 'exact'. Every choice is checked by counting the accumulators that deviate (staircase.ts).
 */

import { divideHalfEven, reduce, type Rational } from './rational.js';
import {
  compareSteps,
  evenSteps,
  fixedSteps,
  meaningStep,
  scaleOf,
  staircase,
  type Comparison,
  type Scale,
  type Staircase,
  type StepOf,
} from './staircase.js';

/** One channel: its real scale (any sign, zero allowed) and the accumulators it can reach, int32, lo <= hi. */
export interface ChannelRange {
  readonly scale: Rational;
  readonly lo: number;
  readonly hi: number;
}

export interface OutputCodes {
  readonly zeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

/** a = clamp(acc, accMin, accMax); q = roundHalfEven(a * numerator / denominator) + zeroPoint. */
export interface ExactForm {
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly accMin: number;
  readonly accMax: number;
}

export interface RequantPlan extends OutputCodes {
  readonly rounding: 'fixed' | 'even' | 'exact';
  readonly multipliers: Int32Array;
  readonly leftShift: number;
  /** 1 .. 22. */
  readonly shift: number;
  readonly even: Uint8Array | null;
  readonly exact: readonly ExactForm[] | null;
  /**
   * For a channel with only one reachable result r (code less zero point): the accumulator that the chosen form maps
   * to r; null elsewhere. Only with `encodeConstants`.
   */
  readonly constants: readonly (number | null)[];
  readonly deviations: { readonly off: number; readonly of: number };
}

const int32Max = 2 ** 31 - 1;
const shiftMax = 22;
/** A constant's accumulator, |r| <= 255, shifted left by max(shift + 2, leftShift), must stay in int32. */
const constantsFit = (s: Shifts): boolean => s.shift <= 20 && s.leftShift <= 22;

/** A channel with its scale made positive: the accumulators of a negative scale are mirrored. */
interface Channel {
  readonly sign: 1 | -1;
  readonly scale: Scale;
  readonly truth: Staircase;
  readonly lo: number;
  readonly hi: number;
  /** The single reachable result, or null. */
  readonly constant: number | null;
}

export interface RequantOptions {
  /** Give channels with a single reachable result an accumulator of their own (the caller zeroes their weights). */
  readonly encodeConstants: boolean;
}

/** Plans one node: every channel shares rounding, shifts and output codes. */
export function planRequant(
  ranges: readonly ChannelRange[],
  output: OutputCodes,
  options: RequantOptions,
): RequantPlan {
  const channels = ranges.map((range) => normalise(range, output));
  const varying = channels.filter((c) => !isEncoded(c, options));
  const encodes = varying.length < channels.length;
  const allowed = (s: Shifts): boolean => (!encodes || constantsFit(s)) && fits(varying, output.zeroPoint, s);
  const shifts = largestShifts(varying, allowed);
  if (shifts === null) return exactPlan(channels, output, options);

  const fixed = channels.map((c) => (isEncoded(c, options) ? null : bestFixed(c, shifts.d)));
  const wrongTies = channels.map((c, i) => {
    const choice = fixed[i];
    return choice !== null && choice.off > 0 && c.truth.ties > 0;
  });
  if (fixed.some((choice) => choice !== null && !choice.withinOneStep)) return exactPlan(channels, output, options);
  if (!wrongTies.includes(true)) {
    return assemble(
      channels,
      output,
      options,
      'fixed',
      shifts,
      fixed.map((choice) => choice?.multiplier ?? 0),
      null,
      off(fixed),
    );
  }
  return evenPlan(channels, output, options, shifts, allowed, fixed, wrongTies) ?? exactPlan(channels, output, options);
}

const off = (choices: readonly (Comparison | null)[]): number => choices.reduce((sum, c) => sum + (c?.off ?? 0), 0);

const isEncoded = (c: Channel, options: RequantOptions): boolean => options.encodeConstants && c.constant !== null;

function normalise(range: ChannelRange, output: OutputCodes): Channel {
  const negative = range.scale.numerator < 0n;
  const { denominator } = range.scale;
  const exact = negative ? { numerator: -range.scale.numerator, denominator } : range.scale;
  const lo = negative ? -range.hi : range.lo;
  const hi = negative ? -range.lo : range.hi;
  const scale = scaleOf(exact);
  const truth =
    exact.numerator === 0n
      ? flat(scale, lo, hi, output)
      : staircase(scale, lo, hi, output.clampMin - output.zeroPoint, output.clampMax - output.zeroPoint);
  return { sign: negative ? -1 : 1, scale, truth, lo, hi, constant: truth.first === truth.last ? truth.first : null };
}

/** Scale 0: every accumulator gives 0, clamped. */
function flat(scale: Scale, lo: number, hi: number, output: OutputCodes): Staircase {
  const only = Math.min(Math.max(0, output.clampMin - output.zeroPoint), output.clampMax - output.zeroPoint);
  return { scale, lo, hi, first: only, last: only, from: 0, steps: new Float64Array(0), ties: 0 };
}

interface Shifts {
  readonly leftShift: number;
  readonly shift: number;
  /** shift - leftShift. */
  readonly d: number;
}

const magnitude = (c: Channel): number => Math.max(Math.abs(c.lo), Math.abs(c.hi));

/** Whether every intermediate of the fixed and even forms stays in int32. */
function fits(channels: readonly Channel[], zeroPoint: number, shifts: Shifts): boolean {
  const room = int32Max - Math.abs(zeroPoint) * 2 ** shifts.shift - 2 ** (shifts.shift - 1) - 2;
  return channels.every((c) => {
    const acc = magnitude(c);
    // Multipliers are within one of scale * 2^(32+d), so t is within acc * 2^leftShift / 2^32 < 1 of acc * scale * 2^shift.
    return acc * 2 ** shifts.leftShift <= int32Max && acc * c.scale.approximate * 2 ** shifts.shift + 1 <= room;
  });
}

/** The most precise shifts that overflow nowhere, or null where there are none. */
function largestShifts(channels: readonly Channel[], allowed: (s: Shifts) => boolean): Shifts | null {
  const largest = channels.reduce((m, c) => Math.max(m, c.scale.approximate), 0);
  let d = shiftMax;
  while (d > -31 && largest * 2 ** (32 + d) > int32Max - 2) d--;
  for (; d > -31; d--) {
    const shift = Math.max(1, d);
    const shifts = { d, shift, leftShift: shift - d };
    if (allowed(shifts)) return shifts;
    if (shift === 1) return null;
  }
  return null;
}

interface Choice extends Comparison {
  readonly multiplier: number;
}

const better = (a: Choice, b: Choice): Choice =>
  a.withinOneStep !== b.withinOneStep ? (a.withinOneStep ? a : b) : b.off < a.off ? b : a;

/** The multiplier next to scale * 2^(32+d) with the fewest deviations. */
function bestOf(c: Channel, d: number, stepsOf: (multiplier: number) => StepOf): Choice {
  const ideal = c.scale.approximate * 2 ** (32 + d);
  const evaluate = (multiplier: number): Choice => ({ multiplier, ...compareSteps(c.truth, stepsOf(multiplier)) });
  const nearest = evaluate(Math.round(ideal));
  if (nearest.off === 0) return nearest;
  const other = nearest.multiplier > ideal ? nearest.multiplier - 1 : nearest.multiplier + 1;
  return other < 0 ? nearest : better(nearest, evaluate(other));
}

const bestFixed = (c: Channel, d: number): Choice => bestOf(c, d, (multiplier) => fixedSteps(multiplier, d));

/** log2 of the least power of two that is at least n. */
const ceilLog2 = (n: bigint): number => (n <= 1n ? 0 : (n - 1n).toString(2).length);

/**
 * Ties to even for the channels that need it: t must be exact at ties and tell them from their neighbours, so
 * 2^shift is at least the denominator of the scale. Null where that overflows or leaves deviations at such a channel.
 */
function evenPlan(
  channels: readonly Channel[],
  output: OutputCodes,
  options: RequantOptions,
  base: Shifts,
  allowed: (s: Shifts) => boolean,
  fixed: readonly (Choice | null)[],
  wrongTies: readonly boolean[],
): RequantPlan | null {
  const needed = channels.reduce(
    (n, c, i) => (wrongTies[i] ? Math.max(n, ceilLog2(reduce(c.scale.exact).denominator)) : n),
    base.shift,
  );
  const shifts = { d: base.d, shift: needed, leftShift: needed - base.d };
  if (needed > shiftMax || !allowed(shifts)) return null;
  const choices = channels.map((c, i) =>
    wrongTies[i] ? bestOf(c, shifts.d, (m) => evenSteps(m, shifts.leftShift, shifts.shift)) : fixed[i],
  );
  if (choices.some((choice, i) => wrongTies[i] && choice !== null && choice.off > 0)) return null;
  const even = Uint8Array.from(wrongTies, (wrong) => (wrong ? 1 : 0));
  return assemble(
    channels,
    output,
    options,
    'even',
    shifts,
    choices.map((choice) => choice?.multiplier ?? 0),
    even,
    off(choices),
  );
}

function assemble(
  channels: readonly Channel[],
  output: OutputCodes,
  options: RequantOptions,
  rounding: 'fixed' | 'even',
  shifts: Shifts,
  multipliers: readonly number[],
  even: Uint8Array | null,
  deviating: number,
): RequantPlan {
  const constants = channels.map((c) => (isEncoded(c, options) ? encodeConstant(c.constant ?? 0, shifts) : null));
  return {
    ...output,
    rounding,
    multipliers: Int32Array.from(channels, (c, i) => constants[i]?.multiplier ?? c.sign * multipliers[i]),
    leftShift: shifts.leftShift,
    shift: shifts.shift,
    even,
    exact: null,
    constants: constants.map((constant) => constant?.acc ?? null),
    deviations: { off: deviating, of: reachable(channels) },
  };
}

const reachable = (channels: readonly Channel[]): number => channels.reduce((n, c) => n + c.hi - c.lo + 1, 0);

/**
 * The accumulator and multiplier by which a planned node of rounding 'fixed' or 'even' gives the result r (code less
 * zero point), or null where its shifts leave no room or its rounding has no multiplier.
 */
export function encodeConstantChannel(
  r: number,
  form: { readonly rounding: 'fixed' | 'even' | 'exact'; readonly leftShift: number; readonly shift: number },
): { readonly acc: number; readonly multiplier: number } | null {
  const shifts = { leftShift: form.leftShift, shift: form.shift, d: form.shift - form.leftShift };
  return form.rounding !== 'exact' && constantsFit(shifts) ? encodeConstant(r, shifts) : null;
}

/** acc and multiplier with (acc << leftShift) * multiplier / 2^32 = r << shift, exactly. */
function encodeConstant(r: number, shifts: Shifts): { readonly acc: number; readonly multiplier: number } {
  const accShift = Math.max(0, shifts.shift + 2 - shifts.leftShift);
  return { acc: r * 2 ** accShift, multiplier: 2 ** (32 + shifts.shift - accShift - shifts.leftShift) };
}

/** 64-bit arithmetic for every channel. */
function exactPlan(channels: readonly Channel[], output: OutputCodes, options: RequantOptions): RequantPlan {
  const forms = channels.map((c): ExactForm & Comparison =>
    isEncoded(c, options)
      ? {
          numerator: 1n,
          denominator: 1n,
          accMin: c.constant ?? 0,
          accMax: c.constant ?? 0,
          off: 0,
          withinOneStep: true,
        }
      : exactForm(c),
  );
  return {
    ...output,
    rounding: 'exact',
    multipliers: new Int32Array(channels.length),
    leftShift: 0,
    shift: 1,
    even: null,
    exact: forms.map(({ numerator, denominator, accMin, accMax }) => ({ numerator, denominator, accMin, accMax })),
    constants: channels.map((c) => (isEncoded(c, options) ? c.constant : null)),
    deviations: { off: off(forms), of: reachable(channels) },
  };
}

/** Products stay below 2^62, so that a kernel may double a remainder. */
const int64Room = 2n ** 62n;

function exactForm(c: Channel): ExactForm & Comparison {
  // Every accumulator but 0 saturates.
  if (c.scale.approximate >= 1024) {
    return { numerator: BigInt(1024 * c.sign), denominator: 1n, accMin: -1, accMax: 1, off: 0, withinOneStep: true };
  }
  // Every result beyond +-512 saturates whatever the zero point.
  const limit = c.scale.approximate === 0 ? 0 : Math.min(int32Max, Math.ceil(512 / c.scale.approximate) + 1);
  const exact = reduce(c.scale.exact);
  const acc = BigInt(Math.min(magnitude(c), limit));
  const sign = BigInt(c.sign);
  const range = { accMin: -limit, accMax: limit };
  if (exact.numerator * acc < int64Room && exact.denominator < int64Room) {
    return { ...range, numerator: sign * exact.numerator, denominator: exact.denominator, off: 0, withinOneStep: true };
  }
  // Too long for 64 bits: the closest fraction over a power of two, its deviations counted.
  let bits = 61;
  let numerator = 0n;
  for (; bits > 0; bits--) {
    numerator = divideHalfEven(exact.numerator << BigInt(bits), exact.denominator);
    if (numerator * acc < int64Room) break;
  }
  const close = scaleOf({ numerator, denominator: 1n << BigInt(bits) });
  const comparison = compareSteps(c.truth, (r) =>
    numerator === 0n ? (r <= 0 ? -Infinity : Infinity) : meaningStep(close, r),
  );
  return { ...range, numerator: sign * numerator, denominator: 1n << BigInt(bits), ...comparison };
}
