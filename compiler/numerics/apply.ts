/** The three roundings of the integer program (ir/int8-graph.ts), on one accumulator or one pair of codes. */

import { divideHalfEven } from './rational.js';

type Rounding = 'fixed' | 'even' | 'exact';

interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly accMin: number;
  readonly accMax: number;
}

interface Output {
  readonly zeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

interface Form extends Output {
  readonly rounding: Rounding;
  readonly leftShift: number;
  readonly shift: number;
}

interface SingleForm extends Form {
  readonly multiplier: number;
  readonly exact: Ratio | null;
}

export interface ChannelForm extends Form {
  readonly multipliers: Int32Array;
  readonly even: Uint8Array | null;
  readonly exact: readonly Ratio[] | null;
}

/** How two codes become one: ir/operators/add.ts states the arithmetic. */
export interface IntegerAdd extends Output {
  readonly rounding: Rounding;
  readonly multiplierA: number;
  readonly multiplierB: number;
  readonly addend: number;
  readonly shift: number;
  readonly exact: {
    readonly numeratorA: bigint;
    readonly numeratorB: bigint;
    readonly numeratorC: bigint;
    readonly denominator: bigint;
  } | null;
}

/** floor(a * b / 2^32) of two int32 values, exact. */
export function mulHigh(a: number, b: number): number {
  const ah = a >> 16;
  const al = a & 0xffff;
  const bh = b >> 16;
  const bl = b & 0xffff;
  const middle = ah * bl + al * bh + Math.floor((al * bl) / 65536);
  return ah * bh + Math.floor(middle / 65536);
}

/** (t + 2^(n-1)) >> n: ties towards +infinity. */
export const roundHalfUpShift = (t: number, n: number): number => (t + (1 << (n - 1))) >> n;

/** t / 2^n to nearest, ties to even. */
export const roundHalfEvenShift = (t: number, n: number): number => (t + (1 << (n - 1)) - 1 + (1 & (t >> n))) >> n;

function roundRatio(acc: number, ratio: Ratio): number {
  const a = Math.min(Math.max(acc, ratio.accMin), ratio.accMax);
  return Number(divideHalfEven(BigInt(a) * ratio.numerator, ratio.denominator));
}

function step(acc: number, multiplier: number, even: boolean, leftShift: number, shift: number): number {
  const t = mulHigh(acc << leftShift, multiplier);
  return even ? roundHalfEvenShift(t, shift) : roundHalfUpShift(t, shift);
}

function toCode(rounded: number, output: Output): number {
  const q = rounded + output.zeroPoint;
  return q < output.clampMin ? output.clampMin : q > output.clampMax ? output.clampMax : q;
}

/** A field that the rounding mode demands. */
function required<T>(field: T | null): T {
  if (field === null) throw new Error('a requantisation lacks the field its rounding needs');
  return field;
}

/** The code of one accumulator. */
export function requantise(acc: number, r: SingleForm): number {
  const rounded =
    r.rounding === 'exact'
      ? roundRatio(acc, required(r.exact))
      : step(acc, r.multiplier, r.rounding === 'even', r.leftShift, r.shift);
  return toCode(rounded, r);
}

/** The code of one accumulator of a channel. */
export function requantiseChannel(acc: number, r: ChannelForm, channel: number): number {
  const rounded =
    r.rounding === 'exact'
      ? roundRatio(acc, required(r.exact)[channel])
      : step(acc, r.multipliers[channel], r.even !== null && r.even[channel] === 1, r.leftShift, r.shift);
  return toCode(rounded, r);
}

/** The code of the sum (or difference) of two codes. */
export function addCodes(op: IntegerAdd, a: number, b: number): number {
  if (op.rounding === 'exact') {
    const e = required(op.exact);
    return toCode(
      Number(divideHalfEven(BigInt(a) * e.numeratorA + BigInt(b) * e.numeratorB + e.numeratorC, e.denominator)),
      op,
    );
  }
  const t = (Math.imul(a, op.multiplierA) + Math.imul(b, op.multiplierB) + op.addend) | 0;
  return toCode(op.rounding === 'even' ? roundHalfEvenShift(t, op.shift) : roundHalfUpShift(t, op.shift), op);
}
