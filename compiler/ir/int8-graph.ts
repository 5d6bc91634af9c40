/**
 * The integer program: what every C kernel computes and `reference/int8.ts` defines. Made from a quantised Graph by
 * `lower/`; nothing after it looks at a real scale again. Read by reference, target, schedule, memory and codegen.
 *
 * Rounding (numerics/requantise.ts holds the proofs). With acc an int32, M a multiplier, n a shift in [1, 22],
 * l a left shift (mostly 0) and zp the output zero point:
 *
 *   fixed   t = floor((acc << l) * M / 2^32);  q = ((t + 2^(n-1)) >> n) + zp
 *   even    t as above, exact at ties;          q = ((t + 2^(n-1) - e + (e & (t >> n))) >> n) + zp,  e = even[c]
 *   exact   a = clamp(acc, accMin, accMax);    q = roundHalfEven(a * numerator / denominator) + zp, in 64 bits
 *   then q = clamp(q, clampMin, clampMax).
 *
 * Kernels may fold zp into the addend (zp << n): the compiler proves that t + (zp << n) + 2^(n-1) fits int32.
 */

import type { Epilogue } from '../numerics/epilogue.js';
import { type Int8Op, operatorOf } from './operators/index.js';
import { elements, type IoLayout, type Quant, type Shape } from './tensor.js';

export * from './requant.js';
export type { Int8Op } from './operators/index.js';
export type { ConvOp, PartialConv } from './operators/conv.js';
export type { AddOp } from './operators/add.js';
export type { MulOp } from './operators/mul.js';
export type { MinMaxOp } from './operators/min-max.js';
export type { LutOp } from './operators/lut.js';
export type { PReluOp } from './operators/prelu.js';
export type { MaxPoolOp } from './operators/max-pool.js';
export type { AveragePoolOp } from './operators/average-pool.js';
export type { ElementwiseOp } from './operators/elementwise.js';
export type { PoolSumsOp } from './operators/pool-sums.js';
export type { SoftmaxOp } from './operators/softmax.js';
export type { LogSoftmaxOp } from './operators/log-softmax.js';
export type { ArgMaxOp } from './operators/arg-max.js';
export type { ConcatOp } from './operators/concat.js';
export type { SliceOp } from './operators/slice.js';
export type { PadOp } from './operators/pad.js';
export type { ResizeOp, LinearResize } from './operators/resize.js';
export type { TransposeOp } from './operators/transpose.js';
export type { GatherOp } from './operators/gather.js';
export type { FloatBinary, FloatPixelsOp, FloatStep } from './operators/float-pixels.js';
export type { ReshapeOp } from './operators/reshape.js';

export type ValueId = number;
export type NodeId = number;

export interface Int8Value {
  readonly id: ValueId;
  readonly name: string;
  readonly shape: Shape;
  /**
   * int32: indices (ArgMax), or real numbers that the network does not quantise, finer than any code (Epilogue). float32,
   * of a float tail, is kept as bytes that every move of codes moves: four channels of the shape hold one number,
   * little-endian.
   */
  readonly dtype: 'int8' | 'int32' | 'float32';
  /** Of int32 numbers an output's alone. */
  readonly quant: Quant | null;
  /** A constant operand (Add, Mul, Concat), in memory order; null for activations. */
  readonly constant: Int8Array | null;
}

export interface Int8Node {
  readonly id: NodeId;
  readonly name: string;
  readonly op: Int8Op;
  readonly inputs: readonly ValueId[];
  readonly output: ValueId;
  /** Multiply-accumulates of the whole output, padded taps counted. */
  readonly macs: number;
  /** Reachable accumulators (or operand pairs) whose result is one step from the meaning, and how many there are in all. */
  readonly deviations: { readonly off: number; readonly of: number };
}

export interface Int8Io {
  readonly value: ValueId;
  readonly name: string;
  readonly layout: IoLayout;
  /** Of an output that the file leaves in floating point: the real numbers that it can reach. */
  readonly floatRange?: readonly [number, number];
}

/** Nodes in topological order, ids 0..n-1 in that order. */
export interface Int8Graph {
  readonly name: string;
  readonly values: ReadonlyMap<ValueId, Int8Value>;
  readonly nodes: readonly Int8Node[];
  readonly inputs: readonly Int8Io[];
  readonly outputs: readonly Int8Io[];
}

/** The epilogue of an operator, null where it has none: the inputs after the first are its operands. */
export const epilogueOf = (op: Int8Op): Epilogue | null => operatorOf(op).epilogue(op);

/** Shape of a float32 tensor as bytes. */
export const float32Bytes = (shape: Shape): Shape => ({ ...shape, c: 4 * shape.c });

/** The shape in numbers: that of a float32 tensor counts bytes. */
export const elementShape = ({ shape, dtype }: Int8Value): Shape =>
  dtype === 'float32' ? { ...shape, c: shape.c / 4 } : shape;

/** Bytes of a number. */
export const numberBytes = (dtype: Int8Value['dtype']): number => (dtype === 'int8' ? 1 : 4);

/** Bytes of an element of the shape, which counts bytes for float32. */
export const elementBytesOf = ({ dtype }: Pick<Int8Value, 'dtype'>): number => (dtype === 'int32' ? 4 : 1);

/** Bytes of a pixel in memory, dense. */
export const pixelBytesOf = (value: Int8Value): number => value.shape.c * elementBytesOf(value);

/** Bytes of a tensor in memory, dense. */
export const bytesOf = (value: Int8Value): number => elements(value.shape) * elementBytesOf(value);

/** The value behind an id; throws on a dangling id (an internal error). */
export function valueOf(graph: Int8Graph, id: ValueId): Int8Value {
  const value = graph.values.get(id);
  if (value === undefined) throw new Error(`no value ${id}`);
  return value;
}
