/** Runs a float network on many samples with the quantiser's engine. */

import { type Graph, type Node, type ValueId, valueOfGraph } from '../ir/graph.js';
import type { Convolver } from '../quantise/engine/convolver.js';
import { floatRunner, realConstant } from '../quantise/engine/float-node.js';
import type { RealSample } from '../quantise/quantise-graph.js';
import type { RunNode } from '../quantise/statistics.js';

export type { RealSample } from '../quantise/quantise-graph.js';

/** By position of a node: values that nothing reads behind it. */
function lastReads(graph: Graph): readonly (readonly ValueId[])[] {
  const last = new Map<ValueId, number>();
  graph.nodes.forEach((node, i) => {
    for (const id of node.inputs) last.set(id, i);
    last.set(node.output, i);
  });
  for (const io of graph.outputs) last.delete(io.value);
  const dying = graph.nodes.map((): ValueId[] => []);
  for (const [id, i] of last) if (valueOfGraph(graph, id).constant === null) dying[i].push(id);
  return dying;
}

export class FloatNetwork {
  readonly graph: Graph;
  readonly #run: RunNode;
  readonly #constants = new Map<ValueId, Float32Array>();
  readonly #dying: readonly (readonly ValueId[])[];

  constructor(graph: Graph, convolver: Convolver) {
    this.graph = graph;
    this.#run = floatRunner(graph, convolver);
    for (const value of graph.values.values())
      if (value.constant !== null) this.#constants.set(value.id, realConstant(value));
    this.#dying = lastReads(graph);
  }

  /** The outputs, in the order of the graph's, HWC; `onNode` sees every result. */
  run(sample: RealSample, onNode?: (node: Node, output: Float32Array) => void): readonly Float32Array[] {
    const held = new Map(this.#constants);
    this.graph.inputs.forEach((io, i) => held.set(io.value, sample[i]));
    return this.resume(0, held, onNode);
  }

  /** From node `first` on, given the values that it and later nodes read. `held` is changed. */
  resume(
    first: number,
    held: Map<ValueId, Float32Array>,
    onNode?: (node: Node, output: Float32Array) => void,
  ): readonly Float32Array[] {
    const read = (id: ValueId): Float32Array => {
      const x = held.get(id) ?? this.#constants.get(id);
      if (x === undefined) throw new Error(`value ${id} is read before it is written`);
      return x;
    };
    const { nodes, outputs } = this.graph;
    for (let i = first; i < nodes.length; i++) {
      const result = this.#run(nodes[i], nodes[i].inputs.map(read));
      onNode?.(nodes[i], result);
      held.set(nodes[i].output, result);
      for (const id of this.#dying[i]) held.delete(id);
    }
    return outputs.map((io) => read(io.value));
  }
}
