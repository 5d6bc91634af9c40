/** Convolutions of float tensors: depthwise ones tap by tap, the others as products of matrices. */

import type { Conv2d, ConvTranspose2d } from '../../ir/graph.js';
import { elements, type Shape } from '../../ir/tensor.js';
import { multiply, packRows, type PackedRows } from './gemm.js';

/** A convolution with its weights in the order of its loops. */
export type Convolution = (x: Float32Array, input: Shape, output: Shape) => Float32Array;

/** Output pixels of one product of matrices: their patches stay in the second-level cache. */
const blockPixels = 32;

export function prepareConv(op: Conv2d, inChannels: number): Convolution {
  const weights = realWeights(op);
  const bias = realBias(op);
  const convolution =
    op.groups === inChannels && op.outChannels === inChannels
      ? depthwise(op, weights, bias)
      : asProducts(op, weights, bias, inChannels / op.groups);
  return (x, input, output) => clampInPlace(convolution(x, input, output), op.clamp);
}

function realWeights({ weights, outChannels }: Conv2d | ConvTranspose2d): Float32Array {
  if (weights.kind === 'float') return weights.data;
  const inner = weights.data.length / outChannels;
  return Float32Array.from(weights.data, (q, i) => q * weights.scales[Math.floor(i / inner)]);
}

/** One number a channel, padded to whole blocks of `multiply`. */
function realBias({ bias, outChannels }: Conv2d | ConvTranspose2d): Float64Array {
  const data = new Float64Array(outChannels + 3);
  bias?.data.forEach((v, c) => {
    data[c] = v * (bias.scales?.[c] ?? 1);
  });
  return data;
}

export function clampInPlace(data: Float32Array, { min, max }: { min: number; max: number }): Float32Array {
  if (min === -Infinity && max === Infinity) return data;
  for (let i = 0; i < data.length; i++) {
    const v = data[i];
    if (v < min) data[i] = min;
    else if (v > max) data[i] = max;
  }
  return data;
}

function depthwise({ window: w }: Conv2d, weights: Float32Array, bias: Float64Array): Convolution {
  const taps = w.kernelH * w.kernelW;
  const channels = weights.length / taps;
  const byTap = Float64Array.from(weights, (_, i) => weights[(i % channels) * taps + Math.floor(i / channels)]);
  return (x, input, output) => {
    const out = new Float32Array(elements(output));
    const sums = new Float64Array(channels);
    let at = 0;
    for (let oy = 0; oy < output.h; oy++) {
      for (let ox = 0; ox < output.w; ox++) {
        for (let c = 0; c < channels; c++) sums[c] = bias[c];
        for (let ky = 0; ky < w.kernelH; ky++) {
          const y = oy * w.strideH - w.padTop + ky * w.dilationH;
          if (y < 0 || y >= input.h) continue;
          for (let kx = 0; kx < w.kernelW; kx++) {
            const column = ox * w.strideW - w.padLeft + kx * w.dilationW;
            if (column < 0 || column >= input.w) continue;
            const from = (y * input.w + column) * channels;
            const tap = (ky * w.kernelW + kx) * channels;
            for (let c = 0; c < channels; c++) sums[c] += x[from + c] * byTap[tap + c];
          }
        }
        for (let c = 0; c < channels; c++) out[at++] = sums[c];
      }
    }
    return out;
  };
}

function asProducts(op: Conv2d, weights: Float32Array, bias: Float64Array, groupIn: number): Convolution {
  const { window: w, groups, outChannels } = op;
  const groupOut = outChannels / groups;
  const depth = w.kernelH * w.kernelW * groupIn;
  const packed = groupsOf(weights, groups, groupOut, depth);
  return (x, input, output) => {
    const out = new Float32Array(elements(output));
    const patches = new Float64Array(blockPixels * depth);
    const pixels = output.h * output.w;
    for (let first = 0; first < pixels; first += blockPixels) {
      const count = Math.min(blockPixels, pixels - first);
      for (let g = 0; g < groups; g++) {
        for (let p = 0; p < count; p++)
          copyPatch(x, input, w, first + p, output.w, g * groupIn, groupIn, patches, p * depth);
        const start = bias.subarray(g * groupOut, g * groupOut + groupOut + 3);
        multiply(patches, count, packed[g], start, out, first * outChannels + g * groupOut, outChannels);
      }
    }
    return out;
  };
}

const groupsOf = (weights: Float32Array, groups: number, rows: number, depth: number): PackedRows[] =>
  Array.from({ length: groups }, (_, g) =>
    packRows(weights.subarray(g * rows * depth, (g + 1) * rows * depth), rows, depth),
  );

/** The window of output pixel `pixel`, channels [firstChannel, firstChannel + channels), zero outside the image. */
function copyPatch(
  x: Float32Array,
  input: Shape,
  w: Conv2d['window'],
  pixel: number,
  outW: number,
  firstChannel: number,
  channels: number,
  patch: Float64Array,
  at: number,
): void {
  const top = Math.floor(pixel / outW) * w.strideH - w.padTop;
  const left = (pixel % outW) * w.strideW - w.padLeft;
  let to = at;
  for (let ky = 0; ky < w.kernelH; ky++) {
    const y = top + ky * w.dilationH;
    for (let kx = 0; kx < w.kernelW; kx++) {
      const column = left + kx * w.dilationW;
      if (y < 0 || y >= input.h || column < 0 || column >= input.w) {
        patch.fill(0, to, to + channels);
        to += channels;
        continue;
      }
      const from = (y * input.w + column) * input.c + firstChannel;
      for (let c = 0; c < channels; c++) patch[to++] = x[from + c];
    }
  }
}

/** Each input pixel's share of every output pixel that it reaches, by one product of matrices; then their sums. */
export function prepareConvTranspose(op: ConvTranspose2d, inChannels: number): Convolution {
  const { window: w, groups, outChannels } = op;
  const weights = realWeights(op);
  const bias = realBias(op);
  const groupIn = inChannels / groups;
  const groupOut = outChannels / groups;
  const taps = w.kernelH * w.kernelW;
  const rows = taps * groupOut;
  // From [outChannel][tap][in] to rows [tap][outChannel of the group].
  const packed = Array.from({ length: groups }, (_, g) => {
    const data = new Float32Array(rows * groupIn);
    for (let o = 0; o < groupOut; o++)
      for (let t = 0; t < taps; t++) {
        const from = ((g * groupOut + o) * taps + t) * groupIn;
        data.set(weights.subarray(from, from + groupIn), (t * groupOut + o) * groupIn);
      }
    return packRows(data, rows, groupIn);
  });
  return (x, input, output) => {
    const sums = new Float64Array(elements(output));
    for (let i = 0; i < sums.length; i++) sums[i] = bias[i % outChannels];
    const row = new Float64Array((input.w + 1) * groupIn);
    const shares = new Float32Array(input.w * rows);
    for (let y = 0; y < input.h; y++) {
      for (let g = 0; g < groups; g++) {
        for (let column = 0; column < input.w; column++)
          for (let c = 0; c < groupIn; c++)
            row[column * groupIn + c] = x[(y * input.w + column) * inChannels + g * groupIn + c];
        multiply(row, input.w, packed[g], null, shares, 0, rows);
        scatter(shares, w, y, input, sums, output, g * groupOut, groupOut);
      }
    }
    return clampInPlace(Float32Array.from(sums), op.clamp);
  };
}

function scatter(
  shares: Float32Array,
  w: ConvTranspose2d['window'],
  y: number,
  input: Shape,
  sums: Float64Array,
  output: Shape,
  firstChannel: number,
  channels: number,
): void {
  let from = 0;
  for (let column = 0; column < input.w; column++) {
    for (let ky = 0; ky < w.kernelH; ky++) {
      const oy = y * w.strideH - w.padTop + ky * w.dilationH;
      for (let kx = 0; kx < w.kernelW; kx++, from += channels) {
        const ox = column * w.strideW - w.padLeft + kx * w.dilationW;
        if (oy < 0 || oy >= output.h || ox < 0 || ox >= output.w) continue;
        const to = (oy * output.w + ox) * output.c + firstChannel;
        for (let c = 0; c < channels; c++) sums[to + c] += shares[from + c];
      }
    }
  }
}
