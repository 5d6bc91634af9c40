/** The three roundings of ir/int8-graph.ts, on one accumulator. */

import { divideHalfEven } from '../../numerics/rational.js';
import type { ChannelRequant, ExactRatio, Requant } from '../../ir/int8-graph.js';

/** floor(a * b / 2^32) of two int32 values, exact. */
export function mulHigh(a: number, b: number): number {
  const ah = a >> 16;
  const al = a & 0xffff;
  const bh = b >> 16;
  const bl = b & 0xffff;
  const middle = ah * bl + al * bh + Math.floor((al * bl) / 65536);
  return ah * bh + Math.floor(middle / 65536);
}

/** (t + 2^(n-1)) >> n, ties to +infinity. */
export const roundHalfUpShift = (t: number, n: number): number => (t + (1 << (n - 1))) >> n;

/** t / 2^n to nearest, ties to even. */
export const roundHalfEvenShift = (t: number, n: number): number =>
  (t + (1 << (n - 1)) - 1 + (1 & (t >> n))) >> n;

export function roundExact(acc: number, ratio: ExactRatio): number {
  const a = Math.min(Math.max(acc, ratio.accMin), ratio.accMax);
  return Number(divideHalfEven(BigInt(a) * ratio.numerator, ratio.denominator));
}

/** What one accumulator becomes, with the fields spelled out so that both requant records can call it. */
function step(acc: number, multiplier: number, even: boolean, leftShift: number, shift: number): number {
  const t = mulHigh(acc << leftShift, multiplier);
  return even ? roundHalfEvenShift(t, shift) : roundHalfUpShift(t, shift);
}

const clamp = (q: number, min: number, max: number): number => (q < min ? min : q > max ? max : q);

export function requantise(acc: number, r: Requant): number {
  const rounded =
    r.rounding === 'exact'
      ? roundExact(acc, required(r.exact))
      : step(acc, r.multiplier, r.rounding === 'even', r.leftShift, r.shift);
  return clamp(rounded + r.zeroPoint, r.clampMin, r.clampMax);
}

export function requantiseChannel(acc: number, r: ChannelRequant, channel: number): number {
  const rounded =
    r.rounding === 'exact'
      ? roundExact(acc, required(r.exact)[channel])
      : step(acc, r.multipliers[channel], r.even !== null && r.even[channel] === 1, r.leftShift, r.shift);
  return clamp(rounded + r.zeroPoint, r.clampMin, r.clampMax);
}

/** A field that the rounding mode demands. */
export function required<T>(field: T | null): T {
  if (field === null) throw new Error('a requantisation lacks the field its rounding needs');
  return field;
}
