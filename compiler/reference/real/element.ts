/**
 * One output element of an operator in real arithmetic, written once for doubles and for exact fractions. Null where
 * the arithmetic has no value for it (a transcendental function in fractions).
 */

import type { AveragePool, Binary, Conv2d, ConvTranspose2d, MaxPool, Op, PRelu, Resize } from '../../ir/graph.js';
import type { Shape } from '../../ir/tensor.js';
import { poolDivisor } from '../int8/pool.js';
import type { Arithmetic } from './arithmetic.js';

/** An operand: its shape and the real value of each element. */
export interface RealOperand<T> {
  readonly shape: Shape;
  at(y: number, x: number, c: number): T;
}

/** Position of an output element. */
export interface Position {
  readonly y: number;
  readonly x: number;
  readonly c: number;
}

/** What a convolution needs beyond its op: the real value of a weight and of a bias. */
export interface RealWeights<T> {
  weight(index: number, outChannel: number): T;
  /** Null without bias. */
  bias(outChannel: number): T | null;
}

export function convElement<T>(
  ar: Arithmetic<T>,
  op: Conv2d,
  weights: RealWeights<T>,
  input: RealOperand<T>,
  at: Position,
): T {
  const { window: w, groups, outChannels } = op;
  const groupIn = input.shape.c / groups;
  const firstIn = Math.floor(at.c / (outChannels / groups)) * groupIn;
  let sum = weights.bias(at.c) ?? ar.of(0);
  for (let ky = 0; ky < w.kernelH; ky++) {
    const y = at.y * w.strideH - w.padTop + ky * w.dilationH;
    if (y < 0 || y >= input.shape.h) continue;
    for (let kx = 0; kx < w.kernelW; kx++) {
      const x = at.x * w.strideW - w.padLeft + kx * w.dilationW;
      if (x < 0 || x >= input.shape.w) continue;
      const from = ((at.c * w.kernelH + ky) * w.kernelW + kx) * groupIn;
      for (let i = 0; i < groupIn; i++)
        sum = ar.add(sum, ar.multiply(input.at(y, x, firstIn + i), weights.weight(from + i, at.c)));
    }
  }
  return clamped(ar, sum, op);
}

export function convTransposeElement<T>(
  ar: Arithmetic<T>,
  op: ConvTranspose2d,
  weights: RealWeights<T>,
  input: RealOperand<T>,
  at: Position,
): T {
  const { window: w, groups, outChannels } = op;
  const groupIn = input.shape.c / groups;
  const firstIn = Math.floor(at.c / (outChannels / groups)) * groupIn;
  /** The input coordinate that reaches `out` through tap k, or -1. */
  const source = (out: number, pad: number, k: number, dilation: number, stride: number, extent: number): number => {
    const scaled = out + pad - k * dilation;
    return scaled >= 0 && scaled % stride === 0 && scaled / stride < extent ? scaled / stride : -1;
  };
  let sum = weights.bias(at.c) ?? ar.of(0);
  for (let ky = 0; ky < w.kernelH; ky++) {
    const y = source(at.y, w.padTop, ky, w.dilationH, w.strideH, input.shape.h);
    if (y < 0) continue;
    for (let kx = 0; kx < w.kernelW; kx++) {
      const x = source(at.x, w.padLeft, kx, w.dilationW, w.strideW, input.shape.w);
      if (x < 0) continue;
      const from = ((at.c * w.kernelH + ky) * w.kernelW + kx) * groupIn;
      for (let i = 0; i < groupIn; i++)
        sum = ar.add(sum, ar.multiply(input.at(y, x, firstIn + i), weights.weight(from + i, at.c)));
    }
  }
  return clamped(ar, sum, op);
}

function clamped<T>(
  ar: Arithmetic<T>,
  value: T,
  op: { readonly clamp: { readonly min: number; readonly max: number } },
): T {
  const { min, max } = op.clamp;
  let result = value;
  if (min !== -Infinity && ar.isLess(result, ar.of(min))) result = ar.of(min);
  if (max !== Infinity && ar.isLess(ar.of(max), result)) result = ar.of(max);
  return result;
}

function binaryElement<T>(ar: Arithmetic<T>, op: Binary, inputs: readonly RealOperand<T>[], at: Position): T | null {
  const read = ({ shape, at: value }: RealOperand<T>): T =>
    value(shape.h === 1 ? 0 : at.y, shape.w === 1 ? 0 : at.x, shape.c === 1 ? 0 : at.c);
  const [a, b] = inputs.map(read);
  const combine = (): T | null => {
    switch (op.fn) {
      case 'add':
        return ar.add(a, b);
      case 'sub':
        return ar.add(a, ar.multiply(ar.of(-1), b));
      case 'mul':
        return ar.multiply(a, b);
      case 'div':
        return ar.divide(a, b);
      case 'min':
        return ar.isLess(b, a) ? b : a;
      case 'max':
        return ar.isLess(a, b) ? b : a;
    }
  };
  const result = combine();
  return result === null ? null : clamped(ar, result, op);
}

function poolElement<T>(ar: Arithmetic<T>, op: MaxPool | AveragePool, input: RealOperand<T>, at: Position): T | null {
  const w = op.window;
  let max: T | null = null;
  let sum = ar.of(0);
  for (let ky = 0; ky < w.kernelH; ky++) {
    const y = at.y * w.strideH - w.padTop + ky * w.dilationH;
    if (y < 0 || y >= input.shape.h) continue;
    for (let kx = 0; kx < w.kernelW; kx++) {
      const x = at.x * w.strideW - w.padLeft + kx * w.dilationW;
      if (x < 0 || x >= input.shape.w) continue;
      const value = input.at(y, x, at.c);
      sum = ar.add(sum, value);
      if (max === null || ar.isLess(max, value)) max = value;
    }
  }
  if (op.kind === 'maxPool') return max === null ? null : clamped(ar, max, op);
  const mean = ar.divide(sum, ar.of(poolDivisor(w, input.shape, op.countIncludePad, at.y, at.x)));
  return mean === null ? null : clamped(ar, mean, op);
}

function resizeElement<T>(ar: Arithmetic<T>, op: Resize, input: RealOperand<T>, at: Position): T | null {
  const { rows, columns } = op;
  const weighted = (y: number, x: number, weight: number): T => ar.multiply(input.at(y, x, at.c), ar.of(weight));
  const wy1 = rows.weight1[at.y];
  const wx1 = columns.weight1[at.x];
  const [wy0, wx0] = [rows.denominator - wy1, columns.denominator - wx1];
  const [y0, y1, x0, x1] = [rows.index0[at.y], rows.index1[at.y], columns.index0[at.x], columns.index1[at.x]];
  const sum = ar.add(
    ar.add(weighted(y0, x0, wy0 * wx0), weighted(y0, x1, wy0 * wx1)),
    ar.add(weighted(y1, x0, wy1 * wx0), weighted(y1, x1, wy1 * wx1)),
  );
  return ar.divide(sum, ar.of(rows.denominator * columns.denominator));
}

function preluElement<T>(ar: Arithmetic<T>, op: PRelu, input: RealOperand<T>, at: Position): T {
  const value = input.at(at.y, at.x, at.c);
  return ar.isLess(value, ar.of(0)) ? ar.multiply(value, ar.of(op.slopes[at.c])) : value;
}

/** Operators without weights that compute element by element; null for those it does not know. */
export function element<T>(ar: Arithmetic<T>, op: Op, inputs: readonly RealOperand<T>[], at: Position): T | null {
  switch (op.kind) {
    case 'binary':
      return binaryElement(ar, op, inputs, at);
    case 'unary':
      return ar.evaluate(op.expr, inputs[0].at(at.y, at.x, at.c));
    case 'prelu':
      return preluElement(ar, op, inputs[0], at);
    case 'maxPool':
    case 'averagePool':
      return poolElement(ar, op, inputs[0], at);
    case 'resize':
      return op.mode === 'linear' ? resizeElement(ar, op, inputs[0], at) : null;
    default:
      return null;
  }
}
