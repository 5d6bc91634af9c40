/** Which channels someone reads: from the network's outputs backwards, until nothing changes. */

import { valueOf, type ConvOp, type Int8Graph, type Int8Node, type ValueId } from '../../ir/int8-graph.js';
import { transpose } from '../../reference/int8/move.js';
import { ChannelSets } from './coupled-channels.js';

/** What one node asks of the channels of its inputs. */
interface Reader {
  /** Marks what the kept channels of the output read; true if something new was marked. */
  propagate(): boolean;
}

export function liveChannels(graph: Int8Graph): ChannelSets {
  const sets = new ChannelSets(graph);
  const all = (id: ValueId): boolean => {
    let news = false;
    for (let c = 0; c < valueOf(graph, id).shape.c; c++) if (sets.keep(id, c)) news = true;
    return news;
  };
  for (const node of graph.nodes) link(graph, node, sets);
  for (const io of [...graph.inputs, ...graph.outputs]) all(io.value);
  const readers = graph.nodes.map((node) => reader(graph, node, sets, all)).reverse();
  for (;;) {
    let news = false;
    for (const r of readers) if (r.propagate()) news = true;
    if (!news && !keepOneInput(graph, sets, readers)) return sets;
  }
}

/**
 * A convolution of constants only still reads a tensor: its first channel. From the last node to the first, each one's
 * own reads before this, so that a chain of them takes one pass. `readers` stand in that order.
 */
function keepOneInput(graph: Int8Graph, sets: ChannelSets, readers: readonly Reader[]): boolean {
  let news = false;
  readers.forEach((r, i) => {
    r.propagate();
    const node = graph.nodes[graph.nodes.length - 1 - i];
    const [input] = node.inputs;
    if (
      isDense(node) &&
      sets.kept(graph, node.output).length > 0 &&
      sets.kept(graph, input).length === 0 &&
      sets.keep(input, 0)
    )
      news = true;
  });
  return news;
}

const isConv = (node: Int8Node): node is Int8Node & { readonly op: ConvOp } =>
  node.op.kind === 'conv2d' || node.op.kind === 'convTranspose2d';

/** A convolution without groups: its inputs and outputs go channel by channel. */
const isDense = (node: Int8Node): boolean => isConv(node) && node.op.groups === 1;

const channelsOf = (graph: Int8Graph, id: ValueId): number => valueOf(graph, id).shape.c;

/**
 * Channels of the input that each output channel is a copy of, where a node only picks channels and so can pick
 * fewer (a gather in the program made from it); else null.
 */
export function channelSources(graph: Int8Graph, node: Int8Node): readonly number[] | null {
  const { op } = node;
  const input = valueOf(graph, node.inputs[0]).shape;
  const output = valueOf(graph, node.output).shape;
  const each = Array.from({ length: output.c }, (_, c) => c);
  if (op.kind === 'slice') {
    const samePixels = input.h === output.h && input.w === output.w && op.step.h === 1 && op.step.w === 1;
    return samePixels && op.step.c !== 1 ? each.map((c) => op.start.c + c * op.step.c) : null;
  }
  if (op.kind === 'gather') return op.axis === 'c' ? [...op.indices] : null;
  // Rows that become columns are another shape, which a gather does not make.
  if (op.kind !== 'transpose' || input.h !== output.h || input.w !== output.w || input.c !== output.c) return null;
  const total = op.dims.reduce((a, b) => a * b, 1);
  const source = transpose(
    op.dims,
    op.perm,
    Float64Array.from({ length: total }, (_, i) => i),
  );
  // Within each pixel, and the same in all of them.
  const within = source.every(
    (from, to) => Math.floor(from / input.c) === Math.floor(to / input.c) && from % input.c === source[to % input.c],
  );
  return within ? each.map((c) => source[c]) : null;
}

/** Ties channels that a node can only have together. */
function link(graph: Int8Graph, node: Int8Node, sets: ChannelSets): void {
  const { op, output } = node;
  const outChannels = channelsOf(graph, output);
  const sameChannels = (id: ValueId): void => {
    if (channelsOf(graph, id) !== outChannels) return;
    for (let c = 0; c < outChannels; c++) sets.link(output, c, id, c);
  };
  switch (op.kind) {
    case 'conv2d':
    case 'convTranspose2d': {
      node.inputs.slice(1).forEach(sameChannels);
      if (op.groups === 1) return;
      const [input] = node.inputs;
      const perIn = channelsOf(graph, input) / op.groups;
      const perOut = outChannels / op.groups;
      for (let g = 0; g < op.groups; g++) {
        for (let i = 0; i < perIn; i++) sets.link(output, g * perOut, input, g * perIn + i);
        for (let o = 1; o < perOut; o++) sets.link(output, g * perOut, output, g * perOut + o);
      }
      return;
    }
    case 'add':
    case 'mul':
    case 'min':
    case 'max':
    case 'lut':
    case 'prelu':
    case 'maxPool':
    case 'averagePool':
    case 'poolSums':
    case 'elementwise':
    case 'resize':
      return node.inputs.forEach(sameChannels);
    case 'pad':
      if (op.before.c === 0 && op.after.c === 0) sameChannels(node.inputs[0]);
      return;
    case 'concat': {
      let first = 0;
      for (const id of node.inputs) {
        for (let c = 0; c < channelsOf(graph, id); c++) sets.link(output, op.axis === 'c' ? first + c : c, id, c);
        if (op.axis === 'c') first += channelsOf(graph, id);
      }
      return;
    }
    case 'reshape': {
      // Element e is channel e mod c of one and e mod c' of the other.
      const [input] = node.inputs;
      const inChannels = channelsOf(graph, input);
      for (let e = 0; e < inChannels * outChannels; e++) sets.link(output, e % outChannels, input, e % inChannels);
      return;
    }
    case 'slice':
      // The channels that stay of a range are a range again.
      if (op.step.c === 1) for (let c = 0; c < outChannels; c++) sets.link(output, c, node.inputs[0], op.start.c + c);
      return;
    case 'gather':
      if (op.axis !== 'c') sameChannels(node.inputs[0]);
      return;
    case 'softmax':
    case 'logSoftmax':
    case 'argMax':
    case 'floatPixels':
    case 'transpose':
      return;
    default:
      op satisfies never;
  }
}

/** What a node reads beyond what `link` tied. */
function reader(graph: Int8Graph, node: Int8Node, sets: ChannelSets, all: (id: ValueId) => boolean): Reader {
  const { op, output } = node;
  const outChannels = channelsOf(graph, output);
  const anyKept = (): boolean => sets.kept(graph, output).length > 0;
  const whole = (): boolean => {
    if (!anyKept()) return false;
    const news = node.inputs.map(all);
    return all(output) || news.includes(true);
  };
  const broadcast = node.inputs.filter((id, i) => channelsOf(graph, id) !== outChannels && (i > 0 || !isConv(node)));
  const repeated = (): boolean => anyKept() && broadcast.map(all).includes(true);
  if (isConv(node) && node.op.groups === 1) {
    return {
      propagate: () => {
        const news = propagateConv(graph, node.op, node.inputs[0], output, sets);
        return repeated() || news;
      },
    };
  }
  switch (op.kind) {
    case 'add':
    case 'mul':
    case 'min':
    case 'max':
    case 'conv2d':
    case 'convTranspose2d':
    case 'elementwise':
    case 'poolSums':
      return { propagate: repeated };
    case 'pad':
      return { propagate: () => (op.before.c + op.after.c > 0 ? whole() : false) };
    case 'slice':
    case 'gather':
    case 'transpose': {
      const linked = (op.kind === 'slice' && op.step.c === 1) || (op.kind === 'gather' && op.axis !== 'c');
      if (linked) return { propagate: () => false };
      const sources = channelSources(graph, node);
      if (sources === null) return { propagate: whole };
      return {
        propagate: () =>
          sources.map((from, to) => sets.isKept(output, to) && sets.keep(node.inputs[0], from)).includes(true),
      };
    }
    case 'softmax':
    case 'logSoftmax':
    case 'argMax':
    case 'floatPixels':
      return { propagate: whole };
    // Their channels are tied to those of what they read.
    case 'lut':
    case 'prelu':
    case 'maxPool':
    case 'averagePool':
    case 'resize':
    case 'concat':
    case 'reshape':
      return { propagate: () => false };
  }
}

/** A dense convolution reads the channels on which a kept output has a weight. */
function propagateConv(graph: Int8Graph, op: ConvOp, input: ValueId, output: ValueId, sets: ChannelSets): boolean {
  const inChannels = channelsOf(graph, input);
  const length = op.window.kernelH * op.window.kernelW * inChannels;
  const kept = sets.kept(graph, output);
  let news = false;
  for (let c = 0; c < inChannels; c++) {
    if (sets.isKept(input, c)) continue;
    const isRead = kept.some((o) => {
      for (let i = o * length + c; i < (o + 1) * length; i += inChannels) if (op.weights[i] !== 0) return true;
      return false;
    });
    if (isRead && sets.keep(input, c)) news = true;
  }
  return news;
}
