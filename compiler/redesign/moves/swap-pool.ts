/**
 * An average pool goes before the pointwise convolution that it follows, which then works on fewer pixels: exactly where
 * no activation stands between.
 */

import { clampAfter } from '../../ir/clamp.js';
import { type AveragePool, type Graph, noClamp, type Node } from '../../ir/graph.js';
import { removeDeadCode } from '../../passes/dead-code.js';
import { illegal, type MoveRule, type SwapPool } from '../move.js';
import {
  type ConvNode,
  floatValue,
  freshId,
  inputShape,
  isConv,
  isPointwise,
  nodeOf,
  onlyReader,
  outputShape,
  producerOf,
} from '../structure.js';

interface Pair {
  readonly conv: ConvNode;
  readonly pool: Node & { readonly op: AveragePool };
}

function pairAt(graph: Graph, node: Node): Pair | string {
  const { op } = node;
  if (op.kind !== 'averagePool') return `'${node.name}' is not an average pool`;
  const { window: w } = op;
  if (w.padTop + w.padLeft + w.padBottom + w.padRight > 0) return `'${node.name}' averages padding too`;
  const conv = producerOf(graph, node.inputs[0]);
  if (conv === null || !isConv(conv) || !isPointwise(conv))
    return `'${node.name}' does not follow a pointwise convolution`;
  return onlyReader(graph, conv.output) === null
    ? `'${conv.name}' is read elsewhere too`
    : { conv, pool: { ...node, op } };
}

export const swapPool: MoveRule<SwapPool> = {
  kind: 'swapPool',
  list: (graph) =>
    graph.nodes
      .filter((node) => typeof pairAt(graph, node) !== 'string')
      .map(({ name }): SwapPool => ({ kind: 'swapPool', node: name })),
  apply(graph, move) {
    const node = nodeOf(graph, move);
    const pair = pairAt(graph, node);
    if (typeof pair === 'string') throw illegal(move, pair);
    const { conv, pool } = pair;
    const id = freshId(graph);
    const { h, w } = outputShape(graph, pool);
    const values = new Map(graph.values);
    values.set(id, floatValue(id, `${pool.name}_pooled`, { h, w, c: inputShape(graph, conv).c }));
    const pooled: Node = { ...pool, op: { ...pool.op, clamp: noClamp }, inputs: conv.inputs, output: id };
    const op = { ...conv.op, clamp: clampAfter(conv.op.clamp, pool.op.clamp) };
    const summed: Node = { ...conv, op, inputs: [id], output: pool.output };
    const nodes = graph.nodes.flatMap((n) => (n === conv ? [] : n === node ? [pooled, summed] : [n]));
    return removeDeadCode({ ...graph, values, nodes });
  },
  words(graph, move) {
    const pair = pairAt(graph, nodeOf(graph, move));
    return `pool ${move.node} goes before ${typeof pair === 'string' ? 'its convolution' : pair.conv.name}`;
  },
};
