/** Which codes a tensor can hold, per channel: what the proofs of numerics/ are about. */

import type { Shape } from '../ir/tensor.js';

/** Bounds for each channel, both inclusive. */
export interface CodeRange {
  readonly min: Int8Array;
  readonly max: Int8Array;
}

export const fullRange = (channels: number): CodeRange => ({
  min: new Int8Array(channels).fill(-128),
  max: new Int8Array(channels).fill(127),
});

export function rangeOfConstant(codes: Int8Array, channels: number): CodeRange {
  const range = { min: new Int8Array(channels).fill(127), max: new Int8Array(channels).fill(-128) };
  codes.forEach((q, i) => {
    const c = i % channels;
    range.min[c] = Math.min(range.min[c], q);
    range.max[c] = Math.max(range.max[c], q);
  });
  return range;
}

/** The bounds over all channels. */
export function overall(range: CodeRange): { readonly min: number; readonly max: number } {
  return {
    min: range.min.reduce((m, v) => Math.min(m, v), 127),
    max: range.max.reduce((m, v) => Math.max(m, v), -128),
  };
}

/** The same bounds with one code more. */
export const including = (range: CodeRange, code: number): CodeRange => ({
  min: range.min.map((v) => Math.min(v, code)),
  max: range.max.map((v) => Math.max(v, code)),
});

/** Bounds of what a function of one code gives, which need not be monotone. */
export function imageOf(range: CodeRange, f: (code: number) => number): CodeRange {
  const known = new Map<number, readonly [number, number]>();
  const bounds = (min: number, max: number): readonly [number, number] => {
    const key = (min + 128) * 256 + max + 128;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    let low = 127;
    let high = -128;
    for (let code = min; code <= max; code++) {
      low = Math.min(low, f(code));
      high = Math.max(high, f(code));
    }
    known.set(key, [low, high]);
    return [low, high];
  };
  return {
    min: range.min.map((v, c) => bounds(v, range.max[c])[0]),
    max: range.max.map((v, c) => bounds(range.min[c], v)[1]),
  };
}

/** A channel of an operand that may be broadcast over channels. */
const channelOf = (range: CodeRange, c: number): { readonly min: number; readonly max: number } => {
  const i = range.min.length === 1 ? 0 : c;
  return { min: range.min[i], max: range.max[i] };
};

/** Bounds per channel of a function that is monotone in each operand: its extremes are at corners. */
export function cornerRange(
  a: CodeRange,
  b: CodeRange,
  channels: number,
  f: (p: number, q: number) => number,
): CodeRange {
  const range = { min: new Int8Array(channels), max: new Int8Array(channels) };
  for (let c = 0; c < channels; c++) {
    const p = channelOf(a, c);
    const q = channelOf(b, c);
    const corners = [f(p.min, q.min), f(p.min, q.max), f(p.max, q.min), f(p.max, q.max)];
    range.min[c] = Math.min(...corners);
    range.max[c] = Math.max(...corners);
  }
  return range;
}

/** Bounds after data has moved: `move` is applied to a tensor that holds each element's own bound. */
export function movedRange(
  ranges: readonly CodeRange[],
  shapes: readonly Shape[],
  channels: number,
  move: (tensors: Int8Array[]) => Int8Array,
): CodeRange {
  const spread = (bound: Int8Array, shape: Shape): Int8Array =>
    Int8Array.from({ length: shape.h * shape.w * shape.c }, (_, i) => bound[i % shape.c]);
  const lows = move(ranges.map((r, i) => spread(r.min, shapes[i])));
  const highs = move(ranges.map((r, i) => spread(r.max, shapes[i])));
  return { min: rangeOfConstant(lows, channels).min, max: rangeOfConstant(highs, channels).max };
}
