/** One more residual block, a copy of the one before it that adds nothing yet: its last convolution is zeros. */

import type { Graph, Node, ValueId } from '../../ir/graph.js';
import { valueOfGraph } from '../../ir/graph.js';
import { blockAt, blocksOf, type ResidualBlock } from '../blocks.js';
import { illegal, type InsertBlock, type MoveRule } from '../move.js';
import { type ConvNode, freshId, freshName, isConv, nodeOf, redirect } from '../structure.js';

/** The convolution that a branch ends with, where a branch of zeros adds nothing; null where there is none. */
function lastConv(block: ResidualBlock): ConvNode | null {
  const last = block.branch[block.branch.length - 1];
  const keepsZero = isConv(last) && last.op.clamp.min <= 0 && last.op.clamp.max >= 0;
  return keepsZero && last.output === block.branchEnd ? last : null;
}

const silent = ({ op }: ConvNode): ConvNode['op'] => ({
  ...op,
  weights: { kind: 'float', data: new Float32Array(op.weights.data.length) },
  bias: op.bias === null ? null : { data: new Float32Array(op.outChannels), scales: null },
});

/** The last block of each run of blocks: a copy of another would be the same network. */
function lastBlocks(graph: Graph): readonly ResidualBlock[] {
  const blocks = blocksOf(graph).filter((b) => lastConv(b) !== null);
  const followed = new Set(blocks.map(({ skip }) => skip));
  return blocks.filter(({ add }) => !followed.has(add.output));
}

export const insertBlock: MoveRule<InsertBlock> = {
  kind: 'insertBlock',
  list: (graph) => lastBlocks(graph).map(({ add }): InsertBlock => ({ kind: 'insertBlock', node: add.name })),
  apply(graph, move) {
    const block = blockAt(graph, nodeOf(graph, move));
    if (typeof block === 'string') throw illegal(move, block);
    const last = lastConv(block);
    if (last === null) throw illegal(move, `what '${move.node}' adds is not the result of a convolution`);
    const { add, skip, branch } = block;
    const values = new Map(graph.values);
    const ids = new Map<ValueId, ValueId>([[skip, add.output]]);
    let made: Graph = graph;
    const copies: Node[] = [...branch, add].map((node) => {
      const output = freshId({ ...graph, values });
      const name = freshName(made, node.name);
      const inputs = node.inputs.map((id) => ids.get(id) ?? id);
      ids.set(node.output, output);
      values.set(output, { ...valueOfGraph(graph, node.output), id: output, name });
      const copy: Node = { name, op: node === last ? silent(last) : node.op, inputs, output };
      made = { ...made, nodes: [...made.nodes, copy] };
      return copy;
    });
    const end = copies[copies.length - 1].output;
    const own = new Set(copies);
    const nodes = graph.nodes.flatMap((node) => (node === add ? [node, ...copies] : [node]));
    return redirect({ ...graph, values, nodes }, add.output, end, own);
  },
  words(graph, move) {
    const block = blockAt(graph, nodeOf(graph, move));
    const count = typeof block === 'string' ? 1 : block.branch.length;
    return `a residual block of ${count} layers follows ${move.node}, at first the identity`;
  },
};
