/**
 * Quantises a network node by node, the float network and the integer program running side by side on the samples:
 * weights and biases of each convolution are chosen for what its input has become, errors of the layers before
 * included.
 */

import { quantiseFloat32 } from '../ir/codes.js';
import { type Graph, type Node, type Value, type ValueId, valueOfGraph } from '../ir/graph.js';
import type { Quant } from '../ir/tensor.js';
import { lowerToInt8 } from '../lower/lower.js';
import type { Int8Tensor } from '../reference/int8.js';
import { type Assignment, type QuantisedConv, quantisedNode, quantisedValue, singleNodeGraph } from './assignment.js';
import type { Convolver } from './engine/convolver.js';
import { floatRunner, realConstant } from './engine/float-node.js';
import { Int8Executor } from './engine/int8-executor.js';
import { LayerRounding } from './layer.js';
import type { SequenceOptions } from './sequence-options.js';
import type { ReadPair } from './moments.js';

export interface Sequenced {
  readonly assignment: Assignment;
  /** By sample, in the order of the graph's outputs. */
  readonly outputs: readonly (readonly Int8Tensor[])[];
  readonly floatOutputs: readonly (readonly Float32Array[])[];
  /** How strongly each convolution's correction was damped, by its output; for a run on other samples. */
  readonly dampings: ReadonlyMap<ValueId, number>;
}

/** What the samples are for. */
export interface Roles {
  readonly samples: readonly (readonly Float32Array[])[];
  /** How many of them, from the first on, weights are fitted to; the others only judge. */
  readonly fitted: number;
  /** Dampings that another run found; searched with the judging samples otherwise. */
  readonly dampings: ReadonlyMap<ValueId, number> | null;
}

export function quantiseInSequence(
  graph: Graph,
  { samples, fitted, dampings }: Roles,
  quants: ReadonlyMap<ValueId, Quant>,
  options: SequenceOptions,
  convolver: Convolver,
): Sequenced {
  const executor = new Int8Executor(convolver);
  const real = new Map<ValueId, readonly Float32Array[]>();
  const codes = new Map<ValueId, readonly Int8Tensor[]>();
  const values = new Map<ValueId, Value>();
  const convolutions = new Map<ValueId, QuantisedConv>();
  const found = new Map<ValueId, number>();
  const readers = countReaders(graph);
  const run = floatRunner(graph, convolver);
  for (const [id, value] of graph.values) {
    if (quants.has(id) || value.dtype !== 'float32') values.set(id, quantisedValue(value, quants.get(id)));
    if (value.constant !== null) {
      const constant = realConstant(value);
      real.set(
        id,
        samples.map(() => constant),
      );
    }
  }
  const held = <T>(map: ReadonlyMap<ValueId, T>, id: ValueId): T => {
    const value = map.get(id);
    if (value === undefined) throw new Error(`value ${id} is read before it is written`);
    return value;
  };
  graph.inputs.forEach((io, i) => {
    const quant = held(quants, io.value);
    real.set(
      io.value,
      samples.map((s) => s[i]),
    );
    codes.set(
      io.value,
      samples.map((s) => Int8Array.from(s[i], (x) => quantiseFloat32(x, quant))),
    );
  });
  for (const node of graph.nodes) {
    let integer: Node = node;
    const { op } = node;
    if ((op.kind === 'conv2d' || op.kind === 'convTranspose2d') && op.weights.kind === 'float') {
      const [id] = node.inputs;
      const [floats, ints] = [held(real, id), held(codes, id)];
      const layer = new LayerRounding(
        op,
        {
          input: valueOfGraph(graph, id).shape,
          output: valueOfGraph(graph, node.output).shape,
          quant: held(quants, id),
        },
        samples.map((_, s): ReadPair => ({ real: floats[s], codes: ints[s] as Int8Array })),
        fitted,
        convolver,
        options,
      );
      const damping = options.compensate ? (dampings?.get(node.output) ?? layer.bestDamping()) : Infinity;
      found.set(node.output, damping);
      const conv = layer.quantise(damping);
      convolutions.set(node.output, conv);
      integer = quantisedNode(node, held(quants, id).scale, conv);
    }
    const single = lowerToInt8(singleNodeGraph(graph, integer, values)).graph;
    real.set(
      node.output,
      samples.map((_, s) =>
        run(
          node,
          node.inputs.map((id) => held(real, id)[s]),
        ),
      ),
    );
    codes.set(
      node.output,
      samples.map(
        (_, s) =>
          executor.run(
            single,
            single.inputs.map((io) => held(codes, io.value)[s] as Int8Array),
          )[0],
      ),
    );
    for (const id of new Set(node.inputs)) {
      const left = (readers.get(id) ?? 0) - 1;
      readers.set(id, left);
      if (left === 0 && valueOfGraph(graph, id).constant === null) {
        real.delete(id);
        codes.delete(id);
      }
    }
  }
  return {
    assignment: { quants, convolutions },
    outputs: samples.map((_, s) => graph.outputs.map((io) => held(codes, io.value)[s])),
    floatOutputs: samples.map((_, s) => graph.outputs.map((io) => held(real, io.value)[s])),
    dampings: found,
  };
}

function countReaders(graph: Graph): Map<ValueId, number> {
  const readers = new Map<ValueId, number>();
  const add = (id: ValueId): void => {
    readers.set(id, (readers.get(id) ?? 0) + 1);
  };
  for (const node of graph.nodes) new Set(node.inputs).forEach(add);
  for (const io of graph.outputs) add(io.value);
  return readers;
}
