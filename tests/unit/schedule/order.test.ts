import { coreOf } from '../../../compiler/machine/cores/index.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Int8Graph, ValueId } from '../../../compiler/ir/int8-graph.js';
import { executionOrder, orderPeakBytes } from '../../../compiler/schedule/order.js';
import { layerSchedule } from '../../../compiler/schedule/layer.js';
import { BranchBuilder } from '../memory/networks.js';

/** Every topological order of a small graph. */
function allOrders(graph: Int8Graph): number[][] {
  const producer = new Map(graph.nodes.map((n) => [n.output, n.id]));
  const orders: number[][] = [];
  const extend = (order: number[]): void => {
    if (order.length === graph.nodes.length) orders.push(order);
    for (const n of graph.nodes) {
      if (order.includes(n.id)) continue;
      if (n.inputs.every((id) => !producer.has(id) || order.includes(producer.get(id)!))) extend([...order, n.id]);
    }
  };
  extend([]);
  return orders;
}

const isTopological = (graph: Int8Graph, order: readonly number[]): boolean => {
  const exists = new Set(graph.inputs.map((io) => io.value));
  return (
    order.every((id) => {
      const ok = graph.nodes[id].inputs.every((v) => exists.has(v));
      exists.add(graph.nodes[id].output);
      return ok;
    }) && new Set(order).size === graph.nodes.length
  );
};

/** Random graphs of up to seven nodes with several readers and outputs. */
const randomGraph: fc.Arbitrary<Int8Graph> = fc
  .array(
    fc.record({ from: fc.nat(20), other: fc.nat(20), channels: fc.integer({ min: 1, max: 40 }), join: fc.boolean() }),
    { minLength: 1, maxLength: 7 },
  )
  .map((specs) => {
    const b = new BranchBuilder();
    const values: ValueId[] = [b.input({ h: 2, w: 2, c: 5 })];
    for (const { from, other, channels, join } of specs) {
      const [x, y] = [values[from % values.length], values[other % values.length]];
      values.push(join && x !== y ? b.concat('c', [x, y]) : b.conv(x, channels));
    }
    return b.build([values[values.length - 1]]);
  });

describe('the execution order', () => {
  it('peaks as little as the best of all topological orders', () => {
    fc.assert(
      fc.property(randomGraph, (graph) => {
        const order = executionOrder(graph);
        expect(isTopological(graph, order)).toBe(true);
        const best = Math.min(...allOrders(graph).map((o) => orderPeakBytes(graph, o)));
        expect(orderPeakBytes(graph, order)).toBe(best);
      }),
      { numRuns: 200 },
    );
  });

  it('runs the wide branch while nothing else is held', () => {
    const b = new BranchBuilder();
    const x = b.input({ h: 8, w: 8, c: 2 });
    const narrow = b.conv(x, 20);
    const wide = b.conv(b.conv(x, 60), 2);
    const graph = b.build([b.concat('c', [narrow, wide])]);
    // As written, the 20 channels would be held through the 60.
    expect(executionOrder(graph)).toEqual([1, 2, 0, 3]);
    expect(orderPeakBytes(graph, [1, 2, 0, 3])).toBeLessThan(orderPeakBytes(graph, [0, 1, 2, 3]));
  });

  it('keeps the given order of a chain, and where branches are alike', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 4, w: 4, c: 2 }), 4);
    const graph = b.build([b.add(b.table(x), b.table(x))]);
    expect(executionOrder(graph)).toEqual([0, 1, 2, 3]);
  });

  it('orders many parallel branches without trying all their interleavings', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 4, w: 4, c: 2 }), 4);
    const branches = Array.from({ length: 40 }, (_, i) => b.conv(b.conv(x, 4 + (i % 7)), 2));
    const graph = b.build([b.concat('c', branches)]);
    expect(isTopological(graph, executionOrder(graph))).toBe(true);
    const given = graph.nodes.map((n) => n.id);
    expect(orderPeakBytes(graph, executionOrder(graph))).toBeLessThanOrEqual(orderPeakBytes(graph, given));
  });
});

describe('the layer schedule', () => {
  it('has a region with a kernel for each node but the reshapes', () => {
    const b = new BranchBuilder();
    const x = b.depthwise(b.conv(b.input({ h: 6, w: 6, c: 3 }), 8), 3, 1);
    const graph = b.build([b.conv(b.reshape(x, { h: 1, w: 1, c: 288 }), 4)]);
    const schedule = layerSchedule(graph, coreOf('cortex-m0'));
    expect(schedule).toMatchObject({ kind: 'layer', input: 'resident' });
    expect(schedule.regions.map((r) => (r.kind === 'layer' ? [r.node, r.rowsPerCall] : []))).toEqual([
      [0, 6],
      [1, 6],
      [3, 1],
    ]);
    expect(schedule.regions.map((r) => (r.kind === 'layer' ? r.kernel : ''))).toEqual([
      'rv_conv2d_1x1_s8',
      'rv_depthwise_conv2d_s8',
      'rv_conv2d_1x1_s8',
    ]);
  });
});
