/**
 * A scale and shift a channel behind a convolution in floating point (BatchNormalization, or Mul and Add of a
 * constant) becomes part of its weights and bias.
 */

import type { Bias, Conv2d, ConvTranspose2d, Graph, Node, ValueId } from '../ir/graph.js';
import { dilated } from '../ir/window.js';
import { rewriteNodes, usesOf } from './uses.js';
import type { Uses } from './uses.js';

/** y[c] = x[c] * scale[c] + shift[c] */
interface Affine {
  readonly input: ValueId;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

export function foldBatchNorm(graph: Graph): Graph {
  const uses = usesOf(graph);
  const replaced = new Map<ValueId, Node>();
  const gone = new Set<ValueId>();
  for (const node of graph.nodes) {
    const affine = affineOf(node, uses);
    if (affine === null || uses.count(affine.input) !== 1) continue;
    const producer = replaced.get(affine.input) ?? uses.producer(affine.input);
    if (producer === undefined || (producer.op.kind !== 'conv2d' && producer.op.kind !== 'convTranspose2d')) continue;
    const { op } = producer;
    if (op.weights.kind !== 'float' || op.clamp.min !== -Infinity || op.clamp.max !== Infinity) continue;
    replaced.set(node.output, { ...producer, op: folded(op, affine), output: node.output });
    gone.add(affine.input);
  }
  if (replaced.size === 0) return graph;
  return rewriteNodes(graph, (node) => (gone.has(node.output) ? null : (replaced.get(node.output) ?? node)));
}

/** The node as a function per channel of one value, in floating point. */
function affineOf(node: Node, uses: Uses): Affine | null {
  const { op } = node;
  if (uses.value(node.output).quant !== null) return null;
  if (op.kind === 'conv2d') {
    const { window, weights } = op;
    const isPerChannel =
      op.groups === op.outChannels &&
      weights.data.length === op.outChannels &&
      weights.kind === 'float' &&
      op.clamp.min === -Infinity &&
      op.clamp.max === Infinity &&
      window.strideH === 1 &&
      window.strideW === 1 &&
      window.padTop + window.padLeft + window.padBottom + window.padRight === 0 &&
      dilated(window.kernelH, window.dilationH) === 1;
    if (!isPerChannel || uses.value(node.inputs[0]).shape.c !== op.outChannels) return null;
    const shift = Float64Array.from({ length: op.outChannels }, (_, c) => biasAt(op.bias, c));
    return { input: node.inputs[0], scale: Float64Array.from(weights.data), shift };
  }
  if (op.kind !== 'binary' || op.clamp.min !== -Infinity || op.clamp.max !== Infinity) return null;
  const [a, b] = node.inputs.map((id) => uses.value(id));
  const [constant, input] = a.constant !== null ? [a, b] : [b, a];
  if (constant.constant === null || input.constant !== null) return null;
  const { h, w, c } = constant.shape;
  if (h !== 1 || w !== 1 || c !== input.shape.c) return null;
  const values = Float64Array.from(constant.constant);
  const fill = (v: number): Float64Array => new Float64Array(c).fill(v);
  switch (op.fn) {
    case 'add':
      return { input: input.id, scale: fill(1), shift: values };
    case 'mul':
      return { input: input.id, scale: values, shift: fill(0) };
    case 'sub':
      return constant === b
        ? { input: input.id, scale: fill(1), shift: values.map((v) => -v) }
        : { input: input.id, scale: fill(-1), shift: values };
    case 'div':
      return constant === b && !values.includes(0)
        ? { input: input.id, scale: values.map((v) => 1 / v), shift: fill(0) }
        : null;
    default:
      return null;
  }
}

const biasAt = (bias: Bias | null, c: number): number => (bias === null ? 0 : bias.data[c] * (bias.scales?.[c] ?? 1));

function folded<T extends Conv2d | ConvTranspose2d>(op: T, { scale, shift }: Affine): T {
  const inner = op.weights.data.length / op.outChannels;
  const data = Float32Array.from(op.weights.data, (v, i) => v * scale[Math.floor(i / inner)]);
  const bias = Float32Array.from(shift, (v, c) => biasAt(op.bias, c) * scale[c] + v);
  const hasBias = op.bias !== null || bias.some((v) => v !== 0);
  return { ...op, weights: { kind: 'float', data }, bias: hasBias ? { data: bias, scales: null } : null };
}
