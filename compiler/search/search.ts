/**
 * Finds the schedule: where to cut the network into regions, which regions run fused and how, under an SRAM budget or
 * for the least SRAM. A cut is legal anywhere (a tensor that crosses it is stored whole); it is worth trying where
 * few bytes cross. Given candidates for every region, the best partition is a shortest path, so the result is optimal
 * among them; peaks are exact, computed only for candidates that a path uses.
 */

import { type Int8Graph, type Int8Node, type ValueId, valueOf } from '../ir/int8-graph.js';
import { LayerDistances } from '../memory/overlap.js';
import type { FusedRegion, LayerRegion, Region, Schedule } from '../schedule/schedule.js';
import { InstructionCosts } from '../schedule/instructions.js';
import { layerRegion } from '../schedule/layer.js';
import type { Core } from '../target/core.js';
import type { Kernel } from '../target/kernel.js';
import { kernelById, kernelsFor } from '../target/kernel-table.js';
import { layerPeakBytes } from './layer-peak.js';
import { type Liveness, liveness } from './liveness.js';
import { type RegionCandidate, RegionFronts } from './region-front.js';
import { regionPeakBytes } from './region-peak.js';
import { type UnitSpace, defaultSpace, unitTable } from './unit-table.js';

export interface SearchOptions {
  readonly core: Core;
  readonly choose: (node: Int8Node) => Kernel;
  readonly layers: (graph: Int8Graph) => readonly LayerRegion[];
  readonly input: 'resident' | 'streamed';
  readonly keepInput: boolean;
  readonly space?: UnitSpace;
  /** Longest fused region, in nodes. */
  readonly maxRegionNodes?: number;
}

export interface Candidate {
  readonly schedule: Schedule;
  /** Estimate; the placement decides. */
  readonly peakBytes: number;
  readonly executedMacs: number;
  readonly instructions: number;
}

/** One way from cut to cut. */
interface Edge {
  readonly from: number;
  readonly to: number;
  readonly executedMacs: number;
  readonly instructions: number;
  /** Lower than the true peak until `exact`. */
  peakBytes: number;
  exact: boolean;
  /** Some unit cuts its channels into slices. */
  readonly sliced: boolean;
  readonly regions: () => readonly Region[];
  readonly measure: () => number;
}

/** What a path minimises: MACs when `macsWeight` is Infinity, else instructions + macsWeight * MACs. */
type MacsWeight = number;
/** In instructions, beside its own. */
const dearMac = 16;

export class ScheduleSearch {
  private readonly cuts: readonly number[];
  private edges: readonly Edge[];
  private edgesFrom: ReadonlyMap<number, readonly Edge[]>;
  private readonly graph: Int8Graph;
  private readonly options: SearchOptions;

  constructor(graph: Int8Graph, options: SearchOptions) {
    this.graph = graph;
    this.options = options;
    const live = liveness(graph, options.keepInput);
    this.cuts = cutPositions(graph, live, streamedInput(graph, options));
    this.edges = buildEdges(graph, options, live, this.cuts);
    this.edgesFrom = edgesByStart(this.cuts, this.edges);
  }

  /** The same search among schedules that cut no channels into slices, sharing what is known; null where none does. */
  withoutSlices(): ScheduleSearch | null {
    const edges = this.edges.filter((e) => !e.sliced);
    if (edges.length === this.edges.length) return null;
    const search = Object.create(ScheduleSearch.prototype) as ScheduleSearch;
    return Object.assign(search, this, { edges, edgesFrom: edgesByStart(this.cuts, edges) });
  }

  /**
   * Least instructions with every region's peak within the budget and at most `macsLimit` executed MACs; null where
   * nothing fits. With a limit on MACs the least is sought over weighted sums: on the convex hull, not below it.
   */
  cheapest(budgetBytes: number, macsLimit = Infinity): Candidate | null {
    const free = this.path(budgetBytes, 0);
    if (free === null || free.executedMacs <= macsLimit) return free;
    let best = this.path(budgetBytes, Infinity);
    if (best === null || best.executedMacs > macsLimit) return null;
    for (let weight = 64; weight >= 1 / 64; weight /= 2) {
      const c = this.path(budgetBytes, weight);
      if (c === null || c.executedMacs > macsLimit) break;
      if (c.instructions < best.instructions) best = c;
    }
    return best;
  }

  /** Least MACs with every region's peak within the budget; null where nothing fits. */
  frugal(budgetBytes: number): Candidate | null {
    return this.path(budgetBytes, Infinity);
  }

  /** Least peak with at most `macsLimit` executed MACs and `instructionsLimit` instructions; null where nothing meets them. */
  smallest(macsLimit: number, instructionsLimit: number): Candidate | null {
    let best: Candidate | null = null;
    let lo = 0;
    let hi = Math.max(0, ...this.edges.map((e) => e.peakBytes)) * 2;
    while (lo <= hi) {
      const mid = Math.floor((lo + hi) / 2);
      // The path of the least MACs is cheap to find; only where it is too slow is a quicker one sought.
      const frugal = this.frugal(mid);
      const meets = frugal !== null && frugal.executedMacs <= macsLimit;
      const c = meets && frugal.instructions > instructionsLimit ? this.cheapest(mid, macsLimit) : frugal;
      if (meets && c !== null && c.instructions <= instructionsLimit) {
        best = c;
        hi = Math.min(mid, c.peakBytes) - 1;
      } else {
        lo = mid + 1;
      }
    }
    return best === null ? null : this.cheapest(best.peakBytes, macsLimit) ?? best;
  }

  /**
   * From the least instructions to the smallest peaks, each about `step` smaller than the one before; and again where a
   * MAC computed twice is dear.
   */
  front(step: number): Candidate[] {
    const found: Candidate[] = [];
    for (const weight of [0, dearMac]) {
      for (let c = this.path(Infinity, weight); c !== null;) {
        found.push(c);
        c = this.path(Math.min(c.peakBytes - 1, Math.floor(c.peakBytes * (1 - step))), weight);
      }
    }
    return found;
  }

  /** Shortest path whose every edge has an exact peak within the budget. */
  private path(budgetBytes: number, weight: MacsWeight): Candidate | null {
    for (;;) {
      const path = shortestPath(this.graph.nodes.length, this.cuts, this.edgesFrom, budgetBytes, weight);
      if (path === null) return null;
      const guessed = path.filter((e) => !e.exact);
      for (const e of guessed) {
        e.peakBytes = e.measure();
        e.exact = true;
      }
      if (guessed.length === 0) return this.candidate(path);
    }
  }

  private candidate(path: readonly Edge[]): Candidate {
    const regions = path.flatMap((e) => e.regions());
    const fused = regions.filter((r): r is FusedRegion => r.kind === 'fused');
    const patches = fused.some((r) => r.units.some((u) => u.nodes.length > 1));
    return {
      schedule: { kind: fused.length === 0 ? 'layer' : patches ? 'mixed' : 'stream', input: this.options.input, regions },
      peakBytes: Math.max(...path.map((e) => e.peakBytes)),
      executedMacs: path.reduce((s, e) => s + e.executedMacs, 0),
      instructions: path.reduce((s, e) => s + e.instructions, 0),
    };
  }
}

function edgesByStart(cuts: readonly number[], edges: readonly Edge[]): ReadonlyMap<number, readonly Edge[]> {
  const from = new Map<number, Edge[]>(cuts.map((at) => [at, []]));
  for (const e of edges) from.get(e.from)!.push(e);
  return from;
}

export const streamedInput = (graph: Int8Graph, options: SearchOptions): ValueId | null =>
  options.input === 'streamed' ? graph.inputs[0].value : null;

/** Positions between nodes where no more bytes cross than just before; the first and the last always. */
export function cutPositions(graph: Int8Graph, live: Liveness, streamed: ValueId | null): number[] {
  const crossing = (k: number): number => live.liveAt(k).filter((v) => v !== streamed).reduce((s, v) => s + live.bytes(v), 0);
  const cuts = [0];
  for (let k = 1; k < graph.nodes.length; k++) if (crossing(k) <= crossing(k - 1) || k === 1) cuts.push(k);
  cuts.push(graph.nodes.length);
  return cuts;
}

function buildEdges(graph: Int8Graph, options: SearchOptions, live: Liveness, cuts: readonly number[]): Edge[] {
  const costs = new InstructionCosts(graph, options.core);
  const fronts = new RegionFronts(unitTable(graph, costs, options.choose, options.space ?? defaultSpace));
  const layers = new Map(options.layers(graph).map((r) => [r.node, r]));
  const streamed = streamedInput(graph, options);
  const distances = new LayerDistances(graph);
  const edges: Edge[] = [];
  for (let a = 0; a < cuts.length; a++) {
    for (let b = a + 1; b < cuts.length; b++) {
      const first = cuts[a];
      const end = cuts[b];
      const rings = regionRings(graph, options, live, first, end, b === a + 1);
      if (rings === 'longer than any') break;
      if (b === a + 1 && !(first === 0 && streamed !== null)) edges.push(...layerEdges(graph, options, costs, live, distances, layers, first, end));
      if (rings === null) continue;
      const wholeBytes = leastWholeBytes(graph, live, first, end, streamed);
      for (const c of fronts.of(first, end, rings.isRing)) {
        edges.push(fusedEdge(graph, costs, live, first, end, c, rings.streamed, wholeBytes));
      }
    }
  }
  return edges;
}

interface RegionRings {
  /** The network input, where its rows are pushed into the region. */
  readonly streamed: ValueId | null;
  /** Whether a value is a ring inside the region. */
  readonly isRing: (id: ValueId) => boolean;
}

/** What is a ring where [first, end) is one fused region; null where it cannot be one. Between neighbouring cuts it may be of any length. */
export function regionRings(
  graph: Int8Graph, options: SearchOptions, live: Liveness, first: number, end: number, neighbours: boolean,
): RegionRings | 'longer than any' | null {
  if (!neighbours && end - first > (options.maxRegionNodes ?? 24)) return 'longer than any';
  const streamed = streamedInput(graph, options);
  const reads = streamed !== null && graph.nodes.slice(first, end).some((n) => n.inputs.includes(streamed));
  if (streamed !== null && first > 0 && reads) return null;
  if (streamed !== null && first === 0 && live.lastRead(streamed) >= end) return null;
  const isRing = (id: ValueId): boolean =>
    (reads && id === streamed) || (live.madeBy(id) >= first && live.madeBy(id) < end && live.lastRead(id) < end);
  return { streamed: reads ? streamed : null, isRing };
}

/** Layers with the best kernels; and with those that take the least SRAM, where that is less. */
export function layerEdges(
  graph: Int8Graph, options: SearchOptions, costs: InstructionCosts, live: Liveness, distances: LayerDistances,
  layers: ReadonlyMap<number, LayerRegion>, first: number, end: number,
): Edge[] {
  const best = layerEdge(graph, costs, live, distances, layers, first, end);
  const peakBytes = (node: Int8Node, layer: LayerRegion): number => layerPeakBytes(graph, live, distances, node, kernelById(layer.kernel), layer.rowsPerCall);
  const sparing = new Map(layers);
  for (const node of graph.nodes.slice(first, end)) {
    const layer = layers.get(node.id);
    // Only where scratch may be what makes the peak.
    if (layer === undefined || peakBytes(node, layer) < best.peakBytes || scratchBytes(graph, node, layer) === 0) continue;
    const others = kernelsFor(options.core).filter((kernel) => kernel.accepts(node, graph)).map((kernel) => layerRegion(graph, node, kernel));
    sparing.set(node.id, others.reduce((least, other) => (peakBytes(node, other) < peakBytes(node, least) ? other : least), layer));
  }
  const least = layerEdge(graph, costs, live, distances, sparing, first, end);
  return least.peakBytes < best.peakBytes ? [best, least] : [best];
}

const scratchBytes = (graph: Int8Graph, node: Int8Node, layer: LayerRegion): number =>
  kernelById(layer.kernel).scratchBytes(node, graph, { rows: layer.rowsPerCall, cols: valueOf(graph, node.output).shape.w });

function layerEdge(
  graph: Int8Graph, costs: InstructionCosts, live: Liveness, distances: LayerDistances,
  layers: ReadonlyMap<number, LayerRegion>, first: number, end: number,
): Edge {
  const nodes = graph.nodes.slice(first, end);
  let instructions = 0;
  let peakBytes = 0;
  for (const node of nodes) {
    const layer = layers.get(node.id);
    if (layer === undefined) continue;
    const kernel = kernelById(layer.kernel);
    instructions += costs.layer(kernel, node, layer.rowsPerCall);
    peakBytes = Math.max(peakBytes, layerPeakBytes(graph, live, distances, node, kernel, layer.rowsPerCall));
  }
  return {
    from: first, to: end, instructions, peakBytes, exact: true, sliced: false,
    executedMacs: nodes.reduce((s, n) => s + n.macs, 0),
    regions: () => nodes.flatMap((n) => layers.get(n.id) ?? []),
    measure: () => peakBytes,
  };
}

/** Whole tensors around a region at their least: its outputs may overlap the inputs that die in it. */
export function leastWholeBytes(graph: Int8Graph, live: Liveness, first: number, end: number, streamed: ValueId | null): number {
  let staying = 0;
  let dying = 0;
  for (const id of live.liveAt(first)) {
    if (id === streamed) continue;
    if (live.lastRead(id) < end) dying += live.bytes(id);
    else staying += live.bytes(id);
  }
  let made = 0;
  for (const node of graph.nodes.slice(first, end)) {
    if (node.op.kind !== 'reshape' && live.lastRead(node.output) >= end) made += live.bytes(node.output);
  }
  return staying + Math.max(dying, made);
}

function fusedEdge(
  graph: Int8Graph, costs: InstructionCosts, live: Liveness, first: number, end: number, c: RegionCandidate, streamed: ValueId | null, wholeBytes: number,
): Edge {
  const region: FusedRegion = { kind: 'fused', units: c.units.map((u) => u.unit) };
  return {
    from: first, to: end, executedMacs: c.executedMacs,
    instructions: c.instructions + costs.region(region.units, streamed),
    // The model counts a residual's ring once a reader: at times a little too deep, hence the discount.
    peakBytes: wholeBytes + 0.85 * c.modelBytes, exact: false, sliced: region.units.some((u) => u.sliceChannels !== undefined),
    regions: () => [region],
    measure: () => regionPeakBytes(graph, live, first, end, c.units, streamed),
  };
}

function shortestPath(end: number, cuts: readonly number[], edges: ReadonlyMap<number, readonly Edge[]>, budget: number, weight: MacsWeight): Edge[] | null {
  // Instructions break ties between equal MACs.
  const costOf = (e: Edge): number => (weight === Infinity ? e.executedMacs + e.instructions * 1e-6 : e.instructions + weight * e.executedMacs);
  const cost = new Map<number, number>([[0, 0]]);
  const via = new Map<number, Edge>();
  for (const at of cuts) {
    const base = cost.get(at);
    if (base === undefined) continue;
    for (const e of edges.get(at) ?? []) {
      if (e.peakBytes > budget) continue;
      const c = base + costOf(e);
      if (c < (cost.get(e.to) ?? Infinity)) {
        cost.set(e.to, c);
        via.set(e.to, e);
      }
    }
  }
  if (!cost.has(end)) return null;
  const path: Edge[] = [];
  for (let at = end; at > 0;) {
    const e = via.get(at)!;
    path.unshift(e);
    at = e.from;
  }
  return path;
}
