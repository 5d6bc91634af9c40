import { coreOf } from '../../../compiler/machine/cores/index.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { valueOf } from '../../../compiler/ir/int8-graph.js';
import { layerEvents, safeDistances } from '../../../compiler/memory/overlap.js';
import { chooseKernel } from '../../../compiler/machine/kernel-table.js';
import type { AccessEvent } from '../../../compiler/machine/kernel.js';
import { GraphBuilder } from '../schedule/graphs.js';

/** Runs the events on real bytes: is every input byte still there whenever it is read, with the output d above the input? */
function survivesWalk(events: readonly AccessEvent[], d: number, inputBytes: number, outputBytes: number): boolean {
  const input = Math.max(0, -d);
  const memory = new Uint8Array(inputBytes + outputBytes + Math.abs(d) + inputBytes + outputBytes);
  memory.fill(1, input, input + inputBytes);
  for (const { readFrom, readTo, writtenFrom, writtenTo } of events) {
    for (let i = readFrom; i < readTo; i++) if (memory[input + i] !== 1) return false;
    for (let i = writtenFrom; i < writtenTo; i++) memory[input + d + i] = 2;
  }
  return true;
}

const interval = (size: number): fc.Arbitrary<[number, number]> =>
  fc
    .tuple(fc.integer({ min: 0, max: size }), fc.integer({ min: 0, max: size }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

describe('safe distances', () => {
  it('are exactly those at which no unread byte is overwritten', () => {
    const size = 24;
    const walk = fc.array(
      fc
        .tuple(interval(size), interval(size))
        .map(([[readFrom, readTo], [writtenFrom, writtenTo]]) => ({ readFrom, readTo, writtenFrom, writtenTo })),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(walk, (events) => {
        const { belowBytes, aboveBytes } = safeDistances(events);
        for (let d = -size - 1; d <= size + 1; d++) {
          const safe = survivesWalk(events, d, size, size);
          if (d <= -belowBytes || d >= aboveBytes) expect(safe).toBe(true);
          if (d === -belowBytes + 1 && d < aboveBytes) expect(safe).toBe(false);
          if (d === aboveBytes - 1 && d > -belowBytes) expect(safe).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of a convolution walked either way hold on bytes, and one byte less does not', () => {
    const b = new GraphBuilder();
    const x = b.input({ h: 7, w: 5, c: 3 });
    const y = b.conv(x, 6, { kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 });
    const graph = b.build([y]);
    for (const rowsPerCall of [1, 2, 3, 7]) {
      for (const direction of ['ascending', 'descending'] as const) {
        const events = eventsOf(graph, rowsPerCall, direction);
        const { belowBytes, aboveBytes } = safeDistances(events);
        const survives = (d: number): boolean => survivesWalk(events, d, 7 * 5 * 3, 7 * 5 * 6);
        expect(survives(-belowBytes)).toBe(true);
        expect(survives(-belowBytes + 1)).toBe(false);
        expect(survives(aboveBytes)).toBe(true);
        expect(survives(aboveBytes - 1)).toBe(false);
      }
    }
  });

  it('let a pointwise expansion end about where its input ends', () => {
    const b = new GraphBuilder();
    const x = b.input({ h: 10, w: 10, c: 8 });
    const graph = b.build([b.conv(x, 48)]);
    const { belowBytes } = safeDistances(eventsOf(graph, 10, 'ascending'));
    // The last block of pixels is read again while it is written: nothing before it is lost.
    expect(belowBytes).toBeLessThanOrEqual(100 * 48 - 100 * 8 + 4 * 8);
    expect(belowBytes).toBeGreaterThanOrEqual(100 * 48 - 100 * 8);
  });

  it('are unlimited where a kernel has read everything before it writes', () => {
    const events = [
      { readFrom: 0, readTo: 64, writtenFrom: 0, writtenTo: 0 },
      { readFrom: 0, readTo: 0, writtenFrom: 0, writtenTo: 16 },
    ];
    expect(safeDistances(events)).toEqual({ belowBytes: -Infinity, aboveBytes: -Infinity });
  });
});

describe('the events of a layer', () => {
  it('cover blocks of rows counted from the first row, in either direction', () => {
    const calls = (direction: 'ascending' | 'descending'): [number, number][] => {
      const seen: [number, number][] = [];
      const none = [
        ...layerEvents(
          (y, rows) => {
            seen.push([y, rows]);
            return [];
          },
          7,
          3,
          direction,
        ),
      ];
      expect(none).toEqual([]);
      return seen;
    };
    expect(calls('ascending')).toEqual([
      [0, 3],
      [3, 3],
      [6, 1],
    ]);
    expect(calls('descending')).toEqual([
      [6, 1],
      [3, 3],
      [0, 3],
    ]);
  });
});

function eventsOf(graph: Int8Graph, rowsPerCall: number, direction: 'ascending' | 'descending'): AccessEvent[] {
  const node = graph.nodes[0];
  const kernel = chooseKernel(node, graph, coreOf('cortex-m0'));
  return [
    ...layerEvents(
      (y, rows) => kernel.accesses(node, graph, 0, y, rows),
      valueOf(graph, node.output).shape.h,
      rowsPerCall,
      direction,
    ),
  ];
}
