/** Second moments of what a convolution reads, in floating point and quantised, over some pixels of the samples. */

import type { Conv2d } from '../ir/graph.js';
import type { Quant, Shape } from '../ir/tensor.js';
import type { Convolver } from './engine/convolver.js';

/** One sample of a convolution's input: real numbers as the float network has them, and codes. */
export interface ReadPair {
  readonly real: Float32Array;
  readonly codes: Int8Array;
}

/** Of one group of channels; K = taps x input channels of the group, in the order of the weights. */
export interface Moments {
  readonly size: number;
  readonly rows: number;
  /** Means of what the float network reads, and of what the quantised one does. */
  readonly meanReal: Float64Array;
  readonly meanCodes: Float64Array;
  /** Covariance of the quantised reads, K x K. */
  readonly covariance: Float64Array;
  /** cross[i][j]: covariance of (real - quantised)[i] with quantised[j], K x K. */
  readonly cross: Float64Array;
}

/** Positions of output pixels, the same number for each sample, spread evenly, and shifted from sample to sample. */
export function pixelsOf(output: Shape, samples: number, most: number): readonly Int32Array[] {
  const all = output.h * output.w;
  const count = Math.max(1, Math.min(all, Math.ceil(most / samples)));
  return Array.from({ length: samples }, (_, s) => {
    // Shifts by multiples of the golden ratio fill the gaps.
    const shift = (s * 0.6180339887498949) % 1;
    return Int32Array.from({ length: count }, (_, i) => Math.min(Math.floor(((i + shift) * all) / count), all - 1));
  });
}

/** Which convolution the moments are of, and at which output pixels of each sample. */
export interface MomentsRequest {
  readonly op: Conv2d;
  readonly input: Shape;
  readonly output: Shape;
  /** Of the input. */
  readonly quant: Quant;
  readonly pixels: readonly Int32Array[];
  /** Which of the weights of an output channel, and so of what they read; the end is exclusive. */
  readonly columns: readonly [number, number];
}

/** The moments of `count` groups from `first` on: read together, neighbours in memory are read once. */
export function momentsOf(
  convolver: Convolver,
  { op, input, output, quant, pixels, columns: [fromColumn, toColumn] }: MomentsRequest,
  first: number,
  count: number,
  reads: readonly ReadPair[],
): readonly Moments[] {
  const { window: w, groups } = op;
  const groupIn = input.c / groups;
  const size = toColumn - fromColumn;
  const rows = pixels.reduce((n, p) => n + p.length, 0);
  const each = rows * size;
  const real = new Float32Array(count * each);
  const codes = new Float32Array(count * each);
  const { zeroPoint, scale } = quant;
  let row = 0;
  reads.forEach(({ real: x, codes: q }, s) => {
    for (const pixel of pixels[s]) {
      const oy = Math.floor(pixel / output.w);
      const ox = pixel - oy * output.w;
      for (let ky = 0, tap = 0; ky < w.kernelH; ky++) {
        const y = oy * w.strideH - w.padTop + ky * w.dilationH;
        for (let kx = 0; kx < w.kernelW; kx++, tap++) {
          const column = ox * w.strideW - w.padLeft + kx * w.dilationW;
          if (y < 0 || y >= input.h || column < 0 || column >= input.w) continue;
          const begin = Math.max(fromColumn - tap * groupIn, 0);
          const end = Math.min(toColumn - tap * groupIn, groupIn);
          let from = (y * input.w + column) * input.c + first * groupIn;
          let to = row * size + tap * groupIn - fromColumn;
          for (let g = 0; g < count; g++, to += each, from += groupIn)
            for (let i = begin; i < end; i++) {
              real[to + i] = x[from + i];
              codes[to + i] = (q[from + i] - zeroPoint) * scale;
            }
        }
      }
      row++;
    }
  });
  return Array.from({ length: count }, (_, g) =>
    momentsOfRows(
      convolver,
      real.subarray(g * each, (g + 1) * each),
      codes.subarray(g * each, (g + 1) * each),
      rows,
      size,
    ),
  );
}

function momentsOfRows(
  convolver: Convolver,
  real: Float32Array,
  codes: Float32Array,
  rows: number,
  size: number,
): Moments {
  const meanReal = centre(real, rows, size);
  const meanCodes = centre(codes, rows, size);
  for (let i = 0; i < real.length; i++) real[i] -= codes[i];
  const covariance = scaled(convolver.crossProduct(codes, codes, rows), 1 / rows);
  const cross = scaled(convolver.crossProduct(real, codes, rows), 1 / rows);
  return { size, rows, meanReal, meanCodes, covariance, cross };
}

/** Takes the means of the columns off; returns them. */
function centre(data: Float32Array, rows: number, size: number): Float64Array {
  const mean = new Float64Array(size);
  for (let r = 0, at = 0; r < rows; r++) for (let i = 0; i < size; i++) mean[i] += data[at++];
  for (let i = 0; i < size; i++) mean[i] /= rows;
  for (let r = 0, at = 0; r < rows; r++) for (let i = 0; i < size; i++) data[at++] -= mean[i];
  return mean;
}

function scaled(data: Float32Array, factor: number): Float64Array {
  const out = new Float64Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = data[i] * factor;
  return out;
}
