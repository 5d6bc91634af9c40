/**
 * Finds the schedule: where to cut the network into regions, which regions run fused and how, under an SRAM budget or
 * for the least SRAM. Given candidates for every segment between cuts (segments.ts), the best partition is a shortest
 * path, so the result is optimal among them; peaks are exact, computed only for candidates that a path uses.
 */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { FusedRegion, Region, Schedule } from '../schedule/schedule.js';
import { type RegionCandidate, RegionFronts } from './region-front.js';
import { regionPeakBytes } from './region-peak.js';
import { type RegionSpace, type SearchOptions, type SearchSpace, searchSpace, segments } from './segments.js';

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
  readonly #cuts: readonly number[];
  readonly #edges: readonly Edge[];
  readonly #edgesFrom: ReadonlyMap<number, readonly Edge[]>;
  readonly #graph: Int8Graph;
  readonly #options: SearchOptions;

  private constructor(graph: Int8Graph, options: SearchOptions, cuts: readonly number[], edges: readonly Edge[]) {
    this.#graph = graph;
    this.#options = options;
    this.#cuts = cuts;
    this.#edges = edges;
    this.#edgesFrom = edgesByStart(cuts, edges);
  }

  static of(graph: Int8Graph, options: SearchOptions): ScheduleSearch {
    const { cuts, edges } = waysThrough(graph, options);
    return new ScheduleSearch(graph, options, cuts, edges);
  }

  /** The same search among schedules that cut no channels into slices, sharing what is known; null where none does. */
  withoutSlices(): ScheduleSearch | null {
    const edges = this.#edges.filter((e) => !e.sliced);
    if (edges.length === this.#edges.length) return null;
    return new ScheduleSearch(this.#graph, this.#options, this.#cuts, edges);
  }

  /**
   * Least instructions with every region's peak within the budget and at most `macsLimit` executed MACs; null where
   * nothing fits. With a limit on MACs the least is sought over weighted sums: on the convex hull, not below it.
   */
  leastInstructions(budgetBytes: number, macsLimit = Infinity): Candidate | null {
    const free = this.#path(budgetBytes, 0);
    if (free === null || free.executedMacs <= macsLimit) return free;
    let best = this.#path(budgetBytes, Infinity);
    if (best === null || best.executedMacs > macsLimit) return null;
    for (let weight = 64; weight >= 1 / 64; weight /= 2) {
      const c = this.#path(budgetBytes, weight);
      if (c === null || c.executedMacs > macsLimit) break;
      if (c.instructions < best.instructions) best = c;
    }
    return best;
  }

  /** Least MACs with every region's peak within the budget; null where nothing fits. */
  leastMacs(budgetBytes: number): Candidate | null {
    return this.#path(budgetBytes, Infinity);
  }

  /** Least peak with at most `macsLimit` executed MACs and `instructionsLimit` instructions; null where nothing meets them. */
  leastSram(macsLimit: number, instructionsLimit: number): Candidate | null {
    let best: Candidate | null = null;
    let lo = 0;
    let hi = Math.max(0, ...this.#edges.map((e) => e.peakBytes)) * 2;
    while (lo <= hi) {
      const mid = Math.floor((lo + hi) / 2);
      // The path of the least MACs is cheap to find; only where it is too slow is a quicker one sought.
      const least = this.leastMacs(mid);
      const meets = least !== null && least.executedMacs <= macsLimit;
      const c = meets && least.instructions > instructionsLimit ? this.leastInstructions(mid, macsLimit) : least;
      if (meets && c !== null && c.instructions <= instructionsLimit) {
        best = c;
        hi = Math.min(mid, c.peakBytes) - 1;
      } else {
        lo = mid + 1;
      }
    }
    return best === null ? null : (this.leastInstructions(best.peakBytes, macsLimit) ?? best);
  }

  /**
   * From the least instructions to the smallest peaks, each about `step` smaller than the one before; and again where a
   * MAC computed twice is dear.
   */
  front(step: number): Candidate[] {
    const found: Candidate[] = [];
    for (const weight of [0, dearMac]) {
      for (let c = this.#path(Infinity, weight); c !== null; ) {
        found.push(c);
        c = this.#path(Math.min(c.peakBytes - 1, Math.floor(c.peakBytes * (1 - step))), weight);
      }
    }
    return found;
  }

  /** Shortest path whose every edge has an exact peak within the budget. */
  #path(budgetBytes: number, weight: MacsWeight): Candidate | null {
    for (;;) {
      const path = shortestPath(this.#graph.nodes.length, this.#cuts, this.#edgesFrom, budgetBytes, weight);
      if (path === null) return null;
      const guessed = path.filter((e) => !e.exact);
      for (const e of guessed) {
        e.peakBytes = e.measure();
        e.exact = true;
      }
      if (guessed.length === 0) return this.#candidate(path);
    }
  }

  #candidate(path: readonly Edge[]): Candidate {
    const regions = path.flatMap((e) => e.regions());
    const fused = regions.filter((r): r is FusedRegion => r.kind === 'fused');
    const patches = fused.some((r) => r.units.some((u) => u.nodes.length > 1));
    return {
      schedule: {
        kind: fused.length === 0 ? 'layer' : patches ? 'mixed' : 'stream',
        input: this.#options.input,
        regions,
      },
      peakBytes: Math.max(...path.map((e) => e.peakBytes)),
      executedMacs: path.reduce((s, e) => s + e.executedMacs, 0),
      instructions: path.reduce((s, e) => s + e.instructions, 0),
    };
  }
}

interface Ways {
  readonly cuts: readonly number[];
  readonly edges: readonly Edge[];
}

/**
 * What no bound changes, by graph, of quick searches: where many plans of one network are compared, the next begins with it. Peaks that
 * an earlier one made exact stay so, hence what is found can depend on what was asked before.
 */
const known = new WeakMap<Int8Graph, Map<string, Ways>>();

function waysThrough(graph: Int8Graph, options: SearchOptions): Ways {
  const { core, input, keepInput, space, effort, maxRegionNodes } = options;
  if (effort !== 'quick') return waysOf(searchSpace(graph, options));
  const key = JSON.stringify([core.id, input, keepInput, space, effort, maxRegionNodes]);
  const ofGraph = known.get(graph) ?? new Map<string, Ways>();
  known.set(graph, ofGraph);
  const ways = ofGraph.get(key) ?? waysOf(searchSpace(graph, options));
  ofGraph.set(key, ways);
  return ways;
}

const waysOf = (space: SearchSpace): Ways => ({ cuts: space.cuts, edges: edgesOf(space) });

function edgesByStart(cuts: readonly number[], edges: readonly Edge[]): ReadonlyMap<number, readonly Edge[]> {
  const from = new Map<number, Edge[]>(cuts.map((at) => [at, []]));
  for (const e of edges) from.get(e.from)!.push(e);
  return from;
}

function edgesOf(space: SearchSpace): Edge[] {
  const fronts = new RegionFronts(space.table, space.options.effort);
  const edges: Edge[] = [];
  for (const { first, end, layers, region } of segments(space)) {
    space.options.onProgress?.(first / space.graph.nodes.length);
    for (const run of layers) {
      edges.push({
        ...run,
        from: first,
        to: end,
        exact: true,
        sliced: false,
        regions: () => run.regions,
        measure: () => run.peakBytes,
      });
    }
    if (region === null) continue;
    for (const c of fronts.of(first, end, region.isRing)) edges.push(fusedEdge(space, first, end, c, region));
  }
  return edges;
}

function fusedEdge(
  { graph, costs, live }: SearchSpace,
  first: number,
  end: number,
  c: RegionCandidate,
  { streamed, wholeBytes }: RegionSpace,
): Edge {
  const region: FusedRegion = { kind: 'fused', units: c.units.map((u) => u.unit) };
  return {
    from: first,
    to: end,
    executedMacs: c.executedMacs,
    instructions: c.instructions + costs.region(region.units, streamed),
    // The model counts a residual's ring once a reader: at times a little too deep, hence the discount.
    peakBytes: wholeBytes + 0.85 * c.modelBytes,
    exact: false,
    sliced: region.units.some((u) => u.sliceChannels !== undefined),
    regions: () => [region],
    measure: () => regionPeakBytes(graph, live, first, end, c.units, streamed),
  };
}

function shortestPath(
  end: number,
  cuts: readonly number[],
  edges: ReadonlyMap<number, readonly Edge[]>,
  budget: number,
  weight: MacsWeight,
): Edge[] | null {
  // Instructions break ties between equal MACs.
  const costOf = (e: Edge): number =>
    weight === Infinity ? e.executedMacs + e.instructions * 1e-6 : e.instructions + weight * e.executedMacs;
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
  for (let at = end; at > 0; ) {
    const e = via.get(at)!;
    path.unshift(e);
    at = e.from;
  }
  return path;
}
