/** Elementwise operators of the integer program. */

import { addCodes, requantise, requantiseChannel } from '../../numerics/apply.js';
import { resultOf, runStages, type Epilogue } from '../../numerics/epilogue.js';
import type { AddOp, ElementwiseOp, LutOp, MinMaxOp, MulOp, PReluOp } from '../../ir/int8-graph.js';
import { elements, type Shape } from '../../ir/tensor.js';

/** One operand of a binary operator. */
export interface Operand {
  readonly data: Int8Array;
  readonly shape: Shape;
}

/** Calls f on every pair of elements, an axis of extent 1 being repeated. */
function zip(a: Operand, b: Operand, output: Shape, f: (a: number, b: number) => number): Int8Array {
  const out = new Int8Array(elements(output));
  const strides = (s: Shape): readonly [number, number, number] => [
    s.h === 1 ? 0 : s.w * s.c,
    s.w === 1 ? 0 : s.c,
    s.c === 1 ? 0 : 1,
  ];
  const [ah, aw, ac] = strides(a.shape);
  const [bh, bw, bc] = strides(b.shape);
  let at = 0;
  for (let y = 0; y < output.h; y++) {
    for (let x = 0; x < output.w; x++) {
      const fromA = y * ah + x * aw;
      const fromB = y * bh + x * bw;
      for (let c = 0; c < output.c; c++) out[at++] = f(a.data[fromA + c * ac], b.data[fromB + c * bc]);
    }
  }
  return out;
}

/** Add, and Sub, whose multiplierB is negative. */
export const add = (op: AddOp, a: Operand, b: Operand, output: Shape): Int8Array =>
  zip(a, b, output, (p, q) => addCodes(op, p, q));

export const mul = (op: MulOp, a: Operand, b: Operand, output: Shape): Int8Array =>
  zip(a, b, output, (p, q) => requantise((p - op.zeroPointA) * (q - op.zeroPointB), op.requant));

export const minMax = (op: MinMaxOp, a: Operand, b: Operand, output: Shape): Int8Array =>
  zip(a, b, output, op.kind === 'min' ? (p, q) => Math.min(p, q) : (p, q) => Math.max(p, q));

export const lut = (op: LutOp, x: Int8Array): Int8Array => x.map((v) => op.table[v + 128]);

export function prelu(op: PReluOp, x: Int8Array, channels: number): Int8Array {
  return x.map((v, i) => {
    const acc = v - op.inputZeroPoint;
    return acc >= 0 ? requantise(acc, op.positive) : requantiseChannel(acc, op.negative, i % channels);
  });
}

/** A tensor that an epilogue reads beside the one it is applied to. */
export interface EpilogueOperand {
  readonly data: Int8Array | Int32Array;
  readonly shape: Shape;
}

/** Reads operand `index` at a position of the output, an axis of extent 1 being repeated. */
export const operandReader =
  (operands: readonly EpilogueOperand[], y: number, x: number, c: number) =>
  (index: number): number => {
    const { data, shape: s } = operands[index];
    const pixel = (s.h === 1 ? 0 : y) * s.w + (s.w === 1 ? 0 : x);
    return data[pixel * s.c + (s.c === 1 ? 0 : c)];
  };

/** The epilogue of `sums`, which have the output's shape. */
export function runEpilogue(
  { stages, result }: Epilogue,
  sums: Int8Array | Int32Array,
  output: Shape,
  operands: readonly EpilogueOperand[],
): Int8Array | Int32Array {
  const out = result.kind === 'sums' ? new Int32Array(sums.length) : new Int8Array(sums.length);
  let at = 0;
  for (let y = 0; y < output.h; y++) {
    for (let x = 0; x < output.w; x++) {
      for (let c = 0; c < output.c; c++) {
        out[at] = resultOf(result, runStages(stages, sums[at], c, operandReader(operands, y, x, c)), c);
        at++;
      }
    }
  }
  return out;
}

export function elementwise(
  op: ElementwiseOp,
  x: Int8Array | Int32Array,
  output: Shape,
  operands: readonly EpilogueOperand[],
): Int8Array | Int32Array {
  return runEpilogue(
    op.epilogue,
    Int32Array.from(x, (v) => v - op.inputZeroPoint),
    output,
    operands,
  );
}
