import { describe, expect, it } from 'vitest';
import { valueOf } from '../../../compiler/ir/int8-graph.js';
import type { FusedRegion } from '../../../compiler/schedule/schedule.js';
import { feedsGlobalPool, simulateStream } from '../../../compiler/schedule/stream.js';
import { backward, tileColumns, unitCost, unitGeometry } from '../../../compiler/schedule/unit.js';
import { BranchBuilder } from '../memory/networks.js';
import { GraphBuilder } from './graphs.js';

const single = (node: number, rowsPerCall = 1): FusedRegion['units'][number] => ({
  nodes: [node],
  kernels: ['k'],
  rowsPerCall,
  colsPerTile: 0,
  slideColumns: false,
});

function network() {
  const b = new GraphBuilder();
  const x = b.input({ h: 33, w: 20, c: 3 });
  const stem = b.conv(x, 8, {
    kernelH: 3,
    kernelW: 3,
    strideH: 2,
    strideW: 2,
    padTop: 1,
    padLeft: 1,
    padBottom: 1,
    padRight: 1,
  });
  const one = b.block(stem, 8, 4, 3, 1);
  const two = b.block(one, 16, 4, 5, 2);
  const three = b.block(two, 16, 3, 7, 1);
  const pooled = b.globalAverage(three);
  return { graph: b.build([pooled]), input: x };
}

describe('a row stream', () => {
  for (const rows of [1, 2, 3, 4]) {
    it(`holds every row that a batch reads in its ring, and no more (batches of ${rows})`, () => {
      const { graph, input } = network();
      const region: FusedRegion = { kind: 'fused', units: graph.nodes.map((n) => single(n.id, rows)) };
      const stream = simulateStream(graph, region, input);
      const available = new Map<number, number>();
      const fullest = new Map<number, number>();
      const pushed = { rows: 0 };
      for (const call of stream.calls) {
        const g = stream.units[call.unit];
        const needs = feedsGlobalPool(graph, g)
          ? new Map([[g.external[0], { lo: call.y, hi: call.y + call.rows }]])
          : backward(graph, g, 'h', call.y, call.y + call.rows);
        for (const id of g.external) {
          const need = needs.get(id)!;
          if (id === input) pushed.rows = Math.max(pushed.rows, need.hi);
          const have = id === input ? pushed.rows : available.get(id)!;
          expect(need.hi).toBeLessThanOrEqual(have);
          expect(need.lo).toBeGreaterThanOrEqual(have - stream.ringRows.get(id)!);
          fullest.set(id, Math.max(fullest.get(id) ?? 0, have - need.lo));
        }
        available.set(g.output, feedsGlobalPool(graph, g) ? 1 : call.y + call.rows);
      }
      for (const [id, depth] of fullest)
        expect(stream.ringRows.get(id)).toBe(Math.min(depth, valueOf(graph, id).shape.h));
    });
  }

  it('keeps kernel rows between single rows of a depthwise', () => {
    const { graph, input } = network();
    const region: FusedRegion = { kind: 'fused', units: graph.nodes.map((n) => single(n.id)) };
    const stream = simulateStream(graph, region, input);
    const depthwise = graph.nodes.filter((n) => n.op.kind === 'conv2d' && n.op.groups > 1);
    expect(depthwise.map((n) => stream.ringRows.get(n.inputs[0]))).toEqual([3, 5, 7]);
  });
});

describe('a pushed image beside other inputs', () => {
  it('begins with its first row, though another input would let a unit run before', () => {
    const b = new BranchBuilder();
    const x = b.input({ h: 5, w: 4, c: 2 });
    const other = b.conv3(b.input({ h: 5, w: 4, c: 2 }), 2);
    const graph = b.build([b.conv(b.concat('c', [other, x]), 3)]);
    const stream = simulateStream(graph, { kind: 'fused', units: graph.nodes.map((n) => single(n.id)) }, x);
    expect(stream.calls.slice(0, 4)).toEqual([0, 1, 2, 0].map((unit, i) => ({ unit, y: i === 3 ? 1 : 0, rows: 1 })));
    expect(stream.ringRows.get(other)).toBe(4); // The first row is read before the second is made.
  });
});

describe('the ring of a reader that goes back', () => {
  const ringRows = (make: (b: BranchBuilder, x: number) => number): number => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 12, w: 4, c: 2 }), 2);
    const graph = b.build([make(b, x)]);
    return simulateStream(graph, { kind: 'fused', units: graph.nodes.map((n) => single(n.id)) }, null).ringRows.get(x)!;
  };
  const shape = { h: 12, w: 4, c: 2 };

  it('reaches back to the first row that is still read', () => {
    const gather =
      (...indices: number[]) =>
      (b: BranchBuilder, x: number): number =>
        b.node({ kind: 'gather', axis: 'h', indices: Int32Array.from(indices) }, [x], { ...shape, h: indices.length });
    expect(ringRows(gather(0, 1, 2, 3, 4))).toBe(1);
    expect(ringRows(gather(4, 5, 3, 6))).toBe(3);
    expect(ringRows(gather(11, 0, 1))).toBe(12);
    expect(ringRows((b, x) => b.slice(x, { h: 11 }, {}, { h: -1 }))).toBe(12);
  });

  it('holds what a reflected border reads again, and not the image', () => {
    const pad =
      (mode: 'reflect' | 'edge', before: number, after: number) =>
      (b: BranchBuilder, x: number): number =>
        b.node(
          { kind: 'pad', mode, before: { h: before, w: 0, c: 0 }, after: { h: after, w: 0, c: 0 }, value: 0 },
          [x],
          { ...shape, h: 12 + before + after },
        );
    expect(ringRows(pad('reflect', 2, 0))).toBe(3);
    expect(ringRows(pad('reflect', 0, 3))).toBe(4);
    expect(ringRows(pad('edge', 3, 3))).toBe(1);
  });
});

describe('a unit', () => {
  it('computes nothing twice along columns when it slides, and the halo when it does not', () => {
    const { graph } = network();
    const nodes = [1, 2, 3];
    const sliding = unitGeometry(graph, {
      nodes,
      kernels: ['a', 'b', 'c'],
      rowsPerCall: 2,
      colsPerTile: 4,
      slideColumns: true,
    });
    const jumping = unitGeometry(graph, { ...sliding.unit, slideColumns: false });
    const wide = graph.nodes[1].output;
    const computed = (g: typeof sliding): number =>
      tileColumns(graph, g).reduce((s, t) => s + t.get(wide)!.hi - t.get(wide)!.newFrom, 0);
    expect(computed(sliding)).toBe(valueOf(graph, wide).shape.w);
    expect(computed(jumping)).toBe(10 + 2 * 2);
  });

  it('keeps no column that the tile before did not hold, where readers reach differently far', () => {
    const b = new GraphBuilder();
    const sum = b.add(b.input({ h: 7, w: 6, c: 3 }), b.input({ h: 7, w: 6, c: 3 }));
    const graph = b.build([b.add(sum, b.conv(b.depthwise(b.conv(sum, 9), 5, 1), 3))]);
    const g = unitGeometry(graph, {
      nodes: [0, 1, 2, 3, 4],
      kernels: ['a', 'b', 'c', 'd', 'e'],
      rowsPerCall: 1,
      colsPerTile: 1,
      slideColumns: true,
    });
    tileColumns(graph, g).reduce((before, tile) => {
      for (const [id, { lo, newFrom }] of tile) {
        if (newFrom > lo) expect([before.get(id)!.lo <= lo, before.get(id)!.hi >= newFrom]).toEqual([true, true]);
      }
      return tile;
    });
  });

  it('counts recomputed rows in its MACs', () => {
    const { graph } = network();
    const height = valueOf(graph, graph.nodes[3].output).shape.h;
    const g = unitGeometry(graph, {
      nodes: [1, 2, 3],
      kernels: ['a', 'b', 'c'],
      rowsPerCall: 1,
      colsPerTile: 0,
      slideColumns: false,
    });
    const once = graph.nodes[1].macs / height;
    // Every batch of one row needs three rows of the expanded tensor, two at the borders.
    expect(unitCost(graph, g).executedMacs).toBe(once * (3 * height - 2) + graph.nodes[2].macs + graph.nodes[3].macs);
  });
});
