/**
 * What the dot products of the MVE convolutions do, as counts for the cost model: per pair of vectors, group of lanes
 * and block of 16 values rather than per MAC, because short vectors and narrow images cost by the block.
 */

import type { Features } from '../../cost-features.js';
import { laneGroups } from './pack-dot.js';

const blocksOf = (depth: number): number => Math.ceil(depth / 16);

/** Groups by what requantises them: `of` names the features, `count` vectors or pairs have them. */
function groupFeatures(of: string, channels: number, fast: boolean, count: number): Features {
  const groups = laneGroups(channels);
  const alike = (lanes: number): number => count * groups.filter((n) => n === lanes).length;
  return fast
    ? { [`${of}16`]: alike(16), [`${of}8`]: alike(8), [`${of}4`]: alike(4) }
    : { [`${of}General`]: count * groups.length, [`${of}GeneralQuads`]: count * quadsOf(channels) };
}

const quadsOf = (channels: number): number => laneGroups(channels).reduce((sum, lanes) => sum + lanes / 4, 0);

/** Pairs of vectors that stay in registers (rv_dot_short_mve.c). */
function shortPairs(depth: number, channels: number, count: number): Features {
  const blocks = blocksOf(depth);
  return {
    shortPairs: count,
    shortBlocks: count * quadsOf(channels) * blocks,
    // Of one block, vectors are loaded once for all groups.
    shortLoads: blocks === 1 ? 0 : count * laneGroups(channels).length * blocks,
    ...groupFeatures('short', channels, true, count),
  };
}

/** Pairs of vectors that are reloaded for each quad (rv_dot_long_mve.c); of four blocks, half stay in registers. */
function longPairs(depth: number, channels: number, fast: boolean, count: number): Features {
  const blocks = blocksOf(depth);
  const quads = count * quadsOf(channels);
  return {
    longPairs: count,
    ...(blocks === 4
      ? { fourBlockQuads: quads }
      : { longQuads: quads, longBlocks: quads * blocks, longRounds: quads * Math.floor((blocks + 5) / 8) }),
    ...groupFeatures('long', channels, fast, count),
  };
}

function singleVectors(depth: number, channels: number, fast: boolean, count: number): Features {
  const passes = count * laneGroups(channels).reduce((sum, lanes) => sum + Math.ceil(lanes / 8), 0);
  return {
    singles: count,
    singlePasses: passes,
    singleBlocks: passes * blocksOf(depth),
    ...groupFeatures('single', channels, fast, count),
  };
}

/** Values of a slice that are computed at once. */
export interface SlicePart {
  readonly depth: number;
  readonly channels: number;
  /** Results are made, of all slices. */
  readonly results: boolean;
  readonly fast: boolean;
  readonly pairs: number;
  /** Computed as pairs, with their sums copied. */
  readonly singles: number;
}

/** Vectors of one part (rv_dot_slice_mve.c): the cores of shortPairs between sums, and results of the fast rounding. */
export function slicePairs({ depth, channels, results, fast, pairs, singles }: SlicePart): Features {
  const blocks = blocksOf(depth);
  const count = pairs + singles;
  const groups = count * laneGroups(channels).length;
  return {
    pairs: count,
    groups,
    blocks: count * quadsOf(channels) * blocks,
    loads: blocks === 1 ? 0 : groups * blocks,
    singleQuads: singles * quadsOf(channels),
    ...(results ? groupFeatures('results', channels, fast, count) : {}),
  };
}

/** What a run of rv_dot_s8_mve computes: `pairs` pairs of vectors and perhaps a single one. */
export interface DotRun {
  readonly depth: number;
  readonly channels: number;
  readonly fast: boolean;
  readonly pairs: number;
  readonly single: boolean;
}

/** `count` runs alike: runs by the code that they take, and what the assembly of their vectors does. */
export function dotRunFeatures({ depth, channels, fast, pairs, single }: DotRun, count: number): Features {
  const inShort = fast && blocksOf(depth) <= 3 && pairs > 0;
  return {
    ...(inShort ? { shortRuns: count } : { longRuns: count }),
    shortSingles: inShort && single ? count : 0,
    ...(inShort ? shortPairs(depth, channels, count * pairs) : longPairs(depth, channels, fast, count * pairs)),
    ...(single ? singleVectors(depth, channels, fast, count) : {}),
  };
}
