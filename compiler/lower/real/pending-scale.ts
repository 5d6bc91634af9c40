/**
 * The multiplications that an element has yet to get: real = v * (v < 0 ? negative : positive)[c] + shift[c] of the int32
 * v that the stages so far give. Scales, slopes and shifts of channels gather here and become one stage.
 */

import type { ScaleStage } from '../../numerics/epilogue.js';
import { add, compare, divide, multiply, toNumber, type Rational } from '../../numerics/rational.js';
import { constantInUnits, leftShiftFor, multiplierFor } from './fixed-point.js';
import { scaledBy, zero } from './program.js';

export interface PendingScale {
  readonly positive: readonly Rational[];
  readonly negative: readonly Rational[];
  /** Null: 0 for all channels. */
  readonly shift: readonly Rational[] | null;
  /** Largest |v|. */
  readonly reach: number;
}

export const unscaled = (unit: Rational, channels: number, reach: number): PendingScale => {
  const scales = Array.from({ length: channels }, () => unit);
  return { positive: scales, negative: scales, shift: null, reach };
};

export function withAffine(p: PendingScale, scale: readonly Rational[], shift: readonly Rational[]): PendingScale {
  const moved = (p.shift ?? shift.map(() => zero)).map((s, c) => add(multiply(s, scale[c]), shift[c]));
  return {
    ...p,
    positive: scaledBy(p.positive, scale),
    negative: scaledBy(p.negative, scale),
    shift: moved.every((s) => s.numerator === 0n) ? null : moved,
  };
}

/** With slopes on negative results; null where the sign of the result is not v's or its opposite. */
export function withSlopes(p: PendingScale, slopes: readonly Rational[]): PendingScale | null {
  if (p.shift !== null || hasSlopes(p)) return null;
  const isDown = p.positive.map((s) => s.numerator < 0n);
  return {
    ...p,
    positive: p.positive.map((s, c) => (isDown[c] ? multiply(s, slopes[c]) : s)),
    negative: p.negative.map((s, c) => (isDown[c] ? s : multiply(s, slopes[c]))),
  };
}

export const hasSlopes = (p: PendingScale): boolean => p.positive.some((s, c) => compare(s, p.negative[c]) !== 0);

/** Whether v is the result in the unit already. */
export const isIn = (p: PendingScale, unit: Rational): boolean =>
  p.shift === null && !hasSlopes(p) && p.positive.every((s) => compare(s, unit) === 0);

const shared = (list: Int32Array): Int32Array => (list.every((v) => v === list[0]) ? list.slice(0, 1) : list);

/** The stage that gives the result in a unit. Throws TooFine. */
export function scaleStage(p: PendingScale, unit: Rational): ScaleStage {
  const leftShift = leftShiftFor(p.reach);
  const multipliers = (scales: readonly Rational[]): Int32Array =>
    shared(Int32Array.from(scales, (s) => multiplierFor(divide(s, unit), leftShift)));
  return {
    kind: 'scale',
    leftShift,
    positive: multipliers(p.positive),
    negative: hasSlopes(p) ? multipliers(p.negative) : null,
    addend: p.shift === null ? null : Int32Array.from(p.shift, (s) => constantInUnits(s, unit)),
  };
}

/** The exact result of v. */
export const resultOfPending = (p: PendingScale, v: number, c: number): Rational => {
  const product = multiply({ numerator: BigInt(v), denominator: 1n }, (v < 0 ? p.negative : p.positive)[c]);
  return p.shift === null ? product : add(product, p.shift[c]);
};

/** The v whose result is x, as a double: of the branch where v is negative, or of the other. */
export const inverseOfPending = (p: PendingScale, x: number, c: number, negative: boolean): number =>
  (x - (p.shift === null ? 0 : toNumber(p.shift[c]))) / toNumber((negative ? p.negative : p.positive)[c]);
