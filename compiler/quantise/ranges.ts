/** Ranges that a tensor could be quantised over, from its histogram. Values beyond a range saturate. */

import { bins, type ValueStatistics } from './statistics.js';

export interface Range {
  readonly low: number;
  readonly high: number;
}

export type RangeMethod = 'minmax' | 'percentile' | 'mse' | 'entropy';

export interface Candidate extends Range {
  readonly method: RangeMethod;
}

export const levels = 255;

/** All values. */
export const minMax = (s: ValueStatistics): Range => ({ low: Math.min(s.min, 0), high: Math.max(s.max, 0) });

/** All but the outermost share of the values on each side (0.001: the middle 99.8 %). */
export function percentile(s: ValueStatistics, share: number): Range {
  const total = s.histogram.reduce((a, b) => a + b, s.zeros);
  const width = (s.max - s.min) / bins;
  const beyond = share * total;
  const end = (from: number, step: number): number => {
    let i = from;
    let count = s.histogram[i];
    while (count <= beyond && i + step >= 0 && i + step < bins) {
      i += step;
      count += s.histogram[i];
    }
    return i;
  };
  // 0 always has a code: a side that does not reach beyond it is left alone.
  const low = s.min < 0 ? Math.min(s.min + end(0, 1) * width, 0) : 0;
  const high = s.max > 0 ? Math.max(s.min + (end(bins - 1, -1) + 1) * width, 0) : 0;
  return { low, high };
}

/** Expected squared error of quantising over a range. */
export function squaredError(s: ValueStatistics, low: number, high: number): number {
  const width = (s.max - s.min) / bins;
  const step = (high - low) / levels;
  const inside = (step * step) / 12;
  let sum = 0;
  for (let i = 0; i < bins; i++) {
    const count = s.histogram[i];
    if (count === 0) continue;
    const v = s.min + (i + 0.5) * width;
    const d = v < low ? low - v : v > high ? v - high : 0;
    sum += count * (d * d + inside);
  }
  return sum;
}

/** Ends of a range tried in turn: fractions of the largest one. */
const fractions = Array.from({ length: 60 }, (_, i) => 1 - i / 64);

/** The range that `error` is least over, one end after the other. */
function leastOver(s: ValueStatistics, error: (low: number, high: number) => number): Range {
  const all = minMax(s);
  let { low, high } = all;
  for (let round = 0; round < 2; round++) {
    high =
      all.high > 0
        ? best(
            fractions.map((f) => f * all.high),
            (h) => error(low, h),
          )
        : 0;
    low =
      all.low < 0
        ? best(
            fractions.map((f) => f * all.low),
            (l) => error(l, high),
          )
        : 0;
  }
  return { low, high };
}

function best(list: readonly number[], error: (x: number) => number): number {
  let [at, least] = [list[0], Infinity];
  for (const x of list) {
    const e = error(x);
    if (e < least) [at, least] = [x, e];
  }
  return at;
}

export const leastSquares = (s: ValueStatistics): Range => leastOver(s, (low, high) => squaredError(s, low, high));

/**
 * Kullback-Leibler divergence of the values spread over the levels of a range from the values saturated to it (Migacz,
 * 8-bit inference with TensorRT, 2017).
 */
function divergence(s: ValueStatistics, low: number, high: number): number {
  const width = (s.max - s.min) / bins;
  const first = Math.max(0, Math.floor((low - s.min) / width));
  const last = Math.min(bins - 1, Math.ceil((high - s.min) / width) - 1);
  if (last <= first) return Infinity;
  const p = s.histogram.slice(first, last + 1);
  const q = p.slice();
  for (let i = 0; i < first; i++) p[0] += s.histogram[i];
  for (let i = last + 1; i < bins; i++) p[p.length - 1] += s.histogram[i];
  const perLevel = p.length / levels;
  if (perLevel > 1)
    for (let level = 0; level < levels; level++) {
      const [from, to] = [Math.floor(level * perLevel), Math.floor((level + 1) * perLevel)];
      let [sum, used] = [0, 0];
      for (let i = from; i < to; i++) {
        sum += q[i];
        if (q[i] > 0) used++;
      }
      for (let i = from; i < to; i++) if (q[i] > 0) q[i] = sum / used;
    }
  const [sumP, sumQ] = [p, q].map((list) => list.reduce((a, b) => a + b, 0));
  if (sumQ === 0) return Infinity;
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    if (p[i] === 0) continue;
    sum += (p[i] / sumP) * Math.log(p[i] / sumP / Math.max(q[i] / sumQ, 1e-12));
  }
  return sum;
}

export const leastDivergence = (s: ValueStatistics): Range => leastOver(s, (low, high) => divergence(s, low, high));

/** Shares cut off at each end. */
const shares = [1e-5, 1e-4, 1e-3];

/** Ranges worth trying, the widest first; those that hardly differ from one before are left out. */
export function candidates(s: ValueStatistics, methods: readonly RangeMethod[]): readonly Candidate[] {
  if (!(s.max > s.min)) return [{ method: 'minmax', ...minMax(s) }];
  const all: Candidate[] = [];
  const add = (method: RangeMethod, range: Range): void => {
    const size = range.high - range.low;
    const isNew = all.every(
      (c) => Math.abs(c.high - range.high) > alike * size || Math.abs(c.low - range.low) > alike * size,
    );
    if (size > 0 && isNew) all.push({ method, ...range });
  };
  if (methods.includes('minmax')) add('minmax', minMax(s));
  if (methods.includes('percentile')) for (const share of shares) add('percentile', percentile(s, share));
  if (methods.includes('mse')) add('mse', leastSquares(s));
  if (methods.includes('entropy')) add('entropy', leastDivergence(s));
  return all.length > 0 ? all : [{ method: 'minmax', ...minMax(s) }];
}

/** Ends that differ by less than this share of the range count as one. */
const alike = 0.02;
