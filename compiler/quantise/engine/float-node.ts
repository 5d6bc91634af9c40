/** One node of a float network: convolutions by the kernels, the rest in the reference's doubles. */

import type { Conv2d, ConvTranspose2d, Graph, Node } from '../../ir/graph.js';
import { valueOfGraph } from '../../ir/graph.js';
import { realNode } from '../../reference/real/node.js';
import { type Convolver, type PackedWeights, packWeights } from './convolver.js';

export type FloatTensor = Float32Array;

const packed = new WeakMap<Conv2d | ConvTranspose2d, PackedWeights>();

export function runFloatNode(
  convolver: Convolver,
  graph: Graph,
  node: Node,
  inputs: readonly FloatTensor[],
): FloatTensor {
  const { op } = node;
  const output = valueOfGraph(graph, node.output).shape;
  if (op.kind !== 'conv2d' && op.kind !== 'convTranspose2d') {
    const operands = node.inputs.map((id, i) => ({
      shape: valueOfGraph(graph, id).shape,
      data: Float64Array.from(inputs[i]),
    }));
    return Float32Array.from(realNode(graph, node, operands, output));
  }
  const input = valueOfGraph(graph, node.inputs[0]).shape;
  let weights = packed.get(op);
  if (weights === undefined) {
    const { kind, window, groups, outChannels } = op;
    weights = packWeights({ kind, window, groups, outChannels }, input, op.weights.data);
    packed.set(op, weights);
  }
  const sums = convolver.convolve(weights, inputs[0], 0, output);
  const out = new Float32Array(sums.length);
  const { min, max } = op.clamp;
  const bias = Float64Array.from({ length: output.c }, (_, o) => op.bias?.data[o] ?? 0);
  for (let i = 0, o = 0; i < out.length; i++) {
    const v = sums[i] + bias[o];
    out[i] = v < min ? min : v > max ? max : v;
    if (++o === output.c) o = 0;
  }
  return out;
}
