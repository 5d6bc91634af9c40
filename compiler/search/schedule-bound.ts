/**
 * How low any schedule could go: a lower bound on the arena over all schedules that the search considers (its cuts, its
 * units, regions of its length), for a limit on executed MACs. The search itself measures candidates from the convex
 * hulls of each region's costs and may pass over others; the difference to this bound is the most that it can miss.
 *
 * It holds because a region takes at least its whole tensors with outputs over the inputs that die, the widest work of
 * its units, and of each ring the rows that its first reader takes at once; and because, by Lagrangian duality, units
 * of at most W work bytes and R ring bytes execute at least max over prices p of (min(2 * MACs + p * rings) - p * R) / 2.
 */

import type { Int8Graph, ValueId } from '../ir/int8-graph.js';
import { readersOf } from '../schedule/stream.js';
import { prices, RegionFronts, type WorkStep } from './region-front.js';
import { type SearchOptions, searchSpace, segments } from './segments.js';
import type { UnitTable } from './unit-table.js';

/** A region or a run of layers from cut to cut. */
interface Way {
  readonly from: number;
  readonly to: number;
  /** The least MACs that it executes in so many bytes; Infinity where they do not hold it. */
  readonly leastMacs: (budgetBytes: number) => number;
}

/** Arena bytes below which no schedule of the search's space executes at most `macsLimit` MACs, by limit; Infinity where none does at all. */
export function arenaBounds(graph: Int8Graph, options: SearchOptions, macsLimits: readonly number[]): number[] {
  const ways = waysOf(graph, options);
  const feasible = (budgetBytes: number, macsLimit: number): boolean => {
    const least = new Map<number, number>([[0, 0]]);
    for (const way of ways) {
      const sum = (least.get(way.from) ?? Infinity) + way.leastMacs(budgetBytes);
      if (sum < (least.get(way.to) ?? Infinity)) least.set(way.to, sum);
    }
    return (least.get(graph.nodes.length) ?? Infinity) <= macsLimit;
  };
  return macsLimits.map((limit) => {
    if (!feasible(2 ** 40, limit)) return Infinity;
    let lo = 0;
    for (let hi = 2 ** 40; lo < hi; ) {
      const mid = Math.floor((lo + hi) / 2);
      if (feasible(mid, limit)) hi = mid;
      else lo = mid + 1;
    }
    return lo;
  });
}

/** By their first node. */
function waysOf(graph: Int8Graph, options: SearchOptions): Way[] {
  const space = searchSpace(graph, options);
  const fronts = new RegionFronts(leastRings(graph, space.table));
  const ways: Way[] = [];
  for (const { first: from, end: to, layers, region } of segments(space)) {
    for (const run of layers)
      ways.push({ from, to, leastMacs: (budget) => (run.peakBytes <= budget ? run.executedMacs : Infinity) });
    if (region === null) continue;
    const steps = fronts.bounds(from, to, region.isRing);
    ways.push({ from, to, leastMacs: (budget) => leastMacs(steps, budget - region.wholeBytes) });
  }
  return ways;
}

function leastMacs(steps: readonly WorkStep[], bytes: number): number {
  let least = Infinity;
  for (const { aboveBytes, sums } of steps) {
    const rings = bytes - Math.max(0, aboveBytes + 1);
    if (rings < 0) continue;
    least = Math.min(least, Math.max(...sums.map((sum, k) => (sum - prices[k] * rings) / 2)));
  }
  return least;
}

/** The units with what their rings take at the least, and without instructions. */
function leastRings(graph: Int8Graph, table: UnitTable): UnitTable {
  const readers = readersOf(graph);
  const isFirst = (value: ValueId, nodes: readonly number[]): boolean =>
    nodes.includes(Math.min(...readers.get(value)!));
  return {
    from: table.from.map((options) =>
      options.map((o) => ({
        ...o,
        instructions: 0,
        outputRowsBytes: 0,
        inputRings: o.inputRings.map((r) => (isFirst(r.value, o.unit.nodes) ? r : { ...r, bytes: 0 })),
      })),
    ),
  };
}
