/**
 * What errors of each value cost at the network's outputs. For a vector v of random signs, the gradient g of v . output
 * has E[(g . error)^2] = |J error|^2, the output's squared error to first order; with errors of the elements independent,
 * as rounding's are, that is the sum of g^2 error^2.
 */

import { type Graph, type ValueId, valueOfGraph } from '../ir/graph.js';
import { SeededRandom } from '../util/random.js';
import { Adjoint } from './adjoint.js';
import type { Convolver } from './engine/convolver.js';
import { bins, type RunNode, type ValueStatistics } from './statistics.js';

export interface Sensitivity {
  /** g^2 summed over the elements in each bin of the value's histogram. */
  readonly histogram: Float64Array;
  /** g^2 summed over the elements of each channel. */
  readonly channels: Float64Array;
}

export function sensitivities(
  graph: Graph,
  samples: readonly (readonly Float32Array[])[],
  statistics: ReadonlyMap<ValueId, ValueStatistics>,
  run: RunNode,
  convolver: Convolver,
): ReadonlyMap<ValueId, Sensitivity> {
  const adjoint = new Adjoint(graph, convolver);
  const random = new SeededRandom(1);
  const result = new Map<ValueId, Sensitivity>();
  const gather = (id: ValueId, x: Float32Array, g: Float32Array): void => {
    const s = statistics.get(id);
    if (s === undefined) return;
    const channelCount = valueOfGraph(graph, id).shape.c;
    let own = result.get(id);
    if (own === undefined) {
      own = { histogram: new Float64Array(bins), channels: new Float64Array(channelCount) };
      result.set(id, own);
    }
    const perUnit = s.max > s.min ? bins / (s.max - s.min) : 0;
    const { histogram, channels } = own;
    for (let i = 0, c = 0; i < x.length; i++) {
      const square = g[i] * g[i];
      if (square > 0) {
        channels[c] += square;
        if (x[i] !== 0) {
          const bin = Math.floor((x[i] - s.min) * perUnit);
          histogram[bin < bins ? bin : bins - 1] += square;
        }
      }
      if (++c === channelCount) c = 0;
    }
  };
  for (const inputs of samples) {
    const held = new Map<ValueId, Float32Array>();
    for (const [id, { constant }] of graph.values) if (constant instanceof Float32Array) held.set(id, constant);
    graph.inputs.forEach((io, i) => held.set(io.value, inputs[i]));
    const read = (id: ValueId): Float32Array => {
      const x = held.get(id);
      if (x === undefined) throw new Error(`value ${id} is read before it is written`);
      return x;
    };
    for (const node of graph.nodes) held.set(node.output, run(node, node.inputs.map(read)));
    const gradients = new Map<ValueId, Float32Array>();
    const add = (id: ValueId, g: Float32Array): void => {
      const sum = gradients.get(id);
      gradients.set(id, sum === undefined ? g : sum.map((v, i) => v + g[i]));
    };
    for (const io of graph.outputs)
      add(
        io.value,
        Float32Array.from(read(io.value), () => (random.next() & 0x10000 ? 1 : -1)),
      );
    for (let k = graph.nodes.length - 1; k >= 0; k--) {
      const node = graph.nodes[k];
      const g = gradients.get(node.output);
      if (g === undefined) continue;
      const output = read(node.output);
      gather(node.output, output, g);
      gradients.delete(node.output);
      adjoint.inputGradients(node, node.inputs.map(read), output, g).forEach((own, i) => {
        if (own !== null) add(node.inputs[i], own);
      });
      held.delete(node.output);
    }
    for (const [id, g] of gradients) gather(id, read(id), g);
  }
  return result;
}
