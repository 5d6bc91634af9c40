/**
 * Where nothing of the original compares pixel by pixel, its results still say how large they are: a convolution's
 * channels are scaled and shifted so that their mean and deviation, before the activation, are those of the original.
 */

import { type Conv2d, floatBias, type Graph, noClamp, type Node, type ValueId } from '../../ir/graph.js';
import { freshId, isConv } from '../structure.js';

/** Of every channel of a convolution's sums, before its clamp. */
export interface ChannelMoments {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

export class MomentSums {
  readonly #sum: Float64Array;
  readonly #square: Float64Array;
  #count = 0;

  constructor(channels: number) {
    this.#sum = new Float64Array(channels);
    this.#square = new Float64Array(channels);
  }

  add(data: Float32Array): void {
    const channels = this.#sum.length;
    for (let i = 0, c = 0; i < data.length; i++) {
      this.#sum[c] += data[i];
      this.#square[c] += data[i] * data[i];
      if (++c === channels) c = 0;
    }
    this.#count += data.length / channels;
  }

  get moments(): ChannelMoments {
    const mean = this.#sum.map((v) => v / this.#count);
    const deviation = this.#square.map((v, c) => Math.sqrt(Math.max(0, v / this.#count - mean[c] ** 2)));
    return { mean, deviation };
  }
}

/** The network with every convolution's clamp as a node of its own: nodes of the old names make the sums. */
export function opened(graph: Graph): Graph {
  const values = new Map(graph.values);
  let next: ValueId = freshId(graph);
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (!isConv(node) || (node.op.clamp.min === -Infinity && node.op.clamp.max === Infinity)) return [node];
    const id = next++;
    const value = graph.values.get(node.output);
    if (value !== undefined) values.set(id, { ...value, id });
    const { min, max } = node.op.clamp;
    return [
      { ...node, op: { ...node.op, clamp: noClamp }, output: id },
      {
        name: `${node.name}_clamp`,
        op: { kind: 'unary', expr: { fn: 'clip', a: { fn: 'x' }, min, max } },
        inputs: [id],
        output: node.output,
      },
    ];
  });
  return { ...graph, values, nodes };
}

/** How far a channel may be scaled. */
const mostScale = 4;

/** A convolution whose channels differ less, by the mean of |ln| of their ratios, is left as it is: chance differs as much. */
const leastDifference = 0.05;

/** The convolution, its channels' sums moved from `now` to `wanted`; null where they are there. */
export function withMoments(op: Conv2d, now: ChannelMoments, wanted: ChannelMoments): Conv2d | null {
  const inner = op.weights.data.length / op.outChannels;
  const scale = now.deviation.map((d, c) => {
    const ratio = d > 0 ? wanted.deviation[c] / d : 1;
    return Math.min(Math.max(ratio, 1 / mostScale), mostScale);
  });
  if (scale.reduce((sum, s) => sum + Math.abs(Math.log(s)), 0) < leastDifference * scale.length) return null;
  const bias = floatBias(op).map((b, c) => wanted.mean[c] + scale[c] * (b - now.mean[c]));
  const data = Float32Array.from(op.weights.data, (v, i) => v * scale[Math.floor(i / inner)]);
  return { ...op, weights: { kind: 'float', data }, bias: { data: Float32Array.from(bias), scales: null } };
}
