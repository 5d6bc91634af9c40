/** The words of the cost model, and counts that the features of several kernels are made of. */

import type { ResizeOp, Rounding } from '../ir/int8-graph.js';
import { type Doubtful, sharesInDoubt, usesWholeWeights } from '../numerics/resize.js';

/** How often a call does each thing that costs instructions, by name; 0 where it is left out. */
export type Features = Readonly<Record<string, number>>;

/** Instructions for one of each feature. */
export type Weights = Readonly<Record<string, number>>;

/** Positions of one axis of a sliding window, over the whole output. */
export interface AxisTaps {
  /** Share of the taps that read inside the image. */
  readonly inside: number;
  /** Share of the output positions of which some tap reads padding. */
  readonly border: number;
}

export function axisTaps(
  extent: number,
  outputs: number,
  kernel: number,
  stride: number,
  dilation: number,
  pad: number,
): AxisTaps {
  let taps = 0;
  let border = 0;
  for (let o = 0; o < outputs; o++) {
    let inside = 0;
    for (let k = 0; k < kernel; k++) {
      const at = o * stride - pad + k * dilation;
      if (at >= 0 && at < extent) inside++;
    }
    taps += inside;
    if (inside < kernel) border++;
  }
  return { inside: taps / (outputs * kernel), border: border / outputs };
}

/** What roundings of every kind have. */
export interface RoundingForm {
  readonly rounding: Rounding;
  readonly clampMin: number;
  readonly clampMax: number;
  /** Of a channel requantisation: the channels whose ties are rounded to even. */
  readonly even?: Uint8Array | null;
}

/**
 * Outputs by how they are rounded; `clampedOutputs` beside `outputs` where fixed rounding has a clamp of its own. A node
 * whose ties may all go up is rounded as 'fixed'.
 */
export function roundedOutputs(r: RoundingForm, outputs: number): Features {
  if (r.rounding === 'exact') return { exactOutputs: outputs };
  const ties = r.even === undefined || r.even?.some((e) => e !== 0);
  if (r.rounding === 'even' && ties) return { evenOutputs: outputs };
  return r.clampMin === -128 && r.clampMax === 127 ? { outputs } : { outputs, clampedOutputs: outputs };
}

const shares = new WeakMap<ResizeOp, readonly Doubtful[]>();

/**
 * What float32 arithmetic decides of a linear resize: outputs and their terms that are not zero (with whole weights, or
 * others), pixels with any of the others, and blocks of `lanes` channels with any.
 */
export function decidedOutputs(op: ResizeOp, pixels: number, channels: number, lanes: number): Features {
  if (op.linear === null || op.linear.doubt === 0) return {};
  const known = shares.get(op) ?? sharesInDoubt(op, op.linear);
  shares.set(op, known);
  const of = (f: (kind: Doubtful) => number): number =>
    pixels * known.reduce((sum, kind) => sum + kind.pixels * f(kind), 0);
  const any =
    (among: number) =>
    ({ share }: Doubtful): number =>
      1 - (1 - share) ** among;
  const blocks: Features =
    lanes === 1 ? {} : { decidedBlocks: Math.ceil(channels / lanes) * of(any(Math.min(channels, lanes))) };
  const outputs = channels * of((kind) => kind.share);
  const terms = channels * of((kind) => kind.terms);
  return usesWholeWeights(op, op.linear)
    ? { wholeOutputs: outputs, wholeTerms: terms, ...blocks }
    : { decidedOutputs: outputs, decidedTerms: terms, decidedPixels: of(any(channels)), ...blocks };
}

/**
 * Bytes in runs of `runBytes` whose places are multiples of `strides`, as rv_copy_run.h moves them: 16 at a time, by
 * words and by bytes; runs off a word apart, which some cores move by bytes alone, and runs with a part of a vector.
 */
export function movedBytes(bytes: number, runBytes: number, strides: number): Features {
  const runs = bytes / runBytes;
  const aligned = strides % 4 === 0 ? 1 : strides % 2 === 0 ? 0.5 : 0.25;
  const blocks = runs * Math.floor(runBytes / 16);
  const words = runs * Math.floor((runBytes % 16) / 4);
  return {
    moveBlocks: aligned * blocks,
    moveWords: aligned * words,
    moveBytes: runs * (runBytes % 4),
    offBlocks: (1 - aligned) * blocks,
    offWords: (1 - aligned) * words,
    moveParts: runBytes % 16 === 0 ? 0 : runs,
  };
}

/** Sum of two counts. */
export function added(a: Features, b: Features): Features {
  const sum: Record<string, number> = { ...a };
  for (const name in b) sum[name] = (sum[name] ?? 0) + b[name];
  return sum;
}
