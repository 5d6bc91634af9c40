/** Operators of float tensors without weights, except moves of data. */

import { evaluateAll } from '../../ir/evaluate.js';
import type { ArgMax, AveragePool, Binary, MaxPool, PRelu, Resize, Softmax } from '../../ir/graph.js';
import type { Expr } from '../../ir/expr.js';
import { elements, type Shape } from '../../ir/tensor.js';
import { floatBinary } from '../../numerics/float-binary.js';
import { poolDivisor } from '../../reference/int8/pool.js';
import { clampInPlace } from './convolution.js';

/** Elements of a function that are evaluated together. */
const blockElements = 4096;

export function unary(expr: Expr, x: Float32Array): Float32Array {
  const out = new Float32Array(x.length);
  for (let from = 0; from < x.length; from += blockElements)
    out.set(evaluateAll(expr, Float64Array.from(x.subarray(from, from + blockElements))), from);
  return out;
}

export function prelu(op: PRelu, x: Float32Array): Float32Array {
  const { slopes } = op;
  const out = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) out[i] = x[i] < 0 ? x[i] * slopes[i % slopes.length] : x[i];
  return out;
}

export function binary(
  op: Binary,
  [a, b]: readonly Float32Array[],
  [shapeA, shapeB]: readonly Shape[],
  output: Shape,
): Float32Array {
  const f = floatBinary[op.fn];
  const out = new Float32Array(elements(output));
  const [stepA, stepB] = [shapeA.c === 1 ? 0 : 1, shapeB.c === 1 ? 0 : 1];
  const pixel = (s: Shape, y: number, x: number): number => ((s.h === 1 ? 0 : y) * s.w + (s.w === 1 ? 0 : x)) * s.c;
  let at = 0;
  for (let y = 0; y < output.h; y++) {
    for (let x = 0; x < output.w; x++) {
      let [i, j] = [pixel(shapeA, y, x), pixel(shapeB, y, x)];
      for (let c = 0; c < output.c; c++, i += stepA, j += stepB) out[at++] = f(a[i], b[j]);
    }
  }
  return clampInPlace(out, op.clamp);
}

export function pool(op: MaxPool | AveragePool, x: Float32Array, input: Shape, output: Shape): Float32Array {
  const { window: w } = op;
  const isMax = op.kind === 'maxPool';
  const out = new Float32Array(elements(output));
  const held = new Float64Array(output.c);
  let at = 0;
  for (let oy = 0; oy < output.h; oy++) {
    for (let ox = 0; ox < output.w; ox++) {
      held.fill(isMax ? -Infinity : 0);
      for (let ky = 0; ky < w.kernelH; ky++) {
        const y = oy * w.strideH - w.padTop + ky * w.dilationH;
        if (y < 0 || y >= input.h) continue;
        for (let kx = 0; kx < w.kernelW; kx++) {
          const column = ox * w.strideW - w.padLeft + kx * w.dilationW;
          if (column < 0 || column >= input.w) continue;
          const from = (y * input.w + column) * input.c;
          if (isMax) for (let c = 0; c < output.c; c++) held[c] = x[from + c] > held[c] ? x[from + c] : held[c];
          else for (let c = 0; c < output.c; c++) held[c] += x[from + c];
        }
      }
      const divisor = op.kind === 'maxPool' ? 1 : poolDivisor(w, input, op.countIncludePad, oy, ox);
      for (let c = 0; c < output.c; c++) out[at++] = held[c] / divisor;
    }
  }
  return clampInPlace(out, op.clamp);
}

export function resizeLinear({ rows, columns }: Resize, x: Float32Array, input: Shape, output: Shape): Float32Array {
  const out = new Float32Array(elements(output));
  let at = 0;
  for (let y = 0; y < output.h; y++) {
    const wy = rows.weight1[y] / rows.denominator;
    const [top, bottom] = [rows.index0[y] * input.w, rows.index1[y] * input.w];
    for (let column = 0; column < output.w; column++) {
      const wx = columns.weight1[column] / columns.denominator;
      const [left, right] = [columns.index0[column], columns.index1[column]];
      const [a, b] = [(top + left) * input.c, (top + right) * input.c];
      const [c, d] = [(bottom + left) * input.c, (bottom + right) * input.c];
      for (let i = 0; i < output.c; i++) {
        const upper = x[a + i] * (1 - wx) + x[b + i] * wx;
        const lower = x[c + i] * (1 - wx) + x[d + i] * wx;
        out[at++] = upper * (1 - wy) + lower * wy;
      }
    }
  }
  return out;
}

export function softmax(op: Softmax, x: Float32Array, channels: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let from = 0; from < x.length; from += channels) {
    let max = -Infinity;
    for (let c = 0; c < channels; c++) max = Math.max(max, x[from + c]);
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += Math.exp(x[from + c] - max);
    const logSum = Math.log(sum);
    for (let c = 0; c < channels; c++)
      out[from + c] = op.log ? x[from + c] - max - logSum : Math.exp(x[from + c] - max) / sum;
  }
  return out;
}

/** Indices as numbers. */
export function argMax(op: ArgMax, x: Float32Array, channels: number): Float32Array {
  const out = new Float32Array(x.length / channels);
  for (let p = 0; p < out.length; p++) {
    let best = 0;
    for (let c = 1; c < channels; c++) {
      const [challenger, holder] = [x[p * channels + c], x[p * channels + best]];
      if (challenger > holder || (challenger === holder && op.lastIndex)) best = c;
    }
    out[p] = best;
  }
  return out;
}
