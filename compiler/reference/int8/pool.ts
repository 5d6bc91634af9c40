/** Pooling operators of the integer program. */

import { requantise } from '../../numerics/apply.js';
import { resultOf, runStages } from '../../numerics/epilogue.js';
import type { AveragePoolOp, MaxPoolOp, PoolSumsOp } from '../../ir/int8-graph.js';
import { elements, type Shape } from '../../ir/tensor.js';
import type { Window } from '../../ir/window.js';
import { forEachTap } from './conv.js';
import { type EpilogueOperand, operandReader } from './elementwise.js';

export function maxPool(op: MaxPoolOp, x: Int8Array, input: Shape, output: Shape): Int8Array {
  const out = new Int8Array(elements(output));
  const best = new Int8Array(output.c);
  for (let oy = 0, at = 0; oy < output.h; oy++) {
    for (let ox = 0; ox < output.w; ox++, at += output.c) {
      best.fill(-128);
      forEachTap(op, input, oy, ox, (pixel) => {
        const from = pixel * input.c;
        for (let c = 0; c < output.c; c++) if (x[from + c] > best[c]) best[c] = x[from + c];
      });
      for (let c = 0; c < output.c; c++) out[at + c] = Math.min(Math.max(best[c], op.clampMin), op.clampMax);
    }
  }
  return out;
}

/** Taps of the window at (oy, ox) inside the image or, with `includePad`, inside the padded image. */
export function poolDivisor(w: Window, input: Shape, includePad: boolean, oy: number, ox: number): number {
  const count = (
    kernel: number,
    dilation: number,
    from: number,
    before: number,
    extent: number,
    after: number,
  ): number => {
    let n = 0;
    for (let k = 0; k < kernel; k++) {
      const at = from + k * dilation;
      if (at >= (includePad ? -before : 0) && at < extent + (includePad ? after : 0)) n++;
    }
    return n;
  };
  return (
    count(w.kernelH, w.dilationH, oy * w.strideH - w.padTop, w.padTop, input.h, w.padBottom) *
    count(w.kernelW, w.dilationW, ox * w.strideW - w.padLeft, w.padLeft, input.w, w.padRight)
  );
}

export function averagePool(op: AveragePoolOp, x: Int8Array, input: Shape, output: Shape): Int8Array {
  const out = new Int8Array(elements(output));
  const acc = new Int32Array(output.c);
  for (let oy = 0, at = 0; oy < output.h; oy++) {
    for (let ox = 0; ox < output.w; ox++, at += output.c) {
      acc.fill(0);
      forEachTap(op, input, oy, ox, (pixel) => {
        const from = pixel * input.c;
        for (let c = 0; c < output.c; c++) acc[c] += x[from + c] - op.inputZeroPoint;
      });
      const divisor = poolDivisor(op.window, input, op.countIncludePad, oy, ox);
      const requant = op.requants[op.divisors.indexOf(divisor)];
      for (let c = 0; c < output.c; c++) out[at + c] = requantise(acc[c], requant);
    }
  }
  return out;
}

export function poolSums(
  op: PoolSumsOp,
  x: Int8Array | Int32Array,
  input: Shape,
  output: Shape,
  operands: readonly EpilogueOperand[],
): Int8Array | Int32Array {
  const out =
    op.epilogues[0].result.kind === 'sums' ? new Int32Array(elements(output)) : new Int8Array(elements(output));
  const acc = new Int32Array(output.c);
  for (let oy = 0, at = 0; oy < output.h; oy++) {
    for (let ox = 0; ox < output.w; ox++, at += output.c) {
      acc.fill(0);
      forEachTap(op, input, oy, ox, (pixel) => {
        const from = pixel * input.c;
        for (let c = 0; c < output.c; c++) acc[c] += x[from + c] - op.inputZeroPoint;
      });
      const divisor = poolDivisor(op.window, input, op.countIncludePad, oy, ox);
      const { stages, result } = op.epilogues[op.divisors.indexOf(divisor)];
      for (let c = 0; c < output.c; c++)
        out[at + c] = resultOf(result, runStages(stages, acc[c], c, operandReader(operands, oy, ox, c)), c);
    }
  }
  return out;
}
