/**
 * The windows of a unit (schedule.ts): from a batch of output rows and a tile of output columns back to what each
 * tensor inside must hold and what each tensor outside must have ready.
 */

import { type Int8Graph, type Int8Node, type ValueId, valueOf } from '../ir/int8-graph.js';
import { type Axis, type Interval, inputInterval } from './receptive-field.js';
import { type ChannelSlices, channelSlices } from './channel-slices.js';
import type { Unit } from './schedule.js';

/** One tile's columns of a tensor inside a unit: what the buffer holds, and from where on it is computed anew. */
export interface TileColumns {
  readonly lo: number;
  readonly hi: number;
  /** Columns [newFrom, hi) are computed, [lo, newFrom) were kept. */
  readonly newFrom: number;
}

export interface UnitGeometry {
  readonly unit: Unit;
  readonly nodes: readonly Int8Node[];
  /** The unit's own output. */
  readonly output: ValueId;
  /** Tensors made and used up inside. */
  readonly internal: readonly ValueId[];
  /** Tensors read from outside (constants left out). */
  readonly external: readonly ValueId[];
  readonly colsPerTile: number;
  /** Null: all channels at once. */
  readonly slices: ChannelSlices | null;
}

export function unitGeometry(graph: Int8Graph, unit: Unit): UnitGeometry {
  const nodes = unit.nodes.map((id) => graph.nodes[id]);
  const output = nodes[nodes.length - 1].output;
  const internal = nodes.slice(0, -1).map((n) => n.output);
  const made = new Set(internal);
  const external = new Set<ValueId>();
  for (const node of nodes) {
    for (const id of node.inputs) if (!made.has(id) && valueOf(graph, id).constant === null) external.add(id);
  }
  const width = valueOf(graph, output).shape.w;
  const colsPerTile = unit.colsPerTile > 0 ? Math.min(unit.colsPerTile, width) : width;
  return { unit, nodes, output, internal, external: [...external], colsPerTile, slices: channelSlices(graph, unit) };
}

/** Whether a unit's steps are called for columns, and not for whole rows: tensors stand between them, or tiles are narrower. */
export const walksTiles = (graph: Int8Graph, g: UnitGeometry): boolean =>
  g.nodes.length > 1 || g.colsPerTile < valueOf(graph, g.output).shape.w;

/** Times that node `k` of a unit is called for a tile: once for each slice of its channels. */
export const callsPerTile = (g: UnitGeometry, k: number): number =>
  g.slices !== null && k <= g.slices.sumsAt ? g.slices.count : 1;

/** Channels of an internal tensor's tile: of the widest slice, where it is sliced. */
export function tileChannels(graph: Int8Graph, g: UnitGeometry, value: ValueId): number {
  const k = g.nodes.findIndex((n) => n.output === value);
  const sliced = g.slices !== null && k < g.slices.sumsAt ? g.slices.slice(0).graph : graph;
  return valueOf(sliced, value).shape.c;
}

/** A node as its kernel sees it, with the graph it stands in: one of its slices (the first has the most channels), or all of it. */
export function kernelNode(
  graph: Int8Graph,
  g: UnitGeometry,
  k: number,
  slice = 0,
): { readonly node: Int8Node; readonly graph: Int8Graph } {
  if (g.slices === null || k > g.slices.sumsAt) return { node: g.nodes[k], graph };
  const { nodes, graph: sliced } = g.slices.slice(slice);
  return { node: nodes[k], graph: sliced };
}

/**
 * Windows along one axis for output positions [lo, hi): of every internal and external tensor. An interval of an
 * external tensor is what must be available; of an internal one what is computed.
 */
export function backward(
  graph: Int8Graph,
  g: UnitGeometry,
  axis: Axis,
  lo: number,
  hi: number,
): Map<ValueId, Interval> {
  const windows = new Map<ValueId, Interval>([[g.output, { lo, hi }]]);
  for (let k = g.nodes.length - 1; k >= 0; k--) {
    const node = g.nodes[k];
    const out = windows.get(node.output);
    if (out === undefined) continue;
    node.inputs.forEach((id, index) => {
      if (valueOf(graph, id).constant !== null) return;
      const need = inputInterval(node, graph, index, axis, out.lo, out.hi);
      if (need.lo === need.hi) return;
      const old = windows.get(id);
      windows.set(id, old === undefined ? need : { lo: Math.min(old.lo, need.lo), hi: Math.max(old.hi, need.hi) });
    });
  }
  return windows;
}

/** The column windows of every tile of a unit, left to right. */
export function tileColumns(graph: Int8Graph, g: UnitGeometry): Map<ValueId, TileColumns>[] {
  const width = valueOf(graph, g.output).shape.w;
  const tiles: Map<ValueId, TileColumns>[] = [];
  const internal = new Set(g.internal);
  const doneTo = new Map<ValueId, number>();
  for (let x = 0; x < width; x += g.colsPerTile) {
    const tile = new Map<ValueId, TileColumns>();
    tile.set(g.output, { lo: x, hi: Math.min(width, x + g.colsPerTile), newFrom: x });
    for (let k = g.nodes.length - 1; k >= 0; k--) {
      const node = g.nodes[k];
      const out = tile.get(node.output);
      if (out === undefined || out.newFrom >= out.hi) continue;
      node.inputs.forEach((id, index) => {
        if (valueOf(graph, id).constant !== null) return;
        const need = inputInterval(node, graph, index, 'w', out.newFrom, out.hi);
        const old = tile.get(id);
        const kept = g.unit.slideColumns ? (doneTo.get(id) ?? 0) : 0;
        const lo = old === undefined ? need.lo : Math.min(old.lo, need.lo);
        // What one reader took early stays until the others have come to it.
        const hi = Math.max(old?.hi ?? 0, need.hi, internal.has(id) ? kept : 0);
        tile.set(id, { lo, hi, newFrom: Math.min(hi, Math.max(lo, kept)) });
      });
    }
    for (const id of g.internal) {
      const t = tile.get(id);
      if (t !== undefined) doneTo.set(id, Math.max(t.hi, doneTo.get(id) ?? 0));
    }
    tiles.push(tile);
  }
  return tiles;
}

/** How often a window of so many rows (columns) occurs: counts by extent. */
export type Extents = ReadonlyMap<number, number>;

export interface UnitCost {
  /** Most rows and columns that a call computes, by output: of a tile that keeps columns fewer than it holds. */
  readonly calls: ReadonlyMap<ValueId, { readonly rows: number; readonly cols: number }>;
  /** Most rows and columns that an internal tensor's tile holds. */
  readonly tiles: ReadonlyMap<ValueId, { readonly rows: number; readonly cols: number }>;
  /** Executed multiply-accumulates, recomputation included. */
  readonly executedMacs: number;
  /** Positions computed of each node's output, as a multiple of the tensor (1 = nothing twice), by node. */
  readonly recompute: readonly number[];
  /** Rows computed of each node's output, over the unit's batches; columns, over the tiles of a batch. */
  readonly rowExtents: ReadonlyMap<ValueId, Extents>;
  readonly colExtents: ReadonlyMap<ValueId, Extents>;
  /** Columns moved to the front of each internal tensor's tile, over the tiles of a batch. */
  readonly keptExtents: ReadonlyMap<ValueId, Extents>;
}

/** Of one axis: windows of the tensors that a unit makes, over its batches or over the tiles of a batch. */
interface AxisCost {
  /** Most positions that an internal tensor's tile holds, and the sum of those computed. */
  readonly held: ReadonlyMap<ValueId, { readonly max: number; readonly sum: number }>;
  readonly extents: ReadonlyMap<ValueId, Extents>;
  readonly kept: ReadonlyMap<ValueId, Extents>;
}

/** What the axes of units cost, by graph: the search combines every number of rows with every number of columns. */
const axisCosts = new WeakMap<Int8Graph, Map<string, AxisCost>>();

function memoised(graph: Int8Graph, key: string, make: () => AxisCost): AxisCost {
  let known = axisCosts.get(graph);
  if (known === undefined) axisCosts.set(graph, (known = new Map()));
  let cost = known.get(key);
  if (cost === undefined) known.set(key, (cost = make()));
  return cost;
}

/** Tile sizes and executed MACs of a unit over the whole image: O(rows + columns) windows, once for each axis. */
export function unitCost(graph: Int8Graph, g: UnitGeometry): UnitCost {
  const { nodes, rowsPerCall, slideColumns } = g.unit;
  const rows = memoised(graph, `h ${nodes.join()} ${rowsPerCall}`, () => rowCost(graph, g));
  const cols = memoised(graph, `w ${nodes.join()} ${g.colsPerTile} ${slideColumns}`, () => columnCost(graph, g));
  const tiles = new Map<ValueId, { rows: number; cols: number }>();
  for (const id of g.internal) tiles.set(id, { rows: rows.held.get(id)?.max ?? 0, cols: cols.held.get(id)?.max ?? 0 });
  const calls = new Map(
    g.nodes.map(({ output }) => [
      output,
      { rows: largest(rows.extents.get(output)), cols: largest(cols.extents.get(output)) },
    ]),
  );
  let executedMacs = 0;
  const recompute = g.nodes.map((node) => {
    const shape = valueOf(graph, node.output).shape;
    const factor =
      node.output === g.output
        ? 1
        : ((rows.held.get(node.output)?.sum ?? 0) * (cols.held.get(node.output)?.sum ?? 0)) / (shape.h * shape.w);
    executedMacs += node.macs * factor;
    return factor;
  });
  return {
    calls,
    tiles,
    executedMacs: Math.round(executedMacs),
    recompute,
    rowExtents: rows.extents,
    colExtents: cols.extents,
    keptExtents: cols.kept,
  };
}

const largest = (extents: Extents | undefined): number => Math.max(0, ...(extents?.keys() ?? []));

/** Collects an axis. */
class AxisCount implements AxisCost {
  readonly held = new Map<ValueId, { max: number; sum: number }>();
  readonly extents = new Map<ValueId, Map<number, number>>();
  readonly kept = new Map<ValueId, Map<number, number>>();

  count(into: Map<ValueId, Map<number, number>>, id: ValueId, extent: number): void {
    let extents = into.get(id);
    if (extents === undefined) into.set(id, (extents = new Map()));
    extents.set(extent, (extents.get(extent) ?? 0) + 1);
  }

  grow(id: ValueId, held: number, computed: number): void {
    const old = this.held.get(id);
    if (old === undefined) {
      this.held.set(id, { max: Math.max(0, held), sum: computed });
      return;
    }
    old.max = Math.max(old.max, held);
    old.sum += computed;
  }
}

function rowCost(graph: Int8Graph, g: UnitGeometry): AxisCost {
  const axis = new AxisCount();
  const height = valueOf(graph, g.output).shape.h;
  for (let y = 0; y < height; y += g.unit.rowsPerCall) {
    const end = Math.min(height, y + g.unit.rowsPerCall);
    const windows = backward(graph, g, 'h', y, end);
    for (const id of g.internal) {
      const w = windows.get(id);
      if (w === undefined) continue;
      axis.grow(id, w.hi - w.lo, w.hi - w.lo);
      axis.count(axis.extents, id, w.hi - w.lo);
    }
    axis.count(axis.extents, g.output, end - y);
  }
  return axis;
}

function columnCost(graph: Int8Graph, g: UnitGeometry): AxisCost {
  const axis = new AxisCount();
  let before: ReadonlyMap<ValueId, TileColumns> = new Map();
  for (const tile of tileColumns(graph, g)) {
    const output = tile.get(g.output)!;
    axis.count(axis.extents, g.output, output.hi - output.lo);
    for (const id of g.internal) {
      const t = tile.get(id);
      if (t === undefined) continue;
      axis.grow(id, t.hi - t.lo, t.hi - t.newFrom);
      axis.count(axis.extents, id, t.hi - t.newFrom);
      if (t.newFrom > t.lo && t.lo > (before.get(id)?.lo ?? t.lo)) axis.count(axis.kept, id, t.newFrom - t.lo);
    }
    before = tile;
  }
  return axis;
}
