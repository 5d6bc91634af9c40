/**
 * A float network as an integer program for planning alone: every tensor over a range that is made up, weights rounded to
 * nearest. Bytes and costs depend on shapes, kernels and schedules, hardly on scales, so that a candidate can be planned
 * exactly before a single input is run through it. What it computes is of no use.
 */

import { prepareForQuantisation } from '../quantise/prepare.js';
import { quantisedGraph, type QuantisedConv, quantOf } from '../quantise/assignment.js';
import { keepsCodes, quantisationGroups } from '../quantise/groups.js';
import {
  type Conv2d,
  type ConvTranspose2d,
  floatBias,
  floatWeights,
  type Graph,
  type ValueId,
  valueOfGraph,
} from '../ir/graph.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import type { Quant } from '../ir/tensor.js';
import { lowerToInt8 } from '../lower/lower.js';
import { removeConstantChannels } from '../passes/constant-channels.js';

/** Ends of a range without whole ratios between scales, whose ties would ask for other arithmetic than real scales do. */
const made = { low: -3.7183, high: 4.1416 };

/** Throws a RivuletError where the network has no integer program. */
export function structuralProgram(graph: Graph): Int8Graph {
  const prepared = prepareForQuantisation(graph);
  return removeConstantChannels(lowerToInt8(structurallyQuantised(prepared)).graph).graph;
}

function structurallyQuantised(graph: Graph): Graph {
  const quants = structuralQuants(graph);
  const convolutions = new Map<ValueId, QuantisedConv>();
  for (const node of graph.nodes) {
    const { op } = node;
    const input = quants.get(node.inputs[0]);
    const output = quants.get(node.output);
    if ((op.kind !== 'conv2d' && op.kind !== 'convTranspose2d') || input === undefined || output === undefined)
      continue;
    if (op.weights.kind === 'float') convolutions.set(node.output, structuralConv(op, input, output));
  }
  return quantisedGraph(graph, { quants, convolutions });
}

function structuralQuants(graph: Graph): ReadonlyMap<ValueId, Quant> {
  const quants = new Map<ValueId, Quant>();
  const makers = new Map(graph.nodes.map((node) => [node.output, node.op]));
  for (const members of quantisationGroups(graph).values()) {
    const floats = members.filter((id) => valueOfGraph(graph, id).dtype === 'float32');
    if (floats.length === 0) continue;
    const known = members.map((id) => valueOfGraph(graph, id).quant).find((quant) => quant !== null);
    const clamps = floats.flatMap((id) => {
      const op = makers.get(id);
      return op !== undefined && !keepsCodes(op) && 'clamp' in op ? [op.clamp] : [];
    });
    const low = clamps.length > 0 ? Math.max(made.low, Math.min(...clamps.map((c) => c.min))) : made.low;
    const quant = known ?? quantOf(low, made.high);
    for (const id of floats) quants.set(id, quant);
  }
  return quants;
}

/** As far as a bias may go without leaving 32 bits with its sums. */
const mostBias = 1 << 20;

/** Weights of full range whatever the real ones are: sums then reach as far as sums of such a layer can. */
function structuralConv(op: Conv2d | ConvTranspose2d, input: Quant, output: Quant): QuantisedConv {
  const real = floatWeights(op);
  const inner = real.length / op.outChannels;
  const realBias = floatBias(op);
  const weights = new Int8Array(real.length);
  const bias = new Int32Array(op.outChannels);
  // The end of a block that adds nothing yet: it is planned as what training makes of it, not as a constant.
  const isSilent = real.every((w) => w === 0);
  const scales = new Float32Array(op.outChannels);
  for (let o = 0; o < op.outChannels; o++) {
    let most = 0;
    for (let i = o * inner; i < (o + 1) * inner; i++) most = Math.max(most, Math.abs(real[i]));
    // About what a layer of typical weights has, so that its multiplier is an ordinary one.
    scales[o] = output.scale / (input.scale * 127 * Math.sqrt(inner));
    for (let i = o * inner; i < (o + 1) * inner; i++)
      weights[i] = isSilent ? (i % 2 === 0 ? 127 : -90) : most === 0 ? 0 : Math.round((127 * real[i]) / most);
    // A channel without weights is a constant that later layers may fold: which one decides whether its borders are.
    const unit = input.scale * (most === 0 ? scales[o] : most / 127);
    bias[o] = Math.max(-mostBias, Math.min(mostBias, Math.round(realBias[o] / unit)));
  }
  return { weights, scales, bias };
}
