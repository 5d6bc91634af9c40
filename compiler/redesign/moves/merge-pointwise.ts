/** Two pointwise convolutions, one behind the other, become one: exactly where no activation stands between. */

import { floatBias, type Graph } from '../../ir/graph.js';
import { removeDeadCode } from '../../passes/dead-code.js';
import { illegal, type MergePointwise, type MoveRule } from '../move.js';
import { type ConvNode, convOf, inputShape, isConv, isPointwise, onlyReader, producerOf } from '../structure.js';

/** The pointwise convolution that only `node` reads, or in words why there is none. */
function firstOf(graph: Graph, node: ConvNode): ConvNode | string {
  if (!isPointwise(node)) return `'${node.name}' is not a pointwise convolution`;
  const first = producerOf(graph, node.inputs[0]);
  if (first === null || !isConv(first) || !isPointwise(first))
    return `'${node.name}' does not follow another pointwise convolution`;
  return onlyReader(graph, first.output) === null ? `'${first.name}' is read elsewhere too` : first;
}

const isLinear = ({ op: { clamp } }: ConvNode): boolean => clamp.min === -Infinity && clamp.max === Infinity;

export const mergePointwise: MoveRule<MergePointwise> = {
  kind: 'mergePointwise',
  list: (graph) =>
    graph.nodes
      .filter(isConv)
      .filter((node) => typeof firstOf(graph, node) !== 'string')
      .map(({ name }): MergePointwise => ({ kind: 'mergePointwise', node: name })),
  apply(graph, move) {
    const second = convOf(graph, move);
    const first = firstOf(graph, second);
    if (typeof first === 'string') throw illegal(move, first);
    const inner = inputShape(graph, first).c;
    const [middle, outs] = [first.op.outChannels, second.op.outChannels];
    const [a, b] = [first.op.weights.data, second.op.weights.data];
    const weights = new Float64Array(outs * inner);
    const bias = floatBias(second.op);
    const before = floatBias(first.op);
    for (let o = 0; o < outs; o++)
      for (let m = 0; m < middle; m++) {
        const factor = b[o * middle + m];
        bias[o] += factor * before[m];
        for (let i = 0; i < inner; i++) weights[o * inner + i] += factor * a[m * inner + i];
      }
    const op = {
      ...second.op,
      weights: { kind: 'float' as const, data: Float32Array.from(weights) },
      bias: { data: Float32Array.from(bias), scales: null },
    };
    const nodes = graph.nodes.map((n) => (n === second ? { ...second, op, inputs: first.inputs } : n));
    return removeDeadCode({ ...graph, nodes });
  },
  words(graph, move) {
    const first = firstOf(graph, convOf(graph, move));
    if (typeof first === 'string') return `convolution ${move.node} becomes one with that before it`;
    return `convolution ${first.name} becomes part of ${move.node}${isLinear(first) ? '' : ', and its activation goes'}`;
  },
};
