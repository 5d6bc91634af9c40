/** What a network costs, before anything is optimised. */

import type { Graph, Node } from './graph.js';
import { elements } from './tensor.js';

/** Multiply-accumulates of convolutions and matrix products, padded taps counted; other operators count nothing. */
export function countMacs(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + nodeMacs(graph, node), 0);
}

function nodeMacs(graph: Graph, node: Node): number {
  const { op } = node;
  const shape = (id: number) => graph.values.get(id)?.shape ?? { h: 0, w: 0, c: 0 };
  if (op.kind === 'conv2d') return (elements(shape(node.output)) / op.outChannels) * op.weights.data.length;
  if (op.kind === 'convTranspose2d')
    return (elements(shape(node.inputs[0])) / shape(node.inputs[0]).c) * op.weights.data.length;
  return 0;
}

/** Weights, biases and slopes. */
export function countParameters(graph: Graph): number {
  return graph.nodes.reduce((sum, { op }) => {
    if (op.kind === 'conv2d' || op.kind === 'convTranspose2d')
      return sum + op.weights.data.length + (op.bias?.data.length ?? 0);
    return op.kind === 'prelu' ? sum + op.slopes.length : sum;
  }, 0);
}
