/** Who writes and who reads the values of a graph. */

import type { Graph, Node, Value, ValueId } from '../ir/graph.js';
import { valueOfGraph } from '../ir/graph.js';

export interface Uses {
  producer(id: ValueId): Node | undefined;
  /** Nodes that read the value; a network output counts as one more reader. */
  count(id: ValueId): number;
  value(id: ValueId): Value;
}

export function usesOf(graph: Graph): Uses {
  const producers = new Map(graph.nodes.map((n) => [n.output, n]));
  const counts = new Map<ValueId, number>();
  const add = (id: ValueId): void => {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  };
  for (const node of graph.nodes) node.inputs.forEach(add);
  for (const io of graph.outputs) add(io.value);
  return {
    producer: (id) => producers.get(id),
    count: (id) => counts.get(id) ?? 0,
    value: (id) => valueOfGraph(graph, id),
  };
}

/**
 * The graph with nodes replaced (null: left out) and reads of some values redirected to others. `replace` sees nodes
 * in order; a value that nothing writes any more stays in the graph until dead code is removed.
 */
export function rewriteNodes(
  graph: Graph,
  replace: (node: Node) => Node | null,
  redirect: ReadonlyMap<ValueId, ValueId> = new Map(),
): Graph {
  const target = (id: ValueId): ValueId => {
    let at = id;
    for (let next = redirect.get(at); next !== undefined; next = redirect.get(at)) at = next;
    return at;
  };
  const nodes = graph.nodes
    .map(replace)
    .filter((n) => n !== null)
    .map((n) => (n.inputs.some((i) => redirect.has(i)) ? { ...n, inputs: n.inputs.map(target) } : n));
  return { ...graph, nodes };
}
