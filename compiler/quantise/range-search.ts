/**
 * Chooses each tensor's range by what quantising it alone does to the network's output: the rest of the float network is
 * run behind the quantised tensor, on as many samples as the work allows.
 */

import { type Graph, type Node, type ValueId, valueOfGraph } from '../ir/graph.js';
import { countMacs } from '../ir/graph-size.js';
import { elements } from '../ir/tensor.js';
import type { Quant } from '../ir/tensor.js';
import { quantOf } from './assignment.js';
import { keepsCodes } from './groups.js';
import type { Candidate } from './ranges.js';
import type { RunNode } from './statistics.js';

/** Tensors of one quantisation and the ranges to choose from. */
export interface Choice {
  /** Values that are computed (or given), not moved. */
  readonly sources: readonly ValueId[];
  readonly candidates: readonly Candidate[];
}

/** A tensor quantised and made real again. */
export function throughCodes(x: Float32Array, { scale, zeroPoint }: Quant): Float32Array {
  const out = new Float32Array(x.length);
  const [least, most] = [-128 - zeroPoint, 127 - zeroPoint];
  for (let i = 0; i < x.length; i++) {
    const steps = Math.round(x[i] / scale);
    out[i] = scale * (steps < least ? least : steps > most ? most : steps);
  }
  return out;
}

/** By choice: the squared error at the outputs under each candidate, summed over the samples that were run. */
export function measureChoices(
  graph: Graph,
  samples: readonly (readonly Float32Array[])[],
  choices: readonly Choice[],
  run: RunNode,
  budget: number,
): readonly (readonly number[])[] {
  const errors = choices.map((c) => c.candidates.map(() => 0));
  const behind = choices.map((c) => dependents(graph, c.sources));
  const open = choices.map((c) => c.candidates.length > 1);
  const workOf = (nodes: readonly Node[]): number => nodes.reduce((sum, node) => sum + work(graph, node), 0);
  const costs = choices.map((c, i) => (open[i] ? c.candidates.length * workOf(behind[i]) : 0));
  const perSample = costs.reduce((a, b) => a + b, 0);
  const count = Math.max(1, Math.min(samples.length, Math.floor(budget / Math.max(perSample, 1))));
  for (let s = 0; s < count && perSample > 0; s++) {
    // Spread over the samples.
    const inputs = samples[Math.floor(((s + 0.5) * samples.length) / count)];
    const held = new Map<ValueId, Float32Array>();
    for (const [id, { constant }] of graph.values) if (constant instanceof Float32Array) held.set(id, constant);
    graph.inputs.forEach((io, i) => held.set(io.value, inputs[i]));
    const read = (map: ReadonlyMap<ValueId, Float32Array>, id: ValueId): Float32Array => {
      const x = map.get(id) ?? held.get(id);
      if (x === undefined) throw new Error(`value ${id} is read before it is written`);
      return x;
    };
    for (const node of graph.nodes)
      held.set(
        node.output,
        run(
          node,
          node.inputs.map((id) => read(held, id)),
        ),
      );
    choices.forEach(({ sources, candidates }, i) => {
      if (!open[i]) return;
      candidates.forEach(({ low, high }, k) => {
        const quant = quantOf(low, high);
        const changed = new Map<ValueId, Float32Array>();
        for (const id of sources) changed.set(id, throughCodes(read(held, id), quant));
        for (const node of behind[i]) {
          const out = run(
            node,
            node.inputs.map((id) => read(changed, id)),
          );
          // A value behind one source may be another.
          changed.set(node.output, sources.includes(node.output) ? throughCodes(out, quant) : out);
        }
        for (const io of graph.outputs) errors[i][k] += squaredDistance(read(held, io.value), read(changed, io.value));
      });
    });
  }
  return errors;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

/** Nodes that read the values, or what follows from them. */
function dependents(graph: Graph, ids: readonly ValueId[]): readonly Node[] {
  const reached = new Set(ids);
  return graph.nodes.filter((node) => {
    const reads = node.inputs.some((id) => reached.has(id));
    if (reads) reached.add(node.output);
    return reads;
  });
}

/** Multiply-accumulates, with an element of any result as so many. */
function work(graph: Graph, node: Node): number {
  const size = elements(valueOfGraph(graph, node.output).shape);
  const macs = countMacs({ ...graph, nodes: [node] });
  return macs + size * (keepsCodes(node.op) ? 4 : 16);
}
