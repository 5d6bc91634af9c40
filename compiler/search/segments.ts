/**
 * The schedules that are searched: where a network may be cut, and what may run from cut to cut, layers or a fused
 * region. A cut is legal anywhere (a tensor that crosses it is stored whole); it is worth trying where few bytes cross.
 */

import { isReshape } from '../ir/operators/index.js';
import { type Int8Graph, type Int8Node, type ValueId, valueOf } from '../ir/int8-graph.js';
import { LayerDistances } from '../memory/overlap.js';
import { InstructionCosts } from '../schedule/instructions.js';
import { layerRegion, layerRegions } from '../schedule/layer.js';
import type { LayerRegion } from '../schedule/schedule.js';
import type { Core } from '../machine/core.js';
import { kernelById, kernelsFor } from '../machine/kernel-table.js';
import { layerPeakBytes } from './layer-peak.js';
import { type Liveness, liveness } from './liveness.js';
import { type Effort, spaceOf, type UnitSpace, type UnitTable, unitTable } from './unit-table.js';

export interface SearchOptions {
  readonly core: Core;
  readonly input: 'resident' | 'streamed';
  readonly keepInput: boolean;
  readonly space?: UnitSpace;
  /** quick: fewer units, prices and caps to choose from, a few per cent above what the full search finds. */
  readonly effort?: Effort;
  /** Called with the share of the network that has been looked at, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Longest fused region, in nodes. */
  readonly maxRegionNodes?: number;
}

/** A network as the search sees it. */
export interface SearchSpace {
  readonly graph: Int8Graph;
  readonly options: SearchOptions;
  readonly live: Liveness;
  readonly costs: InstructionCosts;
  readonly distances: LayerDistances;
  /** The network input that is pushed row by row, or null. */
  readonly streamed: ValueId | null;
  /** Positions between nodes, from 0 to their number. */
  readonly cuts: readonly number[];
  readonly table: UnitTable;
}

export function searchSpace(graph: Int8Graph, options: SearchOptions): SearchSpace {
  const live = liveness(graph, options.keepInput);
  const costs = new InstructionCosts(graph, options.core);
  const streamed = options.input === 'streamed' ? graph.inputs[0].value : null;
  return {
    graph,
    options,
    live,
    costs,
    distances: new LayerDistances(graph),
    streamed,
    cuts: cutPositions(graph, live, streamed),
    table: unitTable(graph, costs, options.space ?? spaceOf(options.effort)),
  };
}

/** Nodes [first, end) from cut to cut, and the ways to run them. */
export interface Segment {
  readonly first: number;
  readonly end: number;
  /** Empty where they cannot run layer by layer, or where shorter segments say as much. */
  readonly layers: readonly LayerRun[];
  /** Null where they cannot be one fused region. */
  readonly region: RegionSpace | null;
}

export interface LayerRun {
  readonly regions: readonly LayerRegion[];
  readonly executedMacs: number;
  readonly instructions: number;
  readonly peakBytes: number;
}

export interface RegionSpace {
  /** The network input, where its rows are pushed into the region. */
  readonly streamed: ValueId | null;
  /** Whether a value is a ring inside the region. */
  readonly isRing: (id: ValueId) => boolean;
  /** Whole tensors around it, at their least. */
  readonly wholeBytes: number;
}

/** By their first node. */
export function* segments(space: SearchSpace): Iterable<Segment> {
  const { graph, options, streamed, cuts } = space;
  const best = new Map(layerRegions(graph, options.core).map((r) => [r.node, r]));
  for (let a = 0; a < cuts.length; a++) {
    for (let b = a + 1; b < cuts.length; b++) {
      const first = cuts[a];
      const end = cuts[b];
      const neighbours = b === a + 1;
      if (!neighbours && end - first > (options.maxRegionNodes ?? 24)) break;
      const takesLayers = neighbours && !(first === 0 && streamed !== null);
      yield {
        first,
        end,
        layers: takesLayers ? layerRuns(space, best, first, end) : [],
        region: regionSpace(space, first, end),
      };
    }
  }
}

/** Positions between nodes where no more bytes cross than just before; the first and the last always. */
function cutPositions(graph: Int8Graph, live: Liveness, streamed: ValueId | null): number[] {
  const crossing = (k: number): number =>
    live
      .liveAt(k)
      .filter((v) => v !== streamed)
      .reduce((s, v) => s + live.bytes(v), 0);
  const cuts = [0];
  for (let k = 1; k < graph.nodes.length; k++) if (crossing(k) <= crossing(k - 1) || k === 1) cuts.push(k);
  cuts.push(graph.nodes.length);
  return cuts;
}

function regionSpace({ graph, live, streamed }: SearchSpace, first: number, end: number): RegionSpace | null {
  const reads = streamed !== null && graph.nodes.slice(first, end).some((n) => n.inputs.includes(streamed));
  if (streamed !== null && first > 0 && reads) return null;
  if (streamed !== null && first === 0 && live.lastRead(streamed) >= end) return null;
  const isRing = (id: ValueId): boolean =>
    (reads && id === streamed) || (live.madeBy(id) >= first && live.madeBy(id) < end && live.lastRead(id) < end);
  return { streamed: reads ? streamed : null, isRing, wholeBytes: leastWholeBytes(graph, live, first, end, streamed) };
}

/** Whole tensors around a region at their least: its outputs may overlap the inputs that die in it. */
function leastWholeBytes(
  graph: Int8Graph,
  live: Liveness,
  first: number,
  end: number,
  streamed: ValueId | null,
): number {
  let staying = 0;
  let dying = 0;
  for (const id of live.liveAt(first)) {
    if (id === streamed) continue;
    if (live.lastRead(id) < end) dying += live.bytes(id);
    else staying += live.bytes(id);
  }
  let made = 0;
  for (const node of graph.nodes.slice(first, end)) {
    if (!isReshape(node.op) && live.lastRead(node.output) >= end) made += live.bytes(node.output);
  }
  return staying + Math.max(dying, made);
}

/** Layers with the best kernels; and with those that take the least SRAM, where that is less. */
function layerRuns(space: SearchSpace, best: ReadonlyMap<number, LayerRegion>, first: number, end: number): LayerRun[] {
  const { graph, options } = space;
  const run = layerRun(space, best, first, end);
  const sparing = new Map(best);
  for (const node of graph.nodes.slice(first, end)) {
    const layer = best.get(node.id);
    // Only where scratch may be what makes the peak.
    if (layer === undefined || peakOf(space, node, layer) < run.peakBytes || scratchBytes(graph, node, layer) === 0)
      continue;
    const others = kernelsFor(options.core)
      .filter((kernel) => kernel.accepts(node, graph))
      .map((kernel) => layerRegion(graph, node, kernel));
    sparing.set(
      node.id,
      others.reduce((least, other) => (peakOf(space, node, other) < peakOf(space, node, least) ? other : least), layer),
    );
  }
  const least = layerRun(space, sparing, first, end);
  return least.peakBytes < run.peakBytes ? [run, least] : [run];
}

const peakOf = ({ graph, live, distances }: SearchSpace, node: Int8Node, layer: LayerRegion): number =>
  layerPeakBytes(graph, live, distances, node, kernelById(layer.kernel), layer.rowsPerCall);

const scratchBytes = (graph: Int8Graph, node: Int8Node, layer: LayerRegion): number =>
  kernelById(layer.kernel).scratchBytes(node, graph, {
    rows: layer.rowsPerCall,
    cols: valueOf(graph, node.output).shape.w,
  });

function layerRun(space: SearchSpace, layers: ReadonlyMap<number, LayerRegion>, first: number, end: number): LayerRun {
  const nodes = space.graph.nodes.slice(first, end);
  let instructions = 0;
  let peakBytes = 0;
  for (const node of nodes) {
    const layer = layers.get(node.id);
    if (layer === undefined) continue;
    instructions += space.costs.layer(kernelById(layer.kernel), node, layer.rowsPerCall);
    peakBytes = Math.max(peakBytes, peakOf(space, node, layer));
  }
  return {
    regions: nodes.flatMap((n) => layers.get(n.id) ?? []),
    executedMacs: nodes.reduce((sum, n) => sum + n.macs, 0),
    instructions,
    peakBytes,
  };
}
