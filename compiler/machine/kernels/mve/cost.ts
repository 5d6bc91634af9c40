/**
 * Instructions of the MVE kernels, counted from their code: per pair of vectors and group of lanes rather than per MAC,
 * because short vectors and narrow images cost by the block. QEMU's counter agrees within a few per cent.
 */

import type { Features } from '../../cost-features.js';
import { laneGroups } from './pack-dot.js';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const blocksOf = (depth: number): number => Math.ceil(depth / 16);

/** Requantising a group of lanes of one vector on the general path. */
const generalLane = 9;

/** A pair of vectors that stay in registers (rv_dot_short_mve.c). */
function shortPair(depth: number, channels: number): number {
  const blocks = blocksOf(depth);
  const quad = 3 + 12 * blocks;
  const load = blocks === 1 ? 1 : 3 + 2 * blocks;
  const groups = laneGroups(channels).map((lanes) => {
    if (lanes === 16) return 4 * quad + load + 43;
    return lanes === 8 ? 2 * quad + load + 28 : quad + load + 24;
  });
  return (blocks === 1 ? 20 : 15) + (channels >= 16 ? 3 : 0) + sum(groups);
}

/** A pair of vectors that are reloaded for each quad (rv_dot_long_mve.c). */
function longPair(depth: number, channels: number, fast: boolean): number {
  const blocks = blocksOf(depth);
  // Of four blocks, half stay in registers.
  const quad = blocks === 4 ? 58 : 10 + 14 * blocks + 2 * Math.ceil((blocks - 1) / 4);
  const groups = laneGroups(channels).map((lanes) => {
    const requantise = lanes === 16 ? 42 : lanes === 8 ? 30 : 20;
    return (lanes / 4) * quad + 12 + (fast ? requantise : 2 * generalLane * lanes);
  });
  return 24 + sum(groups);
}

function singleVector(depth: number, channels: number, fast: boolean): number {
  const blocks = blocksOf(depth);
  const groups = laneGroups(channels).map(
    (lanes) => Math.ceil(lanes / 8) * (12 + 19 * blocks) + 15 + (fast ? 5 + lanes : generalLane * lanes),
  );
  return 45 + sum(groups);
}

/** Values of a slice that are computed at once. */
export interface SlicePart {
  readonly depth: number;
  readonly channels: number;
  /** Results are made, of all slices. */
  readonly results: boolean;
  readonly fast: boolean;
}

/** A pair of vectors of one part (rv_dot_slice_mve.c): the cores of shortPair between sums, and results of the fast rounding. */
export function slicePair({ depth, channels, results, fast }: SlicePart): number {
  const blocks = blocksOf(depth);
  const quad = 2 + 12 * blocks;
  const load = blocks === 1 ? 1 : 3 + 2 * blocks;
  const groups = laneGroups(channels).map((lanes) => {
    const after = !results ? 0 : fast ? { 16: 46, 8: 31, 4: 22 }[lanes]! : 10;
    return (lanes / 4) * quad + load + (lanes === 16 ? 9 : 8) + after;
  });
  return 24 + sum(groups);
}

/** What a run of rv_dot_s8_mve computes: `pairs` pairs of vectors and perhaps a single one. */
export interface DotRun {
  readonly depth: number;
  readonly channels: number;
  readonly fast: boolean;
  readonly pairs: number;
  readonly single: boolean;
}

/** `count` runs alike: runs by the code that they take, and what the assembly of their vectors executes. */
export function dotRunFeatures({ depth, channels, fast, pairs, single }: DotRun, count: number): Features {
  const inShort = fast && blocksOf(depth) <= 3 && pairs > 0;
  const pair = inShort ? shortPair(depth, channels) : longPair(depth, channels, fast);
  return {
    ...(inShort ? { shortRuns: count } : { longRuns: count }),
    shortSingles: inShort && single ? count : 0,
    pairs: count * pairs,
    counted: count * pairs * pair,
    singles: single ? count : 0,
    countedSingles: single ? count * singleVector(depth, channels, fast) : 0,
  };
}
