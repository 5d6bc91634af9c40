/**
 * Channel slices of a unit (schedule.ts): the tensors between its first convolution and the pointwise one that sums
 * them up exist a slice of channels at a time. A slice is a small network of its own, with its part of the weights;
 * its last node adds to int32 partial sums. Nothing is computed twice.
 */

import { valueOf, type Int8Graph, type Int8Node, type Int8Value, type NodeId, type ValueId } from '../ir/int8-graph.js';
import { operatorOf } from '../ir/operators/index.js';
import type { ChannelRelation } from '../ir/operators/operator.js';
import type { Unit } from './schedule.js';

export interface ChannelSlice {
  readonly firstChannel: number;
  readonly channels: number;
  /** The sliced tensors have the slice's channels alone; all others are whole. */
  readonly graph: Int8Graph;
  /** By position in the unit, from its first node to the one that sums up. */
  readonly nodes: readonly Int8Node[];
}

export interface ChannelSlices {
  /** Position in the unit of the node that sums up. */
  readonly sumsAt: number;
  readonly count: number;
  /** Slices in order; all but the last have the same number of channels. */
  slice(index: number): ChannelSlice;
}

/** The slices of a unit; null where it has none. Throws (internal error) where its nodes cannot be sliced. */
export function channelSlices(graph: Int8Graph, unit: Pick<Unit, 'nodes' | 'sliceChannels'>): ChannelSlices | null {
  if (unit.sliceChannels === undefined) return null;
  const sumsAt = summingNode(graph, unit.nodes);
  if (sumsAt === null) throw new Error(`layers ${unit.nodes.join(', ')} have no tensor to cut into slices of channels`);
  return memo(
    graph,
    `${unit.nodes.slice(0, sumsAt + 1).join(' ')} / ${unit.sliceChannels}`,
    () => new Slices(graph, unit.nodes, sumsAt, unit.sliceChannels!),
  );
}

/**
 * Position of the pointwise convolution that can sum up over slices of what the nodes before it make: a convolution
 * without groups first, then operators that keep channels apart, each read by the next alone; null where there is none.
 */
export function summingNode(graph: Int8Graph, ids: readonly NodeId[]): number | null {
  const nodes = ids.map((id) => graph.nodes[id]);
  const relation = ({ op, inputs, output }: Int8Node): ChannelRelation =>
    operatorOf(op).channels(op, valueOf(graph, inputs[0]).shape, valueOf(graph, output).shape);
  if (!relation(nodes[0]).begins) return null;
  for (let k = 1; k < nodes.length; k++) {
    const node = nodes[k];
    const chained =
      node.inputs.length === 1 &&
      node.inputs[0] === nodes[k - 1].output &&
      nodes.every((other) => other === node || !other.inputs.includes(nodes[k - 1].output));
    if (!chained) return null;
    const { sums, keepsApart } = relation(node);
    if (sums) return k;
    if (!keepsApart) return null;
  }
  return null;
}

class Slices implements ChannelSlices {
  readonly count: number;
  private readonly made: ChannelSlice[] = [];
  private readonly total: number;

  constructor(
    private readonly graph: Int8Graph,
    private readonly ids: readonly NodeId[],
    readonly sumsAt: number,
    private readonly width: number,
  ) {
    this.total = valueOf(graph, graph.nodes[ids[0]].output).shape.c;
    this.count = Math.ceil(this.total / width);
  }

  slice(index: number): ChannelSlice {
    return (this.made[index] ??= this.make(index));
  }

  private make(index: number): ChannelSlice {
    const firstChannel = index * this.width;
    const channels = Math.min(this.width, this.total - firstChannel);
    const values = new Map<ValueId, Int8Value>(this.graph.values);
    const nodes = this.ids.slice(0, this.sumsAt + 1).map((id, k): Int8Node => {
      const node = this.graph.nodes[id];
      const macs = (node.macs * channels) / this.total;
      const { someChannels, partialSum } = operatorOf(node.op);
      if (k === this.sumsAt) return { ...node, macs, op: partialSum!(node.op, this.total, firstChannel, channels) };
      const value = valueOf(this.graph, node.output);
      values.set(node.output, { ...value, shape: { ...value.shape, c: channels } });
      return { ...node, macs, op: someChannels!(node.op, firstChannel, channels) };
    });
    return { firstChannel, channels, graph: { ...this.graph, values }, nodes };
  }
}

const memos = new WeakMap<Int8Graph, Map<string, ChannelSlices>>();

function memo(graph: Int8Graph, key: string, make: () => ChannelSlices): ChannelSlices {
  let known = memos.get(graph);
  if (known === undefined) memos.set(graph, (known = new Map()));
  let slices = known.get(key);
  if (slices === undefined) known.set(key, (slices = make()));
  return slices;
}
