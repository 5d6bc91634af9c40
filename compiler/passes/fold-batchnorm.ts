/**
 * A scale and shift a channel behind a convolution in floating point (BatchNormalization, or Mul and Add of a
 * constant) becomes part of its weights and bias.
 */

import { affineOfBinary, type ChannelAffine, foldIntoConvolution } from '../ir/channel-affine.js';
import { type Clamp, type Conv2d, type Graph, type Node, floatBias, type ValueId } from '../ir/graph.js';
import { dilated } from '../ir/window.js';
import { rewriteNodes, type Uses, usesOf } from './uses.js';

export function foldBatchNorm(graph: Graph): Graph {
  const uses = usesOf(graph);
  const replaced = new Map<ValueId, Node>();
  const gone = new Set<ValueId>();
  for (const node of graph.nodes) {
    const affine = affineOf(node, uses);
    // A quantised result was rounded: what follows cannot come before that.
    if (affine === null || uses.count(affine.input) !== 1 || uses.value(affine.input).quant !== null) continue;
    const producer = replaced.get(affine.input) ?? uses.producer(affine.input);
    if (producer === undefined || (producer.op.kind !== 'conv2d' && producer.op.kind !== 'convTranspose2d')) continue;
    const { op } = producer;
    if (op.weights.kind !== 'float' || isClamped(op)) continue;
    replaced.set(node.output, { ...producer, op: foldIntoConvolution(op, affine), output: node.output });
    gone.add(affine.input);
  }
  if (replaced.size === 0) return graph;
  return rewriteNodes(graph, (node) => (gone.has(node.output) ? null : (replaced.get(node.output) ?? node)));
}

const isClamped = ({ clamp }: { clamp: Clamp }): boolean => clamp.min !== -Infinity || clamp.max !== Infinity;

/** The node as a function per channel of one value, in floating point. */
function affineOf(node: Node, uses: Uses): (ChannelAffine & { readonly input: ValueId }) | null {
  const { op } = node;
  if (op.kind === 'conv2d') {
    const [input] = node.inputs;
    return isPerChannel(op, uses.value(input).shape.c)
      ? { input, scale: Float64Array.from(op.weights.data), shift: floatBias(op) }
      : null;
  }
  if (op.kind !== 'binary' || isClamped(op)) return null;
  const [a, b] = node.inputs.map((id) => uses.value(id));
  const [constant, input] = a.constant !== null ? [a, b] : [b, a];
  if (!(constant.constant instanceof Float32Array) || input.constant !== null) return null;
  const { h, w, c } = constant.shape;
  if (h !== 1 || w !== 1 || c !== input.shape.c) return null;
  const affine = affineOfBinary(op.fn, constant.constant, constant === a);
  return affine === null ? null : { input: input.id, ...affine };
}

/** A 1x1 depthwise convolution: what a BatchNormalization of its own is. */
function isPerChannel(op: Conv2d, channels: number): boolean {
  const { window, weights } = op;
  return (
    channels === op.outChannels &&
    op.groups === channels &&
    weights.kind === 'float' &&
    weights.data.length === channels &&
    !isClamped(op) &&
    window.strideH === 1 &&
    window.strideW === 1 &&
    window.padTop + window.padLeft + window.padBottom + window.padRight === 0 &&
    dilated(window.kernelH, window.dilationH) === 1
  );
}
