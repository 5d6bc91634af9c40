/** Nodes of a float network: convolutions by the engine's kernels, the rest by the float executor. */

import { floatBias, floatWeights, type Graph, type Node, type Op, type Value, valueOfGraph } from '../../ir/graph.js';
import { sameShape } from '../../ir/tensor.js';
import { FloatExecutor } from '../float-executor.js';
import type { RunNode } from '../statistics.js';
import { type Convolver, type PackedWeights, packWeights } from './convolver.js';

interface Packed {
  readonly weights: PackedWeights;
  readonly bias: Float64Array;
}

const packed = new WeakMap<Op, Packed>();

/** Runs nodes of a graph. */
export function floatRunner(graph: Graph, convolver: Convolver): RunNode {
  const executor = new FloatExecutor(graph);
  return (node, inputs) => {
    const { op } = node;
    const value = valueOfGraph(graph, node.output);
    if ((op.kind !== 'conv2d' && op.kind !== 'convTranspose2d') || value.quant !== null)
      return executor.runNode(node, inputs);
    return convolution(graph, node, op, inputs[0], convolver);
  };
}

function convolution(
  graph: Graph,
  node: Node,
  op: Extract<Op, { kind: 'conv2d' | 'convTranspose2d' }>,
  x: Float32Array,
  convolver: Convolver,
): Float32Array {
  const input = valueOfGraph(graph, node.inputs[0]).shape;
  const output = valueOfGraph(graph, node.output).shape;
  let known = packed.get(op);
  // Networks that share an operator may give it images of other sizes.
  if (known === undefined || !sameShape(known.weights.input, input)) {
    const { kind, window, groups, outChannels } = op;
    const weights = packWeights({ kind, window, groups, outChannels }, input, floatWeights(op));
    known = { weights, bias: floatBias(op) };
    packed.set(op, known);
  }
  const { weights, bias } = known;
  const sums = convolver.convolve(weights, x, 0, output);
  const out = new Float32Array(sums.length);
  const { min, max } = op.clamp;
  for (let i = 0, o = 0; i < out.length; i++) {
    const v = sums[i] + bias[o];
    out[i] = v < min ? min : v > max ? max : v;
    if (++o === output.c) o = 0;
  }
  return out;
}

/** A constant's real elements. */
export function realConstant({ constant, quant }: Value): Float32Array {
  if (constant instanceof Float32Array) return constant;
  const { scale, zeroPoint } = quant ?? { scale: 1, zeroPoint: 0 };
  return Float32Array.from(constant ?? [], (q) => scale * (q - zeroPoint));
}
