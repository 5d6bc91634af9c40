/** Fewer channels where a convolution makes them, and where they are read. */

import { type Graph, valueOfGraph } from '../../ir/graph.js';
import { type Channels, channelsOf, cutSpace } from '../channels.js';
import { type CutWidth, illegal, type MoveRule } from '../move.js';
import { type ConvNode, convOf, isConv } from '../structure.js';

/** Packed weights hold channels by this many: other widths cost the same as the next multiple. */
const granule = 4;
const sharesOffered = [0.75, 0.5] as const;

/** The space that a convolution over all channels makes, or in words why it cannot be cut. */
export function spaceMadeBy(channels: Channels, node: ConvNode): number | string {
  if (node.op.groups !== 1) return `'${node.name}' is a grouped convolution`;
  const [space] = channels.segments.get(node.output) ?? [];
  return channels.fixed.get(space.id) ?? space.id;
}

/** The network with only some channels of what `node` makes; ascending. */
export function cutTo(graph: Graph, move: CutWidth, kept: readonly number[]): Graph {
  const node = convOf(graph, move);
  const channels = channelsOf(graph);
  const space = spaceMadeBy(channels, node);
  if (typeof space === 'string') throw illegal(move, `its channels must stay: ${space}`);
  const { channels: wanted } = move;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted >= node.op.outChannels)
    throw illegal(move, `${wanted} is not a smaller number of channels than ${node.op.outChannels}`);
  return cutSpace(graph, channels, space, kept);
}

export const cutWidth: MoveRule<CutWidth> = {
  kind: 'cutWidth',
  list(graph) {
    const channels = channelsOf(graph);
    const seen = new Set<number>();
    return graph.nodes.filter(isConv).flatMap((node) => {
      const space = spaceMadeBy(channels, node);
      if (typeof space === 'string' || seen.has(space)) return [];
      seen.add(space);
      const { outChannels: n } = node.op;
      const sizes = new Set(sharesOffered.map((share) => Math.ceil((n * share) / granule) * granule));
      return [...sizes]
        .filter((count) => count < n)
        .map((count): CutWidth => ({ kind: 'cutWidth', node: node.name, channels: count }));
    });
  },
  apply: (graph, move) =>
    cutTo(
      graph,
      move,
      Array.from({ length: Math.max(move.channels, 0) || 0 }, (_, c) => c),
    ),
  words(graph, move) {
    const { outChannels } = convOf(graph, move).op;
    const channels = channelsOf(graph);
    const space = spaceMadeBy(channels, convOf(graph, move));
    const others = graph.nodes.filter(
      (n) =>
        n.name !== move.node &&
        isConv(n) &&
        n.op.groups === 1 &&
        (channels.segments.get(n.output) ?? []).some((s) => s.id === space && s.count === outChannels) &&
        valueOfGraph(graph, n.output).shape.c === outChannels,
    );
    const along = others.length === 0 ? '' : ` and of ${others.length} that are added to it`;
    return `the width of ${move.node}${along} goes from ${outChannels} to ${move.channels} channels`;
  },
};
