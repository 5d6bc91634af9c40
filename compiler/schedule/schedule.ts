/**
 * A Schedule says in which order, in which pieces and into which storage the nodes run. The memory planner and the
 * code generator read nothing else; it is plain data, printed into plan.json and replayed from it.
 *
 *   Schedule
 *     Region  layer   one node, its whole output, in calls of rowsPerCall rows, first to last or last to first
 *             fused   several nodes, tile by tile (rows or patches)
 *
 * A tensor that lives across regions is stored whole; inside a fused region it is a ring of rows or a tile.
 */

import type { NodeId, ValueId } from '../ir/int8-graph.js';

export interface LayerRegion {
  readonly kind: 'layer';
  readonly node: NodeId;
  /** Kernel id. */
  readonly kernel: string;
  readonly rowsPerCall: number;
}

/** Storage of a tensor inside a fused region. */
export interface TileStorage {
  readonly value: ValueId;
  /** Rows of the ring (keep the halo); 0: a tile of `tileRows` x `tileCols` (recompute the halo). */
  readonly ringRows: number;
  readonly tileRows: number;
  readonly tileCols: number;
}

export interface FusedCall {
  readonly node: NodeId;
  readonly kernel: string;
  readonly rowsPerCall: number;
}

/**
 * Tiles of tileRows x tileCols of the region's last output, row by row. Each tensor's demand follows by the
 * receptive-field calculus; with a ring the rows already computed are kept.
 */
export interface FusedRegion {
  readonly kind: 'stream' | 'patch';
  readonly calls: readonly FusedCall[];
  readonly storage: readonly TileStorage[];
  readonly tileRows: number;
  readonly tileCols: number;
}

export type Region = LayerRegion | FusedRegion;

export interface Schedule {
  readonly kind: 'layer' | 'patch' | 'stream' | 'mixed';
  readonly input: 'resident' | 'streamed';
  readonly regions: readonly Region[];
}
