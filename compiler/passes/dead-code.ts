/** Removes nodes and values that no output depends on. */

import type { Graph, ValueId } from '../ir/graph.js';

export function removeDeadCode(graph: Graph): Graph {
  const needed = new Set<ValueId>(graph.outputs.map((io) => io.value));
  const kept = [...graph.nodes]
    .reverse()
    .filter((node) => {
      if (!needed.has(node.output)) return false;
      for (const input of node.inputs) needed.add(input);
      return true;
    })
    .reverse();
  const isInput = new Set(graph.inputs.map((io) => io.value));
  const values = new Map([...graph.values].filter(([id]) => needed.has(id) || isInput.has(id)));
  return { ...graph, nodes: kept, values };
}
