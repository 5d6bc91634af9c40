/** Residual blocks: an Add of a tensor and of what a branch makes of that tensor. */

import { type Graph, type Node, type ValueId, valueOfGraph } from '../ir/graph.js';
import { dependents, isOutput, readersOf } from './structure.js';

export interface ResidualBlock {
  readonly add: Node;
  /** What the block reads, and adds to. */
  readonly skip: ValueId;
  /** What is added. */
  readonly branchEnd: ValueId;
  /** The nodes that make it, in order. */
  readonly branch: readonly Node[];
}

/** The block that ends with `add`, or in words why it is none. */
export function blockAt(graph: Graph, add: Node): ResidualBlock | string {
  const { op, inputs } = add;
  if (op.kind !== 'binary' || op.fn !== 'add') return `'${add.name}' does not add two tensors`;
  const [a, b] = inputs.map((id) => valueOfGraph(graph, id));
  if (a.constant !== null || b.constant !== null || a.id === b.id) return `'${add.name}' does not add two tensors`;
  for (const [skip, branchEnd] of [
    [a.id, b.id],
    [b.id, a.id],
  ]) {
    const block = branchBetween(graph, add, skip, branchEnd);
    if (block !== null) return block;
  }
  return `neither tensor of '${add.name}' is made from the other alone`;
}

/** Null where the branch reads something else, or something else reads it. */
function branchBetween(graph: Graph, add: Node, skip: ValueId, branchEnd: ValueId): ResidualBlock | null {
  const behindSkip = dependents(graph, skip);
  const needed = new Set<ValueId>([branchEnd]);
  const branch: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!needed.has(node.output)) continue;
    if (!behindSkip.has(node)) return null;
    branch.push(node);
    for (const id of node.inputs) if (id !== skip && valueOfGraph(graph, id).constant === null) needed.add(id);
  }
  branch.reverse();
  if (branch.length === 0) return null;
  const members = new Set<Node>([...branch, add]);
  const escapes = branch.some(
    ({ output }) => isOutput(graph, output) || readersOf(graph, output).some((reader) => !members.has(reader)),
  );
  return escapes ? null : { add, skip, branchEnd, branch };
}

export const blocksOf = (graph: Graph): readonly ResidualBlock[] =>
  graph.nodes.map((node) => blockAt(graph, node)).filter((b): b is ResidualBlock => typeof b !== 'string');
