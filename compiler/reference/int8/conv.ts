/** Convolutions of the integer program. Activations HWC, weights OHWI. */

import { requantiseChannel } from '../../numerics/apply.js';
import type { ConvOp } from '../../ir/int8-graph.js';
import type { Shape } from '../../ir/tensor.js';
import { runEpilogue, type EpilogueOperand } from './elementwise.js';

/** Calls `visit` with each input column (row, col) that the window at (oy, ox) reads, and its tap index. */
export function forEachTap(
  op: { readonly window: ConvOp['window'] },
  input: Shape,
  oy: number,
  ox: number,
  visit: (pixel: number, tap: number) => void,
): void {
  const w = op.window;
  for (let ky = 0; ky < w.kernelH; ky++) {
    const y = oy * w.strideH - w.padTop + ky * w.dilationH;
    if (y < 0 || y >= input.h) continue;
    for (let kx = 0; kx < w.kernelW; kx++) {
      const x = ox * w.strideW - w.padLeft + kx * w.dilationW;
      if (x < 0 || x >= input.w) continue;
      visit(y * input.w + x, ky * w.kernelW + kx);
    }
  }
}

/**
 * out[oy][ox][o] = requant(bias[o] + sum over taps and the group's channels), padding reads the zero point. `operands`:
 * of the epilogue.
 */
export function conv2d(
  op: ConvOp,
  x: Int8Array,
  input: Shape,
  output: Shape,
  operands: readonly EpilogueOperand[] = [],
): Int8Array | Int32Array {
  const depthwise = op.groups === input.c && output.c === input.c;
  const sums = depthwise ? depthwiseConv2d(op, x, input, output) : groupedConv2d(op, x, input, output);
  return finished(op, sums, output, operands);
}

/** Sums as the operator's result. */
function finished(
  op: ConvOp,
  sums: Int32Array,
  output: Shape,
  operands: readonly EpilogueOperand[],
): Int8Array | Int32Array {
  if (op.epilogue !== undefined) return runEpilogue(op.epilogue, sums, output, operands);
  const out = new Int8Array(sums.length);
  for (let i = 0; i < sums.length; i++) out[i] = requantiseChannel(sums[i], op.requant, i % output.c);
  return out;
}

/** One patch a pixel, ordered [group][tap][channel] like the weights, then a dot product per output channel. */
function groupedConv2d(op: ConvOp, x: Int8Array, input: Shape, output: Shape): Int32Array {
  const out = new Int32Array(output.h * output.w * output.c);
  const taps = op.window.kernelH * op.window.kernelW;
  const groupIn = input.c / op.groups;
  const groupOut = output.c / op.groups;
  const length = taps * groupIn;
  const patch = new Int16Array(op.groups * length);
  let at = 0;
  for (let oy = 0; oy < output.h; oy++) {
    for (let ox = 0; ox < output.w; ox++) {
      patch.fill(op.inputZeroPoint);
      forEachTap(op, input, oy, ox, (pixel, tap) => {
        for (let g = 0; g < op.groups; g++) {
          const from = pixel * input.c + g * groupIn;
          patch.set(x.subarray(from, from + groupIn), g * length + tap * groupIn);
        }
      });
      for (let o = 0; o < output.c; o++) {
        out[at++] = dot(patch, Math.floor(o / groupOut) * length, op.weights, o * length, length, op.bias[o]);
      }
    }
  }
  return out;
}

/** bias + a[aFrom ..] . b[bFrom ..] in int32. */
function dot(
  a: Int16Array,
  aFrom: number,
  b: Int8Array | Int16Array,
  bFrom: number,
  length: number,
  bias: number,
): number {
  let acc = bias;
  for (let i = 0; i < length; i++) acc = (acc + Math.imul(a[aFrom + i], b[bFrom + i])) | 0;
  return acc;
}

/** As many groups as channels: channels innermost. */
function depthwiseConv2d(op: ConvOp, x: Int8Array, input: Shape, output: Shape): Int32Array {
  const channels = input.c;
  const taps = op.window.kernelH * op.window.kernelW;
  const out = new Int32Array(output.h * output.w * channels);
  // A tap outside the image reads the zero point: start from all taps there, add (x - zero point) inside.
  const start = new Int32Array(channels);
  const byTap = new Int16Array(taps * channels);
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let t = 0; t < taps; t++) {
      byTap[t * channels + c] = op.weights[c * taps + t];
      sum += op.weights[c * taps + t];
    }
    start[c] = op.bias[c] + sum * op.inputZeroPoint;
  }
  const acc = new Int32Array(channels);
  const zeroPoint = op.inputZeroPoint;
  let at = 0;
  for (let oy = 0; oy < output.h; oy++) {
    for (let ox = 0; ox < output.w; ox++) {
      acc.set(start);
      forEachTap(op, input, oy, ox, (pixel, tap) => {
        const from = pixel * channels;
        const weight = tap * channels;
        for (let c = 0; c < channels; c++) acc[c] += Math.imul(x[from + c] - zeroPoint, byTap[weight + c]);
      });
      for (let c = 0; c < channels; c++) out[at++] = acc[c];
    }
  }
  return out;
}

/**
 * Transposed convolution: every input pixel adds its products to the outputs it reaches; a tap that no input pixel
 * reaches counts as the input zero point, which the bias already holds.
 */
export function convTranspose2d(
  op: ConvOp,
  x: Int8Array,
  input: Shape,
  output: Shape,
  operands: readonly EpilogueOperand[] = [],
): Int8Array | Int32Array {
  const w = op.window;
  const groupIn = input.c / op.groups;
  const groupOut = output.c / op.groups;
  const length = w.kernelH * w.kernelW * groupIn;
  const acc = new Int32Array(output.h * output.w * output.c);
  const start = new Int32Array(output.c);
  for (let o = 0; o < output.c; o++) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += op.weights[o * length + i];
    start[o] = op.bias[o] + sum * op.inputZeroPoint;
  }
  for (let i = 0; i < acc.length; i += output.c) acc.set(start, i);
  for (let iy = 0; iy < input.h; iy++) {
    for (let ix = 0; ix < input.w; ix++) {
      for (let ky = 0; ky < w.kernelH; ky++) {
        const oy = iy * w.strideH - w.padTop + ky * w.dilationH;
        if (oy < 0 || oy >= output.h) continue;
        for (let kx = 0; kx < w.kernelW; kx++) {
          const ox = ix * w.strideW - w.padLeft + kx * w.dilationW;
          if (ox < 0 || ox >= output.w) continue;
          const tap = (ky * w.kernelW + kx) * groupIn;
          for (let o = 0; o < output.c; o++) {
            const from = (iy * input.w + ix) * input.c + Math.floor(o / groupOut) * groupIn;
            let sum = 0;
            for (let i = 0; i < groupIn; i++)
              sum += Math.imul(x[from + i] - op.inputZeroPoint, op.weights[o * length + tap + i]);
            acc[(oy * output.w + ox) * output.c + o] += sum;
          }
        }
      }
    }
  }
  return finished(op, acc, output, operands);
}
