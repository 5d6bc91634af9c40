/**
 * First-fit heuristics: buffers one by one, each at the lowest offset that the buffers already placed allow. The
 * first solution of the branch and bound, and mostly the last: the several orders find an optimal arena for most
 * networks. Complexity O(n * pairs of a buffer) an order.
 */

import type { Problem } from './problem.js';
import { alignUp, Walk } from './relations.js';
import type { Pair, Relations } from './relations.js';

/** Offsets by position in Problem.buffers. */
export interface Packing {
  readonly offsets: Int32Array;
  readonly arenaBytes: number;
}

/** Placements tried with each order. */
export const defaultAttempts = 24;

/** The best packing over all orders and, where steps have a choice of walk, both walks. */
export function firstFit(
  problem: Problem,
  relations: Relations,
  boundBytes: number,
  attempts: number = defaultAttempts,
): Packing {
  const walks = relations.groups === 0 ? [Walk.ascending] : [Walk.ascending, Walk.descending];
  let best: Packing | null = null;
  for (const order of orders(problem, relations)) {
    for (const walk of walks) {
      const packing = improve(relations, order, walk, boundBytes, attempts);
      if (best === null || packing.arenaBytes < best.arenaBytes) best = packing;
      if (best.arenaBytes <= boundBytes) return best;
    }
  }
  return best ?? { offsets: new Int32Array(0), arenaBytes: 0 };
}

/** Orders of placement; each a permutation of the buffers' positions, ties by position. */
function orders(problem: Problem, relations: Relations): number[][] {
  const { buffers } = problem;
  const load = stepLoads(problem);
  const peak = buffers.map((b) => Math.max(0, ...load.slice(b.firstStep, b.endStep)));
  const area = buffers.map((b) => b.bytes * (b.endStep - b.firstStep));
  const degree = buffers.map((_, i) => relations.pairsOf[i].length);
  const keys: ((i: number) => number[])[] = [
    (i) => [-buffers[i].bytes],
    (i) => [-peak[i], -buffers[i].bytes],
    (i) => [-area[i]],
    (i) => [buffers[i].firstStep - buffers[i].endStep, -buffers[i].bytes],
    (i) => [buffers[i].firstStep, -buffers[i].bytes],
    (i) => [-buffers[i].endStep, -buffers[i].bytes],
    (i) => [-degree[i], -buffers[i].bytes],
  ];
  return keys.map((key) => buffers.map((_, i) => i).sort((a, b) => compare(key(a), key(b)) || a - b));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let k = 0; k < a.length; k++) {
    if (a[k] !== b[k]) return a[k] - b[k];
  }
  return 0;
}

/** Live bytes of each step, overlaps not counted. */
function stepLoads(problem: Problem): number[] {
  const load = new Array<number>(problem.steps).fill(0);
  for (const b of problem.buffers) {
    for (let s = b.firstStep; s < b.endStep; s++) load[s] += b.bytes;
  }
  return load;
}

/** Places in an order, then moves the buffer that stands highest to the front and tries again, a few times. */
function improve(
  relations: Relations,
  order: readonly number[],
  walk: number,
  boundBytes: number,
  attempts: number,
): Packing {
  let current = [...order];
  let best = place(relations, current, walk);
  let packing = best;
  for (let k = 1; k < attempts && best.arenaBytes > boundBytes; k++) {
    const { offsets, arenaBytes } = packing;
    const top = current.findIndex((i) => offsets[i] + relations.buffers[i].bytes === arenaBytes);
    if (top <= 0) break;
    current = [current[top], ...current.slice(0, top), ...current.slice(top + 1)];
    packing = place(relations, current, walk);
    if (packing.arenaBytes < best.arenaBytes) best = packing;
  }
  return best;
}

/** Every buffer at its lowest legal offset, given those before it in `order`. */
export function place(relations: Relations, order: readonly number[], walk: number): Packing {
  const { buffers, pairs, pairsOf } = relations;
  const offsets = new Int32Array(buffers.length).fill(-1);
  let arenaBytes = 0;
  for (const i of order) {
    const { bytes, alignBytes } = buffers[i];
    let offset = 0;
    // Every pair in turn pushes the offset up to where it allows it, until none does.
    for (let settled = false; !settled; ) {
      settled = true;
      for (const p of pairsOf[i]) {
        const pair = pairs[p];
        const other = offsets[pair.first === i ? pair.second : pair.first];
        if (other < 0) continue;
        const least = leastAllowed(pair, pair.first === i, other, offset, pair.group < 0 ? Walk.any : walk);
        if (least > offset) {
          offset = alignUp(least, alignBytes);
          settled = false;
        }
      }
    }
    offsets[i] = offset;
    arenaBytes = Math.max(arenaBytes, offset + bytes);
  }
  return { offsets, arenaBytes };
}

/** The least offset >= `from` that a pair allows one of its buffers, the other being placed at `other`. */
function leastAllowed(pair: Pair, isFirst: boolean, other: number, from: number, walk: number): number {
  let least = Infinity;
  for (const { lo, hi, walk: allowed } of pair.intervals) {
    if ((allowed & walk) === 0) continue;
    const low = isFirst ? other - hi : other + lo;
    const high = isFirst ? other - lo : other + hi;
    if (high >= from) least = Math.min(least, Math.max(low, from));
  }
  return least;
}
