/** Which values of a network have to share one quantisation: what only moves or selects codes keeps them. */

import type { Graph, Op, ValueId } from '../ir/graph.js';

/** Operators whose result consists of elements of their inputs, or lies between them. */
export function keepsCodes(op: Op): boolean {
  switch (op.kind) {
    case 'maxPool':
    case 'concat':
    case 'slice':
    case 'pad':
    case 'resize':
    case 'transpose':
    case 'gather':
    case 'reshape':
      return true;
    case 'binary':
      return op.fn === 'min' || op.fn === 'max';
    default:
      return false;
  }
}

/** Values by the first value of their group, in the order of the graph. */
export function quantisationGroups(graph: Graph): ReadonlyMap<ValueId, readonly ValueId[]> {
  const parent = new Map<ValueId, ValueId>();
  const rootOf = (id: ValueId): ValueId => {
    let at = id;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    return at;
  };
  const order: ValueId[] = [];
  const add = (id: ValueId): void => {
    if (parent.has(id)) return;
    parent.set(id, id);
    order.push(id);
  };
  for (const io of graph.inputs) add(io.value);
  for (const node of graph.nodes) {
    for (const id of [...node.inputs, node.output]) add(id);
    if (!keepsCodes(node.op)) continue;
    for (const id of node.inputs) {
      const [a, b] = [rootOf(node.output), rootOf(id)];
      if (a !== b) parent.set(a, b);
    }
  }
  const groups = new Map<ValueId, ValueId[]>();
  for (const id of order) {
    const root = rootOf(id);
    groups.set(root, [...(groups.get(root) ?? []), id]);
  }
  return new Map([...groups.values()].map((members) => [members[0], members]));
}
