import { describe, expect, it } from 'vitest';
import { type ConvOp, type Int8Graph, valueOf } from '../../../compiler/ir/int8-graph.js';
import { runInt8 } from '../../../compiler/reference/int8.js';
import { channelSlices, summingNode } from '../../../compiler/schedule/channel-slices.js';
import { Rng } from '../../property/support/random-networks.js';
import { GraphBuilder } from './graphs.js';

/** Expansion to `channels`, depthwise, projection; then a residual. */
function block(channels: number): Int8Graph {
  const b = new GraphBuilder();
  const x = b.input({ h: 5, w: 6, c: 4 });
  return b.build([b.add(b.conv(b.depthwise(b.conv(x, channels), 3, 1), 4), x)]);
}

/** Accumulators of a pointwise convolution for one pixel. */
const sums = (op: ConvOp, pixel: ArrayLike<number>): number[] =>
  Array.from(op.bias, (bias, o) =>
    Array.from(pixel).reduce((sum, x, c) => sum + x * op.weights[o * pixel.length + c], bias),
  );

describe('channel slices', () => {
  const unit = { nodes: [0, 1, 2, 3], sliceChannels: 4 };

  it('end at the pointwise convolution that sums them up', () => {
    expect(summingNode(block(10), [0, 1, 2, 3])).toBe(2);
    expect(summingNode(block(10), [0, 1])).toBeNull();
    expect(summingNode(block(10), [1, 2, 3])).toBeNull();
  });

  it('are as wide as asked for, the last one less', () => {
    const slices = channelSlices(block(10), unit)!;
    expect(Array.from({ length: slices.count }, (_, s) => slices.slice(s).channels)).toEqual([4, 4, 2]);
  });

  it('have the channels of their tensors, the others whole', () => {
    const graph = block(10);
    const { nodes, graph: sliced } = channelSlices(graph, unit)!.slice(2);
    expect(nodes.map((n) => valueOf(sliced, n.output).shape.c)).toEqual([2, 2, 4]);
    expect(valueOf(sliced, nodes[0].inputs[0]).shape.c).toBe(4);
  });

  it('compute the very channels that the whole nodes compute', () => {
    const graph = block(10);
    const rng = new Rng(3);
    const input = Int8Array.from({ length: 5 * 6 * 4 }, () => rng.int(-128, 127));
    const whole = new Map<number, Int8Array>();
    runInt8(graph, [input], (node, output) => whole.set(node.id, output as Int8Array));
    const slices = channelSlices(graph, unit)!;
    for (let s = 0; s < slices.count; s++) {
      const { nodes, graph: sliced, firstChannel, channels } = slices.slice(s);
      const inside = {
        ...sliced,
        nodes: nodes.slice(0, 2),
        outputs: [{ ...graph.outputs[0], value: nodes[1].output }],
      };
      const [output] = runInt8(inside, [input]);
      const want = whole.get(1)!;
      expect([...output]).toEqual(
        [...want].filter((_, i) => i % 10 >= firstChannel && i % 10 < firstChannel + channels),
      );
    }
  });

  it('have biases whose partial sums add up to the accumulators', () => {
    const graph = block(10);
    const rng = new Rng(4);
    const pixel = Array.from({ length: 10 }, () => rng.int(-128, 127));
    const slices = channelSlices(graph, unit)!;
    const total = new Array<number>(4).fill(0);
    for (let s = 0; s < slices.count; s++) {
      const { nodes, firstChannel, channels } = slices.slice(s);
      const op = nodes[2].op as ConvOp;
      expect(op.partial).toEqual({ first: s === 0, last: s === 2 });
      sums(op, pixel.slice(firstChannel, firstChannel + channels)).forEach((sum, o) => (total[o] += sum));
    }
    expect(total).toEqual(sums(graph.nodes[2].op as ConvOp, pixel));
  });

  it('are refused where a partial sum may leave int32', () => {
    const graph = block(10);
    const op = graph.nodes[2].op as ConvOp;
    const near = {
      ...graph,
      nodes: graph.nodes.map((n) =>
        n.id === 2 ? { ...n, op: { ...op, bias: op.bias.map(() => 2 ** 31 - 1000) } } : n,
      ),
    };
    expect(summingNode(near, [0, 1, 2])).toBeNull();
  });
});
