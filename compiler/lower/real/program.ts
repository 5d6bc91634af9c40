/**
 * A real number on its way from a sum to its rounding: what a network computes of it without quantising it, as a list of
 * operations. compile.ts turns it into an Epilogue.
 */

import type { Expr } from '../../ir/expr.js';
import type { ValueId } from '../../ir/int8-graph.js';
import { integer, multiply, toNumber, type Rational } from '../../numerics/rational.js';

export const one = integer(1);
export const zero = integer(0);

/** int32 sums of a channel: real = scale * sum + shift, and what they can reach. */
export interface SumChannel {
  readonly scale: Rational;
  readonly shift: Rational;
  readonly lo: number;
  readonly hi: number;
}

/** Another tensor: real = scale * (x - zeroPoint), x in [min, max]. */
export interface RealOperand {
  readonly id: ValueId;
  readonly scale: Rational;
  readonly zeroPoint: number;
  readonly min: number;
  readonly max: number;
}

export type RealOp =
  /** The same function on every channel. */
  | { readonly kind: 'function'; readonly expr: Expr }
  /** x * scale[c] + shift[c] */
  | { readonly kind: 'affine'; readonly scale: readonly Rational[]; readonly shift: readonly Rational[] }
  /** x < 0 ? x * slope[c] : x */
  | { readonly kind: 'slopes'; readonly slopes: readonly Rational[] }
  /** x + sign * operand */
  | { readonly kind: 'add'; readonly operand: RealOperand; readonly sign: 1 | -1 }
  | { readonly kind: 'multiply'; readonly operand: RealOperand };

/** Real bounds of a channel. */
export interface RealRange {
  readonly lo: number;
  readonly hi: number;
}

export const rangeOfSums = ({ scale, shift, lo, hi }: SumChannel): RealRange => {
  const [s, t] = [toNumber(scale), toNumber(shift)];
  return { lo: Math.min(lo * s, hi * s) + t, hi: Math.max(lo * s, hi * s) + t };
};

export const rangeOfOperand = ({ scale, zeroPoint, min, max }: RealOperand): RealRange =>
  rangeOfSums({ scale, shift: zero, lo: min - zeroPoint, hi: max - zeroPoint });

/** Largest |x - zeroPoint|, at least 1. */
export const reachOf = ({ zeroPoint, min, max }: RealOperand): number =>
  Math.max(1, Math.abs(min - zeroPoint), Math.abs(max - zeroPoint));

export const scaledBy = (list: readonly Rational[], factor: readonly Rational[]): Rational[] =>
  list.map((r, c) => multiply(r, factor[c]));
