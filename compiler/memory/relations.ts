/**
 * A Problem as difference constraints. Two buffers that live at one step form a pair; the difference
 * d = offset(second) - offset(first) must lie in one of the pair's few closed intervals:
 *
 *   disjoint    d <= -bytes(second)  or  d >= bytes(first)
 *   an Overlap with first = input, second = output
 *               d <= -belowBytes (walk ascending),  d >= aboveBytes (walk descending),  d == 0 (ascending)
 *
 * The pairs of one output form a group: the step that writes it walks in one direction, so they must agree on it.
 * Read by the first-fit heuristics and the branch and bound; the validator does not use it.
 */

import type { Buffer, Overlap, Problem } from './problem.js';

/** Directions in which a step may walk, as a bit set. */
export const Walk = { ascending: 1, descending: 2, any: 3 } as const;

/** Stands for an absent end of an interval; larger than any arena, small enough that sums stay in int32. */
export const FAR = 2 ** 29;

/** lo <= offset(second) - offset(first) <= hi is legal if the step walks in one of `walk`. */
export interface Interval {
  readonly lo: number;
  readonly hi: number;
  readonly walk: number;
}

/** Positions in Problem.buffers. */
export interface Pair {
  readonly first: number;
  readonly second: number;
  readonly intervals: readonly Interval[];
  /** Pairs with the same group share a walk; -1 where the walk is of no concern. */
  readonly group: number;
}

export interface Relations {
  readonly buffers: readonly Buffer[];
  readonly pairs: readonly Pair[];
  readonly groups: number;
  /** For each buffer, the positions in `pairs` of the pairs it belongs to. */
  readonly pairsOf: readonly (readonly number[])[];
}

export const alignUp = (offset: number, alignBytes: number): number => Math.ceil(offset / alignBytes) * alignBytes;
export const alignDown = (offset: number, alignBytes: number): number => Math.floor(offset / alignBytes) * alignBytes;

/** All pairs of a problem, by position of the first, then of the second buffer. O(n^2). */
export function buildRelations(problem: Problem): Relations {
  const { buffers } = problem;
  const positions = new Map(buffers.map((b, i) => [b.id, i]));
  const overlaps = new Map<string, Overlap>();
  const outputs = new Map<number, number>();
  for (const overlap of problem.overlaps) {
    overlaps.set(`${overlap.input}>${overlap.output}`, overlap);
    outputs.set(overlap.output, (outputs.get(overlap.output) ?? 0) + 1);
  }
  const groupOf = new Map<number, number>();
  const pairs: Pair[] = [];
  const pairsOf: number[][] = buffers.map(() => []);
  for (let i = 0; i < buffers.length; i++) {
    for (let j = i + 1; j < buffers.length; j++) {
      if (!liveTogether(buffers[i], buffers[j])) continue;
      const overlap =
        overlaps.get(`${buffers[i].id}>${buffers[j].id}`) ?? overlaps.get(`${buffers[j].id}>${buffers[i].id}`);
      const pair =
        overlap === undefined
          ? disjointPair(buffers, i, j)
          : overlapPair(buffers, positions, overlap, outputs, groupOf);
      pairsOf[i].push(pairs.length);
      pairsOf[j].push(pairs.length);
      pairs.push(pair);
    }
  }
  return { buffers, pairs, groups: groupOf.size, pairsOf };
}

export const liveTogether = (a: Buffer, b: Buffer): boolean => a.firstStep < b.endStep && b.firstStep < a.endStep;

function disjointPair(buffers: readonly Buffer[], first: number, second: number): Pair {
  return {
    first,
    second,
    group: -1,
    intervals: [
      { lo: -FAR, hi: -buffers[second].bytes, walk: Walk.any },
      { lo: buffers[first].bytes, hi: FAR, walk: Walk.any },
    ],
  };
}

function overlapPair(
  buffers: readonly Buffer[],
  positions: ReadonlyMap<number, number>,
  overlap: Overlap,
  outputs: ReadonlyMap<number, number>,
  groupOf: Map<number, number>,
): Pair {
  const first = positions.get(overlap.input)!;
  const second = positions.get(overlap.output)!;
  // With a single dying input the walk is free: an interval that only a walk allows then swallows the disjoint one.
  const shared = (outputs.get(overlap.output) ?? 0) > 1;
  if (shared && !groupOf.has(overlap.output)) groupOf.set(overlap.output, groupOf.size);
  const { belowBytes, aboveBytes } = overlap;
  const below = belowBytes !== null && belowBytes < buffers[second].bytes ? belowBytes : null;
  const above = aboveBytes !== null && aboveBytes < buffers[first].bytes ? aboveBytes : null;
  const intervals: Interval[] = [];
  if (below !== null) intervals.push({ lo: -FAR, hi: -below, walk: Walk.ascending });
  if (below === null || shared) intervals.push({ lo: -FAR, hi: -buffers[second].bytes, walk: Walk.any });
  if (overlap.same && (below === null || below > 0)) intervals.push({ lo: 0, hi: 0, walk: Walk.ascending });
  if (above !== null) intervals.push({ lo: above, hi: FAR, walk: Walk.descending });
  if (above === null || shared) intervals.push({ lo: buffers[first].bytes, hi: FAR, walk: Walk.any });
  return { first, second, intervals, group: shared ? groupOf.get(overlap.output)! : -1 };
}
