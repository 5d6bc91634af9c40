/**
 * Every unit that a search may use, with what it costs: runs of consecutive nodes, rows per batch, columns per tile.
 * Costs do not depend on the region around a unit, so they are computed once a network and shared by all regions.
 */

import {
  type Int8Graph,
  type Int8Node,
  type NodeId,
  type ValueId,
  valueOf,
  elementBytesOf,
  pixelBytesOf,
} from '../ir/int8-graph.js';
import { isReshape, operatorOf } from '../ir/operators/index.js';
import type { InstructionCosts } from '../schedule/instructions.js';
import { inputInterval, readsPaddingAlone } from '../schedule/receptive-field.js';
import type { Unit } from '../schedule/schedule.js';
import { feedsGlobalPool, readersOf } from '../schedule/stream.js';
import {
  type UnitCost,
  type UnitGeometry,
  backward,
  kernelNode,
  tileChannels,
  unitCost,
  unitGeometry,
} from '../schedule/unit.js';
import { channelSlices, summingNode } from '../schedule/channel-slices.js';
import type { Core } from '../machine/core.js';
import type { Kernel } from '../machine/kernel.js';
import { chooseKernel, kernelById, kernelsFor } from '../machine/kernel-table.js';
import { paretoOptimal } from './pareto-front.js';

export interface UnitOption {
  readonly unit: Unit;
  readonly first: NodeId;
  /** One past the last node. */
  readonly end: NodeId;
  /** Bytes of tiles and scratch that live while the unit works: shared by the units of a region, which take turns. */
  readonly workBytes: number;
  /** Bytes of the rings of its external inputs, where they are rings, for consumption by this unit. */
  readonly inputRings: readonly { readonly value: ValueId; readonly bytes: number }[];
  /** Bytes that its output's ring needs beyond its consumer's, because it writes `rowsPerCall` rows at once. */
  readonly outputRowsBytes: number;
  readonly executedMacs: number;
  readonly instructions: number;
}

export interface UnitTable {
  /** Options by first node. */
  readonly from: readonly (readonly UnitOption[])[];
}

export interface UnitSpace {
  readonly maxNodes: number;
  readonly rows: readonly number[];
  readonly cols: readonly number[];
  /** Into how many slices the channels inside a unit are cut, beside the whole. */
  readonly slices: readonly number[];
}

export const defaultSpace: UnitSpace = {
  maxNodes: 6,
  rows: [1, 2, 3, 4, 5, 6, 8, 10],
  cols: [1, 2, 4, 8],
  slices: [2, 4, 8],
};

const quickSpace: UnitSpace = { maxNodes: 6, rows: [1, 2, 4, 8], cols: [1, 4, 8], slices: [4] };

/** How much of the search's space is looked at. */
export type Effort = 'full' | 'quick';

export const spaceOf = (effort: Effort = 'full'): UnitSpace => (effort === 'quick' ? quickSpace : defaultSpace);

export function unitTable(graph: Int8Graph, costs: InstructionCosts, space: UnitSpace): UnitTable {
  const kernels = graph.nodes.map((n) => (isReshape(n.op) ? null : chooseKernel(n, graph, costs.core)));
  const readers = readersOf(graph);
  const outputs = new Set(graph.outputs.map((o) => o.value));
  const streaming = graph.nodes.map((node, id) => streams(graph, node, kernels[id]));
  const pooling = graph.nodes.map(
    (_, id) => streaming[id] && feedsGlobalPool(graph, unitGeometry(graph, oneNode(id, kernels[id]!, 1))),
  );
  const rowKernels = rowKernelsOf(graph, costs.core);
  const from = graph.nodes.map((node): UnitOption[] => {
    const options: UnitOption[] = [];
    for (let end = node.id + 1; end <= Math.min(graph.nodes.length, node.id + space.maxNodes); end++) {
      const nodes = range(node.id, end);
      if (!nodes.every((id) => streaming[id])) break;
      if (nodes.length > 1) {
        // Feeding a global pool row by row is a unit of its own.
        if (nodes.some((id) => pooling[id])) break;
        if (!nodes.slice(0, -1).every((id) => staysInside(graph, id, end, readers, outputs))) continue;
        if (!nodes.every((id) => tiles(graph, graph.nodes[id], id === nodes[0]))) break;
      }
      const height = valueOf(graph, graph.nodes[end - 1].output).shape.h;
      const width = valueOf(graph, graph.nodes[end - 1].output).shape.w;
      const rows = [...new Set(space.rows.map((r) => Math.min(r, height)))];
      const cols = nodes.length === 1 ? [0] : [...new Set([...space.cols.filter((c) => c < width), 0])];
      const slicings = channelSlicings(graph, costs.core, nodes, space.slices);
      const here: UnitOption[] = [];
      const sliced: UnitOption[] = [];
      for (const rowsPerCall of rows) {
        for (const colsPerTile of cols) {
          const unit: Unit = {
            nodes,
            kernels: nodes.map((id) => kernels[id]!.id),
            rowsPerCall,
            colsPerTile,
            slideColumns: colsPerTile > 0,
          };
          here.push(unitOption(graph, costs, unit));
          for (const slicing of slicings)
            sliced.push(unitOption(graph, costs, { ...unit, slideColumns: false, ...slicing }));
          const sparing = withLeastScratch(graph, rowKernels, unit);
          if (sparing !== null) here.push(unitOption(graph, costs, sparing));
        }
      }
      options.push(
        ...paretoOptimal(here, figuresOf),
        ...paretoOptimal([...here, ...sliced], figuresOf).filter((u) => u.unit.sliceChannels !== undefined),
      );
    }
    return options;
  });
  return { from };
}

const figuresOf = (u: UnitOption): readonly number[] => [
  u.workBytes,
  u.outputRowsBytes,
  u.executedMacs,
  u.instructions,
  ...u.inputRings.map((r) => r.bytes),
];

/** What a unit in slices of channels has of its own. */
type Slicing = Required<Pick<Unit, 'kernels' | 'sliceChannels'>>;

/** Nodes in so many slices of channels, as near as the kernels' granules allow; none where nothing sums up over slices. */
export function channelSlicings(
  graph: Int8Graph,
  core: Core,
  nodes: readonly NodeId[],
  counts: readonly number[],
): Slicing[] {
  if (counts.length === 0 || summingNode(graph, nodes) === null) return [];
  const total = valueOf(graph, graph.nodes[nodes[0]].output).shape.c;
  const granule = kernelsFor(core).find((kernel) => kernel.sliceGranule !== undefined)?.sliceGranule ?? 1;
  const widths = new Set(counts.map((n) => Math.ceil(total / n / granule) * granule).filter((width) => width < total));
  return [...widths].flatMap((sliceChannels) => {
    const kernels = kernelsOfSlices(graph, core, nodes, sliceChannels);
    return kernels === null ? [] : [{ sliceChannels, kernels }];
  });
}

/** The best kernels that take every slice; null where a node has none. */
function kernelsOfSlices(
  graph: Int8Graph,
  core: Core,
  ids: readonly NodeId[],
  sliceChannels: number,
): readonly string[] | null {
  const slices = channelSlices(graph, { nodes: ids, sliceChannels })!;
  const kernels = ids.map((id, k) => {
    const nodes =
      k > slices.sumsAt
        ? [{ node: graph.nodes[id], graph }]
        : Array.from({ length: slices.count }, (_, s) => ({
            node: slices.slice(s).nodes[k],
            graph: slices.slice(s).graph,
          }));
    return kernelsFor(core).find(
      (kernel) => kernel.calls === 'rows' && nodes.every((n) => kernel.accepts(n.node, n.graph)),
    );
  });
  return kernels.includes(undefined) ? null : kernels.map((kernel) => kernel!.id);
}

/** The unit with the kernels that need the least scratch for its calls; null where those are the unit's own. */
function withLeastScratch(
  graph: Int8Graph,
  rowKernels: (node: Int8Node) => readonly Kernel[],
  unit: Unit,
): Unit | null {
  if (unit.nodes.every((id) => rowKernels(graph.nodes[id]).every((kernel, _, all) => kernel.id === all[0].id)))
    return null;
  const g = unitGeometry(graph, unit);
  const { calls } = unitCost(graph, g);
  const kernels = g.nodes.map((node, k) => {
    const scratch = (kernel: Kernel): number => kernel.scratchBytes(node, graph, calls.get(node.output)!);
    return rowKernels(node).reduce(
      (least, kernel) => (scratch(kernel) < scratch(least) ? kernel : least),
      kernelById(unit.kernels[k]),
    ).id;
  });
  return kernels.every((id, k) => id === unit.kernels[k]) ? null : { ...unit, kernels };
}

/** The kernels that compute a node row by row, asked for once a node. */
function rowKernelsOf(graph: Int8Graph, core: Core): (node: Int8Node) => readonly Kernel[] {
  const known: (readonly Kernel[] | undefined)[] = [];
  return (node) =>
    (known[node.id] ??= kernelsFor(core).filter((kernel) => kernel.calls === 'rows' && kernel.accepts(node, graph)));
}

/** What one unit costs, whatever region it stands in. */
export function unitOption(graph: Int8Graph, costs: InstructionCosts, unit: Unit): UnitOption {
  const g = unitGeometry(graph, unit);
  const cost = unitCost(graph, g);
  const kernels = unit.kernels.map(kernelById);
  const outShape = valueOf(graph, g.output).shape;
  const pooled = feedsGlobalPool(graph, g);
  const { byNode, around } = costs.unit(g, kernels, cost);
  const rows = Math.min(unit.rowsPerCall, outShape.h);
  const inputRings = g.external.map((value) => ({ value, bytes: ringBytes(graph, g, value, rows, pooled) }));
  return {
    unit,
    first: unit.nodes[0],
    end: unit.nodes[unit.nodes.length - 1] + 1,
    workBytes: pooled ? 4 * outShape.c : workBytes(graph, g, kernels, cost),
    inputRings,
    outputRowsBytes: pooled ? 0 : (rows - 1) * outShape.w * pixelBytesOf(valueOf(graph, g.output)),
    executedMacs: cost.executedMacs,
    instructions: Math.round(byNode.reduce((sum, n) => sum + n, around)),
  };
}

/**
 * Tiles and scratch at the node where they take the most. A tile lives from the node that makes it to its last reader,
 * where columns are kept through all; scratch at its node, where it sums over slices from the unit's first on.
 */
function workBytes(graph: Int8Graph, g: UnitGeometry, kernels: readonly Kernel[], cost: UnitCost): number {
  const slides = g.unit.slideColumns && g.colsPerTile < valueOf(graph, g.output).shape.w;
  const scratch = g.nodes.map((node, k) => {
    const called = kernelNode(graph, g, k);
    return align4(kernels[k].scratchBytes(called.node, called.graph, cost.calls.get(node.output)!));
  });
  const sumsAt = g.slices?.sumsAt ?? -1;
  const bytes = g.nodes.map((_, k) => scratch[k] + (k < sumsAt ? scratch[sumsAt] : 0));
  g.nodes.forEach((node, made) => {
    const tile = cost.tiles.get(node.output);
    if (tile === undefined) return;
    const unit = elementBytesOf(valueOf(graph, node.output));
    const tileBytes = align4(tile.rows * tile.cols * tileChannels(graph, g, node.output) * unit);
    const read = g.nodes.findLastIndex((n) => n.inputs.includes(node.output));
    for (let k = slides ? 0 : made; k <= (slides ? g.nodes.length - 1 : read); k++) bytes[k] += tileBytes;
  });
  return Math.max(...bytes);
}

/** Rows of an input that one batch spans, at their most, as bytes. */
function ringBytes(graph: Int8Graph, g: UnitGeometry, value: ValueId, rows: number, pooled: boolean): number {
  const tensor = valueOf(graph, value);
  const rowBytes = tensor.shape.w * pixelBytesOf(tensor);
  if (pooled) return rowBytes;
  const height = valueOf(graph, g.output).shape.h;
  let span = 0;
  for (const y of [0, Math.floor(height / 2), Math.max(0, height - rows)]) {
    const w = backward(graph, g, 'h', y, Math.min(height, y + rows)).get(value);
    if (w !== undefined) span = Math.max(span, w.hi - w.lo);
  }
  return span * rowBytes;
}

/** Rows of a fused region are counted in uint16 (schedule/stream.ts); a layer takes any number. */
const countsRows = (graph: Int8Graph, node: Int8Node): boolean =>
  [...node.inputs, node.output].every((id) => valueOf(graph, id).shape.h <= 65535);

/** True where a node can be computed rows at a time from rows of its inputs. */
export function streams(graph: Int8Graph, node: Int8Node, kernel: Kernel | null): boolean {
  if (kernel === null || !countsRows(graph, node)) return false;
  // A float tail ends a network, in whole tensors.
  if (valueOf(graph, node.output).dtype === 'float32') return false;
  if (feedsGlobalPool(graph, unitGeometry(graph, oneNode(node.id, kernel, 1)))) return true;
  if (kernel.calls !== 'rows' || !operatorOf(node.op).byRows(node.op)) return false;
  const out = valueOf(graph, node.output).shape;
  if (out.h === 1) return false;
  // A row that needs the whole image (reflected pads, broadcasts of a row) cannot stream.
  return node.inputs.every((id, index) => {
    if (valueOf(graph, id).constant !== null) return true;
    const mid = Math.floor(out.h / 2);
    const need = inputInterval(node, graph, index, 'h', mid, mid + 1);
    return need.hi - need.lo < valueOf(graph, id).shape.h || valueOf(graph, id).shape.h === 1;
  });
}

/**
 * Whether a node can be part of a unit that walks tiles: its windows are affine and clipped, so that the generated code
 * computes them with a few constants, and each reads something of the tile before it (the unit's first node has none).
 */
export const tiles = (graph: Int8Graph, node: Int8Node, first: boolean): boolean =>
  operatorOf(node.op).tiles &&
  countsRows(graph, node) &&
  (first || !(['h', 'w'] as const).some((axis) => readsPaddingAlone(node, graph, axis)));

function staysInside(
  graph: Int8Graph,
  id: NodeId,
  end: NodeId,
  readers: ReadonlyMap<ValueId, readonly NodeId[]>,
  outputs: ReadonlySet<ValueId>,
): boolean {
  const value = graph.nodes[id].output;
  return !outputs.has(value) && (readers.get(value) ?? []).every((n) => n < end);
}

const oneNode = (id: NodeId, kernel: Kernel, rowsPerCall: number): Unit => ({
  nodes: [id],
  kernels: [kernel.id],
  rowsPerCall,
  colsPerTile: 0,
  slideColumns: false,
});
const range = (from: number, end: number): number[] => Array.from({ length: end - from }, (_, i) => from + i);
const align4 = (n: number): number => (n + 3) & ~3;
