/** Brings a float graph to forms that quantise well; its meaning stays. */

import { type Graph, type Node, valueOfGraph } from '../ir/graph.js';
import { removeDeadCode } from '../passes/dead-code.js';
import { affineAsConvolution, affineOfBinary } from '../ir/channel-affine.js';

/**
 * A scale or shift per channel becomes a depthwise convolution: its constants then have scales of their own for each
 * channel, and a shift all 32 bits of a bias.
 */
export function prepareForQuantisation(graph: Graph): Graph {
  const nodes = graph.nodes.map((node) => affineNode(graph, node) ?? node);
  return removeDeadCode({ ...graph, nodes });
}

function affineNode(graph: Graph, node: Node): Node | null {
  const { op, inputs, output } = node;
  if (op.kind !== 'binary') return null;
  const [a, b] = inputs.map((id) => valueOfGraph(graph, id));
  const [constant, tensor, first] = a.constant !== null ? [a, b, true] : [b, a, false];
  if (!(constant.constant instanceof Float32Array) || tensor.constant !== null || tensor.quant !== null) return null;
  const { shape } = valueOfGraph(graph, output);
  const { h, w, c } = constant.shape;
  if (h * w !== 1 || (c !== 1 && c !== shape.c) || tensor.shape.c !== shape.c) return null;
  const values = Float64Array.from({ length: shape.c }, (_, i) => constant.constant?.[c === 1 ? 0 : i] ?? 0);
  const affine = affineOfBinary(op.fn, values, first);
  if (affine === null) return null;
  return { ...node, op: { ...affineAsConvolution(affine, false), clamp: op.clamp }, inputs: [tensor.id] };
}
