/** A convolution's weights fitted to what it reads now and to what it should give. */

import { type Conv2d, floatBias } from '../../ir/graph.js';
import type { Shape } from '../../ir/tensor.js';
import type { Convolver } from '../../quantise/engine/convolver.js';
import { type Attempt, dampings, type Linear, ridgeAttempts } from './least-squares.js';

/** Unknowns of one output channel that a fit takes. */
export const mostUnknowns = 1152;

export interface ConvolutionFit {
  readonly op: Conv2d;
  readonly input: Shape;
  readonly output: Shape;
  /** By sample: what it reads. */
  readonly reads: readonly Float32Array[];
  /** By sample: at which pixels of the output, and what it should give there, after its clamp. */
  readonly pixels: readonly Int32Array[];
  readonly wanted: readonly Float32Array[];
  /** How many samples, from the first on, are fitted to; the others judge. */
  readonly fitted: number;
}

/** The convolution with the weights that serve the judging samples best; null where those that it has do. */
export function fitConvolution(convolver: Convolver, fit: ConvolutionFit): Conv2d | null {
  const { op, output } = fit;
  const { groups, outChannels } = op;
  const size = op.weights.data.length / outChannels;
  if (size > mostUnknowns) return null;
  const groupOut = outChannels / groups;
  const bias = floatBias(op);
  const rows = fit.pixels.reduce((n, p) => n + p.length, 0);
  const fittedRows = fit.pixels.slice(0, fit.fitted).reduce((n, p) => n + p.length, 0);
  const byGroup: (readonly Attempt[])[] = [];
  for (let g = 0; g < groups; g++) {
    const first = g * groupOut;
    const start: Linear = {
      weights: Float64Array.from(op.weights.data.subarray(first * size, (first + groupOut) * size)),
      bias: bias.slice(first, first + groupOut),
    };
    const x = groupReads(fit, g, size, rows);
    const y = new Float32Array(rows * groupOut);
    let at = 0;
    for (const wanted of fit.wanted)
      for (let p = 0; p < wanted.length; p += output.c)
        for (let o = 0; o < groupOut; o++) y[at++] = wanted[p + first + o];
    byGroup.push(ridgeAttempts(convolver, { size, outputs: groupOut, x, y, fittedRows, rows }, start, op.clamp));
  }
  // One damping for the whole layer: single channels would choose by chance.
  const errors = Array.from({ length: dampings.length + 1 }, (_, i) =>
    byGroup.reduce((sum, list) => sum + list[Math.min(i, list.length - 1)].judgedError, 0),
  );
  const best = errors.indexOf(Math.min(...errors));
  if (best === 0) return null;
  const data = new Float32Array(op.weights.data.length);
  const biases = new Float32Array(outChannels);
  byGroup.forEach((list, g) => {
    const { linear } = list[Math.min(best, list.length - 1)];
    data.set(linear.weights, g * groupOut * size);
    biases.set(linear.bias, g * groupOut);
  });
  return { ...op, weights: { kind: 'float', data }, bias: { data: biases, scales: null } };
}

/** What the outputs of one group read at the pixels, in the order of its weights; zeros in the padding. */
function groupReads({ op, input, output, reads, pixels }: ConvolutionFit, g: number, size: number, rows: number) {
  const { window: w, groups } = op;
  const groupIn = input.c / groups;
  const x = new Float32Array(rows * size);
  let row = 0;
  reads.forEach((read, s) => {
    for (const pixel of pixels[s]) {
      const oy = Math.floor(pixel / output.w);
      const ox = pixel - oy * output.w;
      for (let ky = 0, to = row * size; ky < w.kernelH; ky++) {
        const y = oy * w.strideH - w.padTop + ky * w.dilationH;
        for (let kx = 0; kx < w.kernelW; kx++, to += groupIn) {
          const column = ox * w.strideW - w.padLeft + kx * w.dilationW;
          if (y < 0 || y >= input.h || column < 0 || column >= input.w) continue;
          const from = (y * input.w + column) * input.c + g * groupIn;
          for (let i = 0; i < groupIn; i++) x[to + i] = read[from + i];
        }
      }
      row++;
    }
  });
  return x;
}
