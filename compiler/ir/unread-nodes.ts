/** Nodes whose result reaches no output of the network: no program holds one. */

import type { Int8Graph, Int8Node, ValueId } from './int8-graph.js';

/** The graph without them, and without values that nobody uses; the graph itself where there are none. O(nodes). */
export function withoutUnreadNodes(graph: Int8Graph): Int8Graph {
  const used = new Set<ValueId>(graph.outputs.map((io) => io.value));
  const kept: Int8Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!used.has(node.output)) continue;
    for (const input of node.inputs) used.add(input);
    kept.push(node);
  }
  for (const io of graph.inputs) used.add(io.value);
  if (kept.length === graph.nodes.length && [...graph.values.keys()].every((id) => used.has(id))) return graph;
  return {
    ...graph,
    nodes: kept.reverse().map((node, id) => ({ ...node, id })),
    values: new Map([...graph.values].filter(([id]) => used.has(id))),
  };
}
