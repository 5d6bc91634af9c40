/** What quantisation decides, and the quantised graph that follows from it. */

import { type Graph, type Node, type Value, type ValueId, valueOfGraph } from '../ir/graph.js';
import { quantiseNumber } from '../ir/codes.js';
import type { Quant } from '../ir/tensor.js';

/** Integer weights and bias of one convolution; a bias counts in input scale x weight scale. */
export interface QuantisedConv {
  readonly weights: Int8Array;
  /** One per output channel, float32. */
  readonly scales: Float32Array;
  readonly bias: Int32Array;
}

export interface Assignment {
  readonly quants: ReadonlyMap<ValueId, Quant>;
  /** By the convolution's output. */
  readonly convolutions: ReadonlyMap<ValueId, QuantisedConv>;
}

/** Real values between two numbers as codes; 0 always has a code of its own. */
export function quantOf(low: number, high: number): Quant {
  const [lo, hi] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((hi - lo) / 255);
  // A tensor that is always 0, or so small that float32 has no step for it.
  if (!(scale > 1e-30) || !Number.isFinite(scale)) return { scale: 1 / 256, zeroPoint: -128 };
  return { scale, zeroPoint: Math.max(-128, Math.min(127, Math.round(-128 - lo / scale))) };
}

/** A node with integer weights. */
export function quantisedNode(node: Node, inputScale: number, conv: QuantisedConv): Node {
  const { op } = node;
  if (op.kind !== 'conv2d' && op.kind !== 'convTranspose2d') return node;
  const { weights: data, scales, bias } = conv;
  const biasScales = Float64Array.from(scales, (s) => s * inputScale);
  return {
    ...node,
    op: { ...op, weights: { kind: 'quantised', data, scales }, bias: { data: bias, scales: biasScales } },
  };
}

export function quantisedValue(value: Value, quant: Quant | undefined): Value {
  if (value.dtype !== 'float32') return value;
  if (quant === undefined) throw new Error(`'${value.name}' has no quantisation`);
  const constant = value.constant === null ? null : Int8Array.from(value.constant, (x) => quantiseNumber(x, quant));
  return { ...value, dtype: 'int8', quant, constant };
}

/** The graph in integers. */
export function quantisedGraph(graph: Graph, { quants, convolutions }: Assignment): Graph {
  const values = new Map<ValueId, Value>();
  for (const [id, value] of graph.values) {
    const isUsed = quants.has(id) || value.dtype !== 'float32';
    if (isUsed) values.set(id, quantisedValue(value, quants.get(id)));
  }
  const nodes = graph.nodes.map((node) => {
    const conv = convolutions.get(node.output);
    const input = quants.get(node.inputs[0]);
    return conv === undefined || input === undefined ? node : quantisedNode(node, input.scale, conv);
  });
  return { ...graph, values, nodes };
}

/** The part of a graph that is one node, on its own. */
export function singleNodeGraph(graph: Graph, node: Node, values: ReadonlyMap<ValueId, Value>): Graph {
  const io = (id: ValueId) => {
    const { name, shape } = valueOfGraph(graph, id);
    const { h, w, c } = shape;
    return {
      value: id,
      name,
      layout: { onnxShape: [h, w, c], factors: [h, w, c], order: [0, 1, 2], onnxDType: 'int8' as const },
    };
  };
  const variable = [...new Set(node.inputs)].filter((id) => values.get(id)?.constant === null);
  return { name: graph.name, values, nodes: [node], inputs: variable.map(io), outputs: [io(node.output)] };
}
