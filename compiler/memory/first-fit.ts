/**
 * First-fit heuristics: buffers one by one, each at the lowest offset that the buffers already placed allow. The
 * first solution of the branch and bound, and mostly the last: the several orders find an optimal arena for most
 * networks. Complexity O(n * pairs of a buffer) an order.
 */

import type { Problem } from './problem.js';
import { alignUp, FAR, legalWalks, Walk } from './relations.js';
import type { Relations } from './relations.js';

/** Offsets by position in Problem.buffers. */
export interface Packing {
  readonly offsets: Int32Array;
  readonly arenaBytes: number;
}

/** The best packing over all orders and, where steps have a choice of walk, both walks. */
export function firstFit(problem: Problem, relations: Relations, boundBytes: number): Packing {
  const walks = relations.groups === 0 ? [Walk.ascending] : [Walk.ascending, Walk.descending];
  let best: Packing | null = null;
  for (const order of orders(problem, relations)) {
    for (const walk of walks) {
      const packing = improve(relations, order, walk, boundBytes);
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
function improve(relations: Relations, order: readonly number[], walk: number, boundBytes: number): Packing {
  const attempts = Math.min(24, order.length);
  let current = [...order];
  let best = place(relations, current, walk);
  for (let k = 0; k < attempts && best.arenaBytes > boundBytes; k++) {
    const packing = k === 0 ? best : place(relations, current, walk);
    if (packing.arenaBytes < best.arenaBytes) best = packing;
    const top = current.findIndex((i) => packing.offsets[i] + relations.buffers[i].bytes === packing.arenaBytes);
    if (top <= 0) break;
    current = [current[top], ...current.slice(0, top), ...current.slice(top + 1)];
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
    const placed = pairsOf[i].map((p) => pairs[p]).filter((p) => offsets[p.first === i ? p.second : p.first] >= 0);
    const legal = (offset: number): boolean =>
      placed.every((p) => {
        const d = p.first === i ? offsets[p.second] - offset : offset - offsets[p.first];
        return (legalWalks(p, d) & (p.group < 0 ? Walk.any : walk)) !== 0;
      });
    const candidates = [0];
    for (const p of placed) {
      for (const interval of p.intervals) {
        // The least offset of i that the interval allows, where it has one.
        if (p.first === i && interval.hi < FAR) candidates.push(offsets[p.second] - interval.hi);
        if (p.second === i && interval.lo > -FAR) candidates.push(offsets[p.first] + interval.lo);
      }
    }
    const aligned = candidates.map((c) => alignUp(Math.max(0, c), alignBytes)).sort((a, b) => a - b);
    const offset = aligned.find(legal);
    if (offset === undefined) throw new Error(`first fit: no offset for ${buffers[i].name}`);
    offsets[i] = offset;
    arenaBytes = Math.max(arenaBytes, offset + bytes);
  }
  return { offsets, arenaBytes };
}
