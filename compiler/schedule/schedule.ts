/**
 * A Schedule says in which order, in which pieces and into which storage the nodes run. The memory planner and the
 * code generator read nothing else; it is plain data, printed into plan.json and replayed from it.
 *
 *   Schedule
 *     Region  layer   one node, its whole output, in calls of rowsPerCall rows, first to last or last to first
 *             fused   several nodes: units connected by rings of rows, each evaluated in tiles
 *
 * A tensor that lives across regions is stored whole; inside a fused region it is a ring of rows or a tile.
 */

import type { NodeId } from '../ir/int8-graph.js';

export interface LayerRegion {
  readonly kind: 'layer';
  readonly node: NodeId;
  /** Kernel id. */
  readonly kernel: string;
  readonly rowsPerCall: number;
}

/**
 * Part of a fused region that is evaluated tile by tile: `rowsPerCall` rows of its last node's output at a time, in
 * tiles of `colsPerTile` columns. Between its nodes only a tile of each tensor exists: rows above and below a batch
 * are computed again (MCUNetV2's halo), columns to the left too, or kept when `slideColumns`. A unit of one node
 * recomputes nothing.
 *
 * A row stream is a region of one-node units; MCUNetV2's patches are a region of one unit; the mixtures lie between.
 */
export interface Unit {
  /** In topological order; all but the last one's outputs are read inside the unit only. */
  readonly nodes: readonly NodeId[];
  /** Kernel id of each node. */
  readonly kernels: readonly string[];
  readonly rowsPerCall: number;
  /** 0: the whole width. */
  readonly colsPerTile: number;
  readonly slideColumns: boolean;
  /**
   * Channels at a time of the tensors between the unit's first convolution and the pointwise one that sums them up in
   * int32 (channel-slices.ts); absent: all at once. Not with `slideColumns`: kept columns would be kept of every slice.
   */
  readonly sliceChannels?: number;
}

/**
 * Units run as soon as their input rows exist, the deepest first; between units a tensor is a ring of rows, as deep as
 * its slowest consumer needs (schedule/stream.ts computes it). A tensor that is read after the region is stored whole.
 */
export interface FusedRegion {
  readonly kind: 'fused';
  readonly units: readonly Unit[];
}

export type Region = LayerRegion | FusedRegion;

export interface Schedule {
  readonly kind: 'layer' | 'patch' | 'stream' | 'mixed';
  readonly input: 'resident' | 'streamed';
  readonly regions: readonly Region[];
}
