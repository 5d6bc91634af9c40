/** The program without the channels that no one needs. */

import {
  valueOf,
  type ConvOp,
  type Int8Graph,
  type Int8Node,
  type Int8Op,
  type Int8Value,
  type ValueId,
} from '../../ir/int8-graph.js';
import type { ChannelSets } from './coupled-channels.js';
import { pickChannels, pickEpilogueChannels } from '../../ir/pick-channels.js';
import { channelSources } from './live-channels.js';

/** Nodes without a kept channel disappear; the others, and their values and constants, keep only theirs. */
export function rebuild(graph: Int8Graph, sets: ChannelSets): Int8Graph {
  const kept = new Map<ValueId, number[]>([...graph.values.keys()].map((id) => [id, sets.kept(graph, id)]));
  const channels = (id: ValueId): number[] => kept.get(id) ?? [];
  const nodes: Int8Node[] = [];
  for (const node of graph.nodes) {
    if (channels(node.output).length === 0) continue;
    const inputs = node.op.kind === 'concat' ? node.inputs.filter((id) => channels(id).length > 0) : node.inputs;
    const op =
      node.op.kind === 'concat' && inputs.length === 1
        ? ({ kind: 'reshape' } as const)
        : rebuildOp(graph, node, channels);
    nodes.push({ ...node, id: nodes.length, op, inputs, macs: macsOf(graph, node, op, channels) });
  }
  const used = new Set([
    ...nodes.flatMap((n) => [...n.inputs, n.output]),
    ...graph.inputs.map((io) => io.value),
    ...graph.outputs.map((io) => io.value),
  ]);
  const values = new Map<ValueId, Int8Value>();
  for (const [id, value] of graph.values) if (used.has(id)) values.set(id, rebuildValue(value, channels(id)));
  return { ...graph, values, nodes };
}

function rebuildValue(value: Int8Value, channels: readonly number[]): Int8Value {
  const { shape, constant } = value;
  if (channels.length === shape.c) return value;
  const pixels = shape.h * shape.w;
  return {
    ...value,
    shape: { ...shape, c: channels.length },
    constant:
      constant === null
        ? null
        : Int8Array.from(
            { length: pixels * channels.length },
            (_, i) => constant[Math.floor(i / channels.length) * shape.c + channels[i % channels.length]],
          ),
  };
}

function macsOf(graph: Int8Graph, node: Int8Node, op: Int8Op, channels: (id: ValueId) => number[]): number {
  if (op.kind !== 'conv2d' && op.kind !== 'convTranspose2d') return node.macs;
  const { h, w } = valueOf(graph, op.kind === 'conv2d' ? node.output : node.inputs[0]).shape;
  return (
    (h * w * op.window.kernelH * op.window.kernelW * channels(node.inputs[0]).length * channels(node.output).length) /
    op.groups
  );
}

function rebuildOp(graph: Int8Graph, node: Int8Node, channels: (id: ValueId) => number[]): Int8Op {
  const { op } = node;
  const out = channels(node.output);
  switch (op.kind) {
    case 'conv2d':
    case 'convTranspose2d':
      return rebuildConv(
        op,
        valueOf(graph, node.inputs[0]).shape.c,
        channels(node.inputs[0]),
        out,
        valueOf(graph, node.output).shape.c,
      );
    case 'elementwise':
      return { ...op, epilogue: pickEpilogueChannels(op.epilogue, out) };
    case 'poolSums':
      return { ...op, epilogues: op.epilogues.map((e) => pickEpilogueChannels(e, out)) };
    case 'prelu':
      return { ...op, negative: pickChannels(op.negative, out) };
    case 'slice':
    case 'gather':
    case 'transpose':
      return rebuildSelection(graph, node, channels(node.inputs[0]), out);
    default:
      return op;
  }
}

/** Whole groups go; without groups, input and output channels go one by one. */
function rebuildConv(
  op: ConvOp,
  inChannels: number,
  keptIn: readonly number[],
  keptOut: readonly number[],
  outChannels: number,
): ConvOp {
  if (keptOut.length === outChannels && keptIn.length === inChannels) return op;
  const taps = op.window.kernelH * op.window.kernelW;
  const groupIn = inChannels / op.groups;
  const groups = op.groups === 1 ? 1 : keptIn.length / groupIn;
  const columns = op.groups === 1 ? keptIn : Array.from({ length: groupIn }, (_, i) => i);
  const length = taps * columns.length;
  const weights =
    op.weights.constructor === Int8Array
      ? new Int8Array(keptOut.length * length)
      : new Int16Array(keptOut.length * length);
  keptOut.forEach((o, row) => {
    for (let t = 0; t < taps; t++)
      columns.forEach((c, i) => {
        weights[row * length + t * columns.length + i] = op.weights[(o * taps + t) * groupIn + c];
      });
  });
  return {
    ...op,
    groups,
    weights,
    bias: Int32Array.from(keptOut, (o) => op.bias[o]),
    requant: pickChannels(op.requant, keptOut),
    ...(op.epilogue === undefined ? {} : { epilogue: pickEpilogueChannels(op.epilogue, keptOut) }),
  };
}

/** A node that picks channels picks among those that remain. */
function rebuildSelection(
  graph: Int8Graph,
  node: Int8Node,
  keptIn: readonly number[],
  keptOut: readonly number[],
): Int8Op {
  const { op } = node;
  const unchanged =
    keptIn.length === valueOf(graph, node.inputs[0]).shape.c && keptOut.length === valueOf(graph, node.output).shape.c;
  if (unchanged) return op;
  if (op.kind === 'slice' && op.step.c === 1) {
    return { ...op, start: { ...op.start, c: keptIn.filter((c) => c < op.start.c).length } };
  }
  const sources = channelSources(graph, node);
  if (sources === null) return op;
  const place = new Map(keptIn.map((c, i) => [c, i]));
  return { kind: 'gather', axis: 'c', indices: Int32Array.from(keptOut, (c) => place.get(sources[c]) ?? 0) };
}
