/** A network as two: what is quantised, and the arithmetic at its end that stays in floating point. */

import { type Graph, type GraphIo, type Node, type Value, type ValueId, valueOfGraph } from '../ir/graph.js';
import { floatTailOf } from '../ir/float-tail.js';

export interface SplitNetwork {
  /** Ends at the tensors that the tail reads, then at the outputs that have no tail. */
  readonly body: Graph;
  /** Nodes of the tail. */
  readonly tail: readonly Node[];
  /** The whole network, with the body in another form: outputs of the same order and shapes. */
  join(body: Graph): Graph;
}

/**
 * Cuts before the first operator that computes: behind it there is nothing but elementwise functions, Softmax and moves of
 * data, to the outputs. Moves in front of it belong to the body, where they move codes. Null where nothing is left to
 * stay float.
 */
export function splitFloatTail(graph: Graph): SplitNetwork | null {
  const tail = floatTailOf(graph, 'without moves');
  if (tail.size === 0) return null;
  const isMade = new Set([...tail].map((node) => node.output));
  const isRead = (id: ValueId): boolean => valueOfGraph(graph, id).constant === null && !isMade.has(id);
  const nodes = graph.nodes.filter((node) => tail.has(node));
  const read = [...new Set(nodes.flatMap((node) => node.inputs).filter(isRead))];
  const others = graph.outputs.filter((io) => isRead(io.value) && !read.includes(io.value));
  const outputs = [...read.map((id) => innerOutput(valueOfGraph(graph, id))), ...others];
  const body = { ...graph, nodes: graph.nodes.filter((node) => !tail.has(node)), outputs };
  return {
    body: { ...body, values: valuesOf(body) },
    tail: nodes,
    join: (given) => join(graph, nodes, outputs, given),
  };
}

function innerOutput({ id, name, shape }: Value): GraphIo {
  const { h, w, c } = shape;
  return {
    value: id,
    name,
    layout: { onnxShape: [h, w, c], factors: [h, w, c], order: [0, 1, 2], onnxDType: 'float32' },
  };
}

function valuesOf(graph: Graph): Map<ValueId, Value> {
  const ids = new Set([
    ...[...graph.inputs, ...graph.outputs].map((io) => io.value),
    ...graph.nodes.flatMap((node) => [...node.inputs, node.output]),
  ]);
  return new Map([...graph.values].filter(([id]) => ids.has(id)));
}

/** `outputs` are those of the body that was split off; `body` has its own in the same order. */
function join(graph: Graph, tail: readonly Node[], outputs: readonly GraphIo[], body: Graph): Graph {
  const values = new Map(body.values);
  const renamed = new Map(outputs.map((io, i) => [io.value, body.outputs[i].value]));
  let next = Math.max(-1, ...values.keys()) + 1;
  const place = (id: ValueId): ValueId => {
    const known = renamed.get(id);
    if (known !== undefined) return known;
    const made = next++;
    renamed.set(id, made);
    values.set(made, { ...valueOfGraph(graph, id), id: made });
    return made;
  };
  const nodes = tail.map((node) => ({ ...node, inputs: node.inputs.map(place), output: place(node.output) }));
  return {
    ...body,
    values,
    nodes: [...body.nodes, ...nodes],
    outputs: graph.outputs.map((io) => ({ ...io, value: place(io.value) })),
  };
}
