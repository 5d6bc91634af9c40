/** The bound on all schedules of the search's space against each of them, exactly measured. */

import { coreOf } from '../../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { compile } from '../../../compiler/pipeline/compile.js';
import { regionPeakBytes } from '../../../compiler/search/region-peak.js';
import { arenaBounds } from '../../../compiler/search/schedule-bound.js';
import { ScheduleSearch } from '../../../compiler/search/search.js';
import { type SearchOptions, searchSpace, segments } from '../../../compiler/search/segments.js';
import type { UnitOption } from '../../../compiler/search/unit-table.js';
import { NetworkBuilder } from '../../models/index.js';

const core = coreOf('cortex-m4');

const optionsFor = (input: SearchOptions['input']): SearchOptions => ({
  core,
  input,
  keepInput: false,
  space: { maxNodes: 3, rows: [1, 2], cols: [2], slices: [2] },
});

function chain(residual: boolean, k: number): Int8Graph {
  const net = new NetworkBuilder({ name: 'chain', seed: 71 + k });
  const x = net.conv(net.input('image', [3, 11 + k, 9 + 2 * k]), {
    out: 6,
    kernel: 3,
    stride: 1,
    pad: 1,
    activation: 'relu6',
  });
  const wide = net.conv(x, { out: 12 + 5 * k, kernel: 1, activation: 'relu6' });
  const y = net.conv(
    net.depthwise(wide, {
      kernel: k === 2 ? 5 : 3,
      stride: residual ? 1 : 2,
      pad: k === 2 ? 2 : 1,
      activation: 'relu6',
    }),
    { out: 6, kernel: 1 },
  );
  net.output(residual ? net.add(x, y) : y, 'features');
  return compile({ bytes: net.build(), name: 'chain' }, { core: core.id, schedule: 'layer' }).graph;
}

interface Point {
  readonly peakBytes: number;
  readonly macs: number;
}

const better = (points: readonly Point[]): Point[] =>
  points.filter(
    (p, i) =>
      !points.some(
        (q, j) =>
          q.peakBytes <= p.peakBytes && q.macs <= p.macs && (q.peakBytes < p.peakBytes || q.macs < p.macs || j < i),
      ),
  );

/** Peak and MACs of every schedule of the space, but those that another beats in both. */
function everySchedule(graph: Int8Graph, options: SearchOptions): Point[] {
  const space = searchSpace(graph, options);
  const { live, table } = space;
  function* partitions(first: number, end: number): Iterable<UnitOption[]> {
    if (first === end) yield [];
    for (const option of table.from[first] ?? []) {
      if (option.end <= end) for (const rest of partitions(option.end, end)) yield [option, ...rest];
    }
  }
  const reached = new Map<number, Point[]>([[0, [{ peakBytes: 0, macs: 0 }]]]);
  for (const { first: from, end: to, layers, region } of segments(space)) {
    const ways: Point[] = layers.map((run) => ({ peakBytes: run.peakBytes, macs: run.executedMacs }));
    if (region !== null) {
      for (const units of partitions(from, to)) {
        ways.push({
          peakBytes: regionPeakBytes(graph, live, from, to, units, region.streamed),
          macs: units.reduce((sum, u) => sum + u.executedMacs, 0),
        });
      }
    }
    const through = (reached.get(from) ?? []).flatMap((p) =>
      better(ways).map((w) => ({ peakBytes: Math.max(p.peakBytes, w.peakBytes), macs: p.macs + w.macs })),
    );
    reached.set(to, better([...(reached.get(to) ?? []), ...through]));
  }
  return reached.get(graph.nodes.length)!;
}

describe('the bound on schedules', () => {
  it.each([
    [false, 'resident'],
    [false, 'streamed'],
    [true, 'resident'],
    [true, 'streamed'],
  ] as const)(
    'is at most the least of them all, and near it; the search finds that least (residual: %s, input %s)',
    (residual, input) => {
      for (const k of [0, 1, 2]) compareAll(chain(residual, k), input);
    },
    60_000,
  );

  function compareAll(graph: Int8Graph, input: 'resident' | 'streamed'): void {
    const options = optionsFor(input);
    const all = everySchedule(graph, options);
    const live = graph.nodes.reduce((sum, n) => sum + n.macs, 0);
    const limits = [1, 1.1, 1.25, 1.5, 3].map((f) => Math.floor(f * live));
    const bounds = arenaBounds(graph, options, limits);
    const search = ScheduleSearch.of(graph, options);
    limits.forEach((limit, i) => {
      const least = Math.min(...all.filter((p) => p.macs <= limit).map((p) => p.peakBytes));
      expect(bounds[i]).toBeLessThanOrEqual(least);
      expect(bounds[i]).toBeGreaterThan(0.75 * least);
      expect(search.leastSram(limit, Infinity)!.peakBytes).toBe(least);
    });
  }

  it('is infinite where nothing executes so few MACs', () => {
    const graph = chain(false, 0);
    expect(arenaBounds(graph, optionsFor('resident'), [0])).toEqual([Infinity]);
  });
});
