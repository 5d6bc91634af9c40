/** Which whole tensors live at a node or across a run of nodes; Reshape is the same bytes under another name. */

import { isReshape } from '../ir/operators/index.js';
import { bytesOf, type Int8Graph, type ValueId, valueOf } from '../ir/int8-graph.js';

export interface Liveness {
  /** The tensor whose bytes a value shares (itself, but for Reshape). */
  root(value: ValueId): ValueId;
  bytes(value: ValueId): number;
  /** Node that makes it, -1 for a network input. */
  madeBy(root: ValueId): number;
  /** Last node that reads it; the number of nodes where it is a network output. */
  lastRead(root: ValueId): number;
  /** Roots that exist before node `first` runs and are still read by a node >= `first` (or are outputs). */
  liveAt(first: number): readonly ValueId[];
}

export function liveness(graph: Int8Graph, keepInput: boolean): Liveness {
  const parent = new Map<ValueId, ValueId>();
  const root = (value: ValueId): ValueId => {
    let v = value;
    for (let p = parent.get(v); p !== undefined; p = parent.get(v)) v = p;
    return v;
  };
  const made = new Map<ValueId, number>();
  const last = new Map<ValueId, number>();
  for (const io of graph.inputs) {
    made.set(io.value, -1);
    last.set(io.value, keepInput ? graph.nodes.length : -1);
  }
  for (const node of graph.nodes) {
    if (isReshape(node.op)) parent.set(node.output, node.inputs[0]);
    else made.set(node.output, node.id);
    for (const id of node.inputs) {
      if (valueOf(graph, id).constant === null) last.set(root(id), Math.max(last.get(root(id)) ?? -1, node.id));
    }
  }
  for (const io of graph.outputs) last.set(root(io.value), graph.nodes.length);
  const bytes = (value: ValueId): number => (bytesOf(valueOf(graph, value)) + 3) & ~3;
  const roots = [...made.keys()];
  const lastRead = (value: ValueId): number => last.get(value) ?? made.get(value) ?? -1;
  const madeBy = (value: ValueId): number => made.get(value) ?? -1;
  return {
    root,
    bytes,
    madeBy,
    lastRead,
    liveAt: (first) => roots.filter((v) => madeBy(v) < first && lastRead(v) >= first),
  };
}
