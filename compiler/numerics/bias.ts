/** What a stored bias is worth, and how it is kept in an int32 accumulator. */

import {
  absolute,
  add,
  compare,
  divide,
  divideHalfEven,
  integer,
  multiply,
  rational,
  roundHalfEven,
  toNumber,
  type Rational,
} from './rational.js';

/** Scales that float32 arithmetic made from the same factors agree this well. */
const tolerance: Rational = { numerator: 1n, denominator: 1n << 20n };

function agree(scale: Rational, unit: Rational): boolean {
  if (unit.numerator === 0n) return false;
  const ratio = divide(scale, unit);
  return (
    compare(absolute({ numerator: ratio.numerator - ratio.denominator, denominator: ratio.denominator }), tolerance) <=
    0
  );
}

/**
 * The exact real value of a bias. `scale` null: a float. An integer whose scale is, up to float32 error, the
 * accumulator's own unit (input scale x weight scale) counts in exactly those units: that is what its writer meant
 * and what every integer kernel computes.
 */
export function realBias(stored: number, scale: number | null, unit: Rational): Rational {
  if (scale === null) return rational(stored);
  const own = rational(scale);
  return multiply(integer(stored), agree(own, unit) ? unit : own);
}

/** A bias in units of the accumulator, once weights and units are refined by a factor, which is exact. */
export interface BiasUnits {
  /** Nearest integer; infinite where no accumulator holds it. */
  readonly units: number;
  /** What was lost, in refined units. */
  readonly lost: number;
  /** At most the room that the weights leave. */
  readonly factor: number;
  /** Codes whose result it moves, where they were counted. */
  readonly moved: number;
}

/** Output steps that rounding a bias may lose before finer units are tried. */
const tolerableLoss = 0.005;
const largestFactor = 127;
const beyondAccumulator = 2 ** 40;

function roundedTo(exact: Rational, factor: number): BiasUnits {
  const numerator = exact.numerator * BigInt(factor);
  const whole = divideHalfEven(numerator, exact.denominator);
  const units = Number(whole);
  if (Math.abs(units) > beyondAccumulator) return { units: Infinity, lost: 0, factor, moved: 0 };
  const lost = Math.abs(toNumber({ numerator: numerator - whole * exact.denominator, denominator: exact.denominator }));
  return { units, lost, factor, moved: 0 };
}

/**
 * The bias of a channel of several taps, of `exact` units of `scale` output steps each; a power of two as its factor
 * where rounding would lose too much and the weights leave `room`.
 */
export function unitsOf(exact: Rational, scale: number, room: number): BiasUnits {
  for (let factor = 1; ; factor *= 2) {
    const rounded = roundedTo(exact, factor);
    if ((rounded.lost * scale) / factor <= tolerableLoss || factor * 2 > Math.min(room, largestFactor)) return rounded;
  }
}

/** The only tap of a channel: its weight, and the inputs that it reads, zero point subtracted. */
export interface SingleTap {
  readonly weight: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The bias of a channel of one tap, as a constant a channel that is multiplied or added is: the few results that it
 * has are all known, so of the factors, least loss first, that one is taken which moves no result (or the
 * one that moves the fewest).
 */
export function unitsOfSingleTap(exact: Rational, scale: Rational, room: number, tap: SingleTap): BiasUnits {
  const factors = Array.from({ length: Math.max(1, Math.floor(Math.min(room, largestFactor))) }, (_, i) => i + 1);
  const rest = toNumber({ numerator: exact.numerator % exact.denominator, denominator: exact.denominator });
  const lossOf = (factor: number): number => Math.abs(rest * factor - Math.round(rest * factor)) / factor;
  const nearest = factors
    .map((factor) => ({ factor, loss: lossOf(factor) }))
    .sort((a, b) => a.loss - b.loss || a.factor - b.factor);
  let best: BiasUnits | null = null;
  for (const { factor } of nearest) {
    const rounded = roundedTo(exact, factor);
    if (!Number.isFinite(rounded.units)) return roundedTo(exact, 1);
    const moved = rounded.lost === 0 ? 0 : countMoved(exact, scale, tap, rounded);
    if (best === null || moved < best.moved) best = { ...rounded, moved };
    if (moved === 0) break;
  }
  return best ?? roundedTo(exact, 1);
}

/** Inputs whose result differs with the rounded bias; none is counted where every code saturates. */
function countMoved(exact: Rational, scale: Rational, tap: SingleTap, { units, lost, factor }: BiasUnits): number {
  const [step, offset] = [toNumber(scale), toNumber(exact)];
  // Only results this near to a boundary can move.
  const near = Math.abs(step) * (lost / factor + 1e-12 * (1 + Math.abs(offset)));
  const result = (bias: Rational, x: number): bigint =>
    roundHalfEven(multiply(scale, add(integer(tap.weight * x), bias)));
  const kept: Rational = { numerator: BigInt(units), denominator: BigInt(factor) };
  let moved = 0;
  for (let x = tap.from; x <= tap.to; x++) {
    const y = step * (tap.weight * x + offset);
    if (Math.abs(y) > 256 || Math.abs(y - Math.floor(y) - 0.5) > near) continue;
    if (result(exact, x) !== result(kept, x)) moved++;
  }
  return moved;
}
