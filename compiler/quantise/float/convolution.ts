/** Convolutions of float tensors: depthwise ones tap by tap, the others as products of matrices. */

import { type Conv2d, type ConvTranspose2d, floatBias, floatWeights } from '../../ir/graph.js';
import { elements, type Shape } from '../../ir/tensor.js';
import { packWeights, Product, wasmKernels } from './gemm.js';

/** A convolution with its weights in the order of its loops. */
export type Convolution = (x: Float32Array, input: Shape, output: Shape) => Float32Array;

/** Output pixels of one product of matrices: their patches stay in the second-level cache. */
const blockPixels = 32;

export function prepareConv(op: Conv2d, inChannels: number): Convolution {
  const weights = floatWeights(op);
  const bias = Float32Array.from(floatBias(op));
  const convolution =
    op.groups === inChannels && op.outChannels === inChannels
      ? depthwise(op, weights, bias)
      : asProducts(op, weights, bias, inChannels / op.groups);
  return (x, input, output) => clampInPlace(convolution(x, input, output), op.clamp);
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

const vectorFloats = 4;

function depthwise({ window: w }: Conv2d, weights: Float32Array, bias: Float32Array): Convolution {
  const taps = w.kernelH * w.kernelW;
  const channels = weights.length / taps;
  // Pixels of whole vectors: [tap][padded channel].
  const padded = Math.ceil(channels / vectorFloats) * vectorFloats;
  const byTap = new Float32Array(taps * padded);
  for (let t = 0; t < taps; t++) for (let c = 0; c < channels; c++) byTap[t * padded + c] = weights[c * taps + t];
  const start = new Float32Array(padded);
  start.set(bias);
  return (x, input, output) => {
    const kernels = wasmKernels();
    kernels.reset();
    const [weightsAt, startAt] = [kernels.put(byTap), kernels.put(start)];
    const imageAt = kernels.allocate(input.h * input.w * padded);
    const rowAt = kernels.allocate(output.w * padded);
    const tapsAt = kernels.allocate(2 * taps);
    copyChannels(x, channels, kernels.view(imageAt, input.h * input.w * padded), padded);
    const row = kernels.view(rowAt, output.w * padded);
    const table = kernels.integers(tapsAt, 2 * taps);
    const out = new Float32Array(elements(output));
    const pixelBytes = 4 * padded;
    /** Output columns whose taps are all inside. */
    const firstInner = Math.min(Math.ceil(w.padLeft / w.strideW), output.w);
    const lastInner = Math.floor((input.w - 1 + w.padLeft - (w.kernelW - 1) * w.dilationW) / w.strideW);
    for (let oy = 0; oy < output.h; oy++) {
      const run = (ox: number, pixels: number): void => {
        const [top, left] = [oy * w.strideH - w.padTop, ox * w.strideW - w.padLeft];
        let count = 0;
        for (let t = 0; t < taps; t++) {
          const y = top + Math.floor(t / w.kernelW) * w.dilationH;
          const column = left + (t % w.kernelW) * w.dilationW;
          if (y < 0 || y >= input.h || column < 0 || column >= input.w) continue;
          table[2 * count] = (y * input.w + column) * pixelBytes;
          table[2 * count + 1] = t * pixelBytes;
          count++;
        }
        const to = rowAt + ox * pixelBytes;
        if (count === 0) for (let p = 0; p < pixels; p++) row.set(start, (ox + p) * padded);
        else
          kernels.depthwise(imageAt, weightsAt, startAt, to, tapsAt, count, padded / 4, pixels, w.strideW * pixelBytes);
      };
      for (let ox = 0; ox < output.w; ) {
        const pixels = ox >= firstInner && ox <= lastInner ? Math.min(lastInner, output.w - 1) - ox + 1 : 1;
        run(ox, pixels);
        ox += pixels;
      }
      copyChannels(row, padded, out.subarray(oy * output.w * channels, (oy + 1) * output.w * channels), channels);
    }
    return out;
  };
}

/** Pixels of `from` channels as pixels of `to` channels: cut, or filled with what was there. */
function copyChannels(x: Float32Array, from: number, out: Float32Array, to: number): void {
  if (from === to) {
    out.set(x);
    return;
  }
  const channels = Math.min(from, to);
  for (let i = 0, j = 0; j < out.length; i += from, j += to) for (let c = 0; c < channels; c++) out[j + c] = x[i + c];
}

function asProducts(op: Conv2d, weights: Float32Array, bias: Float32Array, groupIn: number): Convolution {
  const { window: w, groups, outChannels } = op;
  const groupOut = outChannels / groups;
  const depth = w.kernelH * w.kernelW * groupIn;
  const packed = Array.from({ length: groups }, (_, g) =>
    packWeights(
      weights.subarray(g * groupOut * depth, (g + 1) * groupOut * depth),
      bias.subarray(g * groupOut, (g + 1) * groupOut),
      groupOut,
      depth,
    ),
  );
  const isPointwise = depth === groupIn && groups === 1 && w.strideH === 1 && w.strideW === 1;
  return (x, input, output) => {
    const out = new Float32Array(elements(output));
    const pixels = output.h * output.w;
    const isWhole = isPointwise && pixels === input.h * input.w;
    packed.forEach((group, g) => {
      const product = new Product(group, Math.min(blockPixels, pixels));
      const { matrix } = product;
      for (let first = 0; first < pixels; first += blockPixels) {
        const count = Math.min(blockPixels, pixels - first);
        if (isWhole) matrix.set(x.subarray(first * depth, (first + count) * depth));
        else
          for (let p = 0; p < count; p++)
            copyPatch(x, input, w, first + p, output.w, g * groupIn, groupIn, matrix, p * depth);
        product.run(count, out, first * outChannels + g * groupOut, outChannels);
      }
    });
    return out;
  };
}

/** The window of output pixel `pixel`, channels [firstChannel, firstChannel + channels), zero outside the image. */
function copyPatch(
  x: Float32Array,
  input: Shape,
  w: Conv2d['window'],
  pixel: number,
  outW: number,
  firstChannel: number,
  channels: number,
  patch: Float32Array,
  at: number,
): void {
  const top = Math.floor(pixel / outW) * w.strideH - w.padTop;
  const left = (pixel % outW) * w.strideW - w.padLeft;
  let to = at;
  for (let ky = 0; ky < w.kernelH; ky++) {
    const y = top + ky * w.dilationH;
    for (let kx = 0; kx < w.kernelW; kx++) {
      const column = left + kx * w.dilationW;
      const isOutside = y < 0 || y >= input.h || column < 0 || column >= input.w;
      const from = (y * input.w + column) * input.c + firstChannel;
      for (let c = 0; c < channels; c++) patch[to++] = isOutside ? 0 : x[from + c];
    }
  }
}

/** Each input pixel's share of every output pixel that it reaches, by one product of matrices; then their sums. */
export function prepareConvTranspose(op: ConvTranspose2d, inChannels: number): Convolution {
  const { window: w, groups, outChannels } = op;
  const weights = floatWeights(op);
  const bias = Float32Array.from(floatBias(op));
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
    return packWeights(data, null, rows, groupIn);
  });
  return (x, input, output) => {
    const sums = new Float64Array(elements(output));
    for (let i = 0; i < sums.length; i++) sums[i] = bias[i % outChannels];
    const shares = new Float32Array(input.w * rows);
    packed.forEach((group, g) => {
      const product = new Product(group, input.w);
      for (let y = 0; y < input.h; y++) {
        for (let column = 0; column < input.w; column++)
          for (let c = 0; c < groupIn; c++)
            product.matrix[column * groupIn + c] = x[(y * input.w + column) * inChannels + g * groupIn + c];
        product.run(input.w, shares, 0, rows);
        scatter(shares, w, y, input, sums, output, g * groupOut, groupOut);
      }
    });
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
