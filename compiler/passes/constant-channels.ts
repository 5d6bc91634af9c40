/**
 * Removes from the integer program, without changing a byte of any output, the channels that hold one code whatever
 * the input, and then those that no one reads.
 *
 * Constant means that every border class of output positions gives the same code. What a convolution reads from a
 * constant channel goes into its bias, unless a tap with a weight on it reads padding somewhere and the constant is
 * not the zero point. Elementwise operators are constant where all of their operands are. A channel is then needed
 * if it reaches an output of the network through weights that are left; channels that a node can only have together
 * (a depthwise's input and output, both operands of an Add) stay or go together.
 */

import { valueOf, type Int8Graph, type Int8Node, type ValueId } from '../ir/int8-graph.js';
import { withoutUnreadNodes } from '../ir/unread-nodes.js';
import { constantCodes, sourceCodes, type ChannelCodes } from './channels/constants.js';
import { foldConstants } from './channels/fold.js';
import { liveChannels } from './channels/live-channels.js';
import { rebuild } from './channels/rebuild.js';

/** Output channels of a node that are gone from the program. */
export interface RemovedFrom {
  readonly node: string;
  readonly channels: number;
  readonly of: number;
  readonly reason: 'constant' | 'never read';
}

export interface Removal {
  readonly graph: Int8Graph;
  /** In node order; only convolutions, the nodes that cost multiply-accumulates. */
  readonly removed: readonly RemovedFrom[];
  /** Multiply-accumulates of the program before, and those left: live. */
  readonly macs: { readonly total: number; readonly live: number };
}

export function removeConstantChannels(graph: Int8Graph): Removal {
  let current = graph;
  const counts = new Map<string, { constant: number; unread: number }>();
  // A grouped convolution left with one group can lose single channels, so a second look may find more.
  for (
    let channels = channelCount(graph), before = Infinity;
    channels < before;
    before = channels, channels = channelCount(current)
  ) {
    current = removeOnce(current, counts);
  }
  const removed = graph.nodes.filter(isConv).flatMap((node) => {
    const { constant, unread } = counts.get(node.name) ?? { constant: 0, unread: 0 };
    const of = valueOf(graph, node.output).shape.c;
    const entries: RemovedFrom[] = [
      { node: node.name, channels: constant, of, reason: 'constant' },
      { node: node.name, channels: unread, of, reason: 'never read' },
    ];
    return entries.filter((entry) => entry.channels > 0);
  });
  return { graph: current, removed, macs: { total: macsOf(graph), live: macsOf(current) } };
}

const macsOf = (graph: Int8Graph): number => graph.nodes.reduce((n, node) => n + node.macs, 0);
const channelCount = (graph: Int8Graph): number =>
  graph.nodes.reduce((n, node) => n + valueOf(graph, node.output).shape.c, 0);

function removeOnce(graph: Int8Graph, counts: Map<string, { constant: number; unread: number }>): Int8Graph {
  const { folded: all, codes } = foldAll(graph);
  // Its input may be read by others, and tie its channels to theirs: a node that nobody reads goes first.
  const folded = withoutUnreadNodes(all);
  const sets = liveChannels(folded);
  for (const node of graph.nodes.filter(isConv)) {
    const count = counts.get(node.name) ?? { constant: 0, unread: 0 };
    const isRead = folded.values.has(node.output);
    codes.get(node.output)?.forEach((code, c) => {
      if (isRead && sets.isKept(node.output, c)) return;
      if (Number.isNaN(code)) count.unread++;
      else count.constant++;
    });
    counts.set(node.name, count);
  }
  return rebuild(folded, sets);
}

const isConv = (node: Int8Node): boolean => node.op.kind === 'conv2d' || node.op.kind === 'convTranspose2d';

/** Finds the constants, in node order, and folds them into the convolutions that read them. */
function foldAll(graph: Int8Graph): { folded: Int8Graph; codes: ReadonlyMap<ValueId, ChannelCodes> } {
  const codes = new Map<ValueId, ChannelCodes>();
  const codesOf = (id: ValueId): ChannelCodes => {
    const known = codes.get(id) ?? sourceCodes(graph, id);
    codes.set(id, known);
    return known;
  };
  const nodes = graph.nodes.map((node): Int8Node => {
    const inputs = node.inputs.map(codesOf);
    const output = constantCodes(graph, node, inputs);
    codes.set(node.output, output);
    const { op } = node;
    return op.kind === 'conv2d' || op.kind === 'convTranspose2d'
      ? { ...node, op: foldConstants(graph, node, op, inputs[0], output) }
      : node;
  });
  return { folded: { ...graph, nodes }, codes };
}
