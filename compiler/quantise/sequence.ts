/**
 * Quantises a network node by node, the float network and the integer program running side by side on the samples:
 * weights and biases of each convolution are chosen for what its input has become, errors of the layers before
 * included.
 */

import {
  type Conv2d,
  type ConvTranspose2d,
  type Graph,
  type Node,
  type Value,
  type ValueId,
  valueOfGraph,
} from '../ir/graph.js';
import { quantiseFloat32 } from '../ir/codes.js';
import type { Quant } from '../ir/tensor.js';
import { lowerToInt8 } from '../lower/lower.js';
import type { Int8Tensor } from '../reference/int8.js';
import { type Assignment, type QuantisedConv, quantisedNode, quantisedValue, singleNodeGraph } from './assignment.js';
import { Convolver } from './engine/convolver.js';
import { runFloatNode } from './engine/float-node.js';
import { Int8Executor } from './engine/int8-executor.js';
import { momentsOf, pixelsOf, type ReadPair } from './moments.js';
import { correctedTarget, type Damping, planRounding, roundSequentially } from './round.js';

export interface SequenceOptions {
  readonly rounding: 'nearest' | 'sequential';
  readonly damping: Damping;
  /** Whether a bias takes up the mean error of its layer's output. */
  readonly correctBias: boolean;
  /** Rows of the moments' matrices at most. */
  readonly mostRows: number;
}

export interface Sequenced {
  readonly assignment: Assignment;
  /** By sample, in the order of the graph's outputs. */
  readonly outputs: readonly (readonly Int8Tensor[])[];
  readonly floatOutputs: readonly (readonly Float32Array[])[];
}

type Convolution = Conv2d | ConvTranspose2d;

/** `fitted`: how many of the samples, from the first on, the choices may look at; all are run. */
export function quantiseInSequence(
  graph: Graph,
  samples: readonly (readonly Float32Array[])[],
  fitted: number,
  quants: ReadonlyMap<ValueId, Quant>,
  options: SequenceOptions,
): Sequenced {
  const convolver = new Convolver();
  const executor = new Int8Executor(convolver);
  const real = new Map<ValueId, Float32Array[]>();
  const codes = new Map<ValueId, Int8Tensor[]>();
  const values = new Map<ValueId, Value>();
  const convolutions = new Map<ValueId, QuantisedConv>();
  const readers = countReaders(graph);
  for (const [id, value] of graph.values) {
    if (quants.has(id) || value.dtype !== 'float32') values.set(id, quantisedValue(value, quants.get(id)));
    if (value.constant !== null && !(value.constant instanceof Int8Array)) {
      const { constant } = value;
      real.set(
        id,
        samples.map(() => constant),
      );
    }
  }
  graph.inputs.forEach((io, i) => {
    const quant = quants.get(io.value);
    if (quant === undefined) throw new Error(`input '${io.name}' has no quantisation`);
    real.set(
      io.value,
      samples.map((s) => s[i]),
    );
    codes.set(
      io.value,
      samples.map((s) => Int8Array.from(s[i], (x) => quantiseFloat32(x, quant))),
    );
  });
  const held = <T>(map: Map<ValueId, T>, id: ValueId): T => {
    const found = map.get(id);
    if (found === undefined) throw new Error(`value ${id} is read before it is written`);
    return found;
  };
  for (const node of graph.nodes) {
    let integer: Node = node;
    const { op } = node;
    if (op.kind === 'conv2d' || op.kind === 'convTranspose2d') {
      const [id] = node.inputs;
      const [floats, ints] = [held(real, id), held(codes, id)];
      const reads = Array.from(
        { length: fitted },
        (_, s): ReadPair => ({ real: floats[s], codes: ints[s] as Int8Array }),
      );
      const quant = held(quants as Map<ValueId, Quant>, id);
      const conv = quantiseConvolution(graph, node, op, reads, quant, convolver, options);
      convolutions.set(node.output, conv);
      integer = quantisedNode(node, quant.scale, conv);
    }
    const single = lowerToInt8(singleNodeGraph(graph, integer, values)).graph;
    real.set(
      node.output,
      samples.map((_, s) =>
        runFloatNode(
          convolver,
          graph,
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

function quantiseConvolution(
  graph: Graph,
  node: Node,
  op: Convolution,
  reads: readonly ReadPair[],
  quant: Quant,
  convolver: Convolver,
  options: SequenceOptions,
): QuantisedConv {
  const n = op.outChannels;
  const length = op.weights.data.length / n;
  const weights = new Int8Array(n * length);
  const scales = new Float32Array(n);
  const bias = new Int32Array(n);
  const input = valueOfGraph(graph, node.inputs[0]).shape;
  const output = valueOfGraph(graph, node.output).shape;
  const groupOut = n / op.groups;
  const pixels = pixelsOf(output, reads.length, options.mostRows);
  for (let g = 0; g < op.groups; g++) {
    const moments =
      op.kind === 'conv2d' && (options.correctBias || options.rounding === 'sequential')
        ? momentsOf(convolver, op, g, reads, quant, input, output, pixels)
        : null;
    const plan = moments !== null && options.rounding === 'sequential' ? planRounding(moments, options.damping) : null;
    for (let o = g * groupOut; o < (g + 1) * groupOut; o++) {
      const w = Float64Array.from(op.weights.data.subarray(o * length, (o + 1) * length));
      const target = plan === null || moments === null ? w : correctedTarget(plan, moments, w);
      const most = target.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      const real = op.bias?.data[o] ?? 0;
      const scale = scaleOf(most, real, quant.scale);
      const rounded = plan === null ? nearest(target, scale) : roundSequentially(plan, target, scale);
      weights.set(rounded, o * length);
      scales[o] = scale;
      let shift = real;
      if (moments !== null && options.correctBias) {
        for (let i = 0; i < length; i++)
          shift += w[i] * moments.meanReal[i] - rounded[i] * scale * moments.meanCodes[i];
      }
      bias[o] = Math.round(shift / (scale * quant.scale));
    }
  }
  return { weights, scales, bias };
}

const nearest = (w: Float64Array, scale: number): Int8Array =>
  Int8Array.from(w, (v) => Math.max(-127, Math.min(127, Math.round(v / scale))));

/** A bias stays this far inside int32, so that accumulators do. */
const mostBias = 2 ** 30;

/** The scale of a channel's weights: the largest weight is 127, unless the bias then leaves int32. */
function scaleOf(most: number, bias: number, inputScale: number): number {
  const least = Math.abs(bias) / (inputScale * mostBias);
  return Math.fround(Math.max(most / 127, least, 1e-30));
}
