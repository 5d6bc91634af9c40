/** Convolutions with an epilogue for MVE. */

import { epilogueOf, type ConvOp, type Int8Graph, type Int8Node } from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import { added, type Features } from '../../cost-features.js';
import type { CallShape, Kernel } from '../../kernel.js';
import {
  convEpilogueStruct,
  depthwise,
  epilogueFiles,
  epilogueKernel,
  groupedEpilogueAccesses,
  noRequantStruct,
} from '../c/epilogue.js';
import { depthwiseEpilogueFeatures, epilogueFeatures } from '../c/features-epilogue.js';
import { generalFeatures } from '../c/features-conv.js';
import { weightArray } from '../c/pack.js';
import { convStruct, int32Array, opOf, outputShape } from '../c/structs.js';
import { footprintOf } from './footprint.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');
const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Rows of weights, a group's channels rounded up to four and their depth to 16; biases likewise. */
function packed({ weights, bias, groups }: ConvOp) {
  const channels = bias.length / groups;
  const depth = weights.length / bias.length;
  const [rows, bytes] = [roundUp(channels, 4), roundUp(depth, 16)];
  const data = new Int8Array(groups * rows * bytes);
  const biases = new Int32Array(groups * rows);
  bias.forEach((b, o) => {
    const row = Math.floor(o / channels) * rows + (o % channels);
    biases[row] = b;
    data.set(weights.subarray(o * depth, (o + 1) * depth), row * bytes);
  });
  return { data, biases };
}

/** Taps are copied as rv_conv2d.h does, one field at a time; then 16 products an instruction. */
function convFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const { groups, bias, weights } = convOf(node);
  const general = generalFeatures(node, graph, call);
  const pixels = call.rows * call.cols;
  const quads = Math.ceil(bias.length / groups / 4) * groups;
  const copied = ['runs', 'taps', 'words', 'bytes', 'fills', 'filledBytes'].map((name) => [name, general[name] ?? 0]);
  return added(
    {
      calls: 1,
      rows: call.rows,
      ...Object.fromEntries(copied),
      fields: pixels * groups,
      quads: pixels * quads,
      quadBlocks: pixels * quads * Math.ceil(weights.length / bias.length / 16),
    },
    epilogueFeatures(epilogueOf(node.op)!, node, graph, pixels * groups, outputShape(node, graph).c / groups),
  );
}

const convId = 'rv_conv2d_epilogue_s8_mve';
const convFiles = [`src/${convId}.c`, 'include/rv_copy_run.h', ...epilogueFiles];

const conv2d: Kernel = {
  ...epilogueKernel,
  id: convId,
  isa: 'mve',
  files: convFiles,
  accepts: ({ op }) => op.kind === 'conv2d' && op.epilogue !== undefined && op.weights instanceof Int8Array,
  params(node, graph) {
    const { data, biases } = packed(convOf(node));
    const conv = convStruct(node, graph, weightArray(data), int32Array(biases), noRequantStruct);
    return convEpilogueStruct(node, graph, conv);
  },
  accesses: groupedEpilogueAccesses,
  scratchBytes(node) {
    const { weights, bias, groups } = convOf(node);
    return 4 * roundUp(bias.length / groups, 4) + roundUp(weights.length / bias.length, 16);
  },
  ...costOf(convId, convFeatures),
  ...footprintOf(convId, convFiles),
};

const depthwiseId = 'rv_depthwise_conv2d_epilogue_s8_mve';
const depthwiseFiles = [`src/${depthwiseId}.c`, ...epilogueFiles];

const depthwiseConv2d: Kernel = {
  ...depthwise,
  id: depthwiseId,
  isa: 'mve',
  files: depthwiseFiles,
  ...costOf(depthwiseId, (node, graph, call) => {
    const { c } = outputShape(node, graph);
    const {
      tapFours: _,
      tapOnes: __,
      paddedOnes: ___,
      biases: ____,
      ...rest
    } = depthwiseEpilogueFeatures(node, graph, call);
    const fours = Math.ceil(c / 4);
    const pixels = call.rows * call.cols;
    return {
      ...rest,
      fours: pixels * fours,
      kernelRows: (rest['kernelRows'] ?? 0) * fours,
      taps: (rest['taps'] ?? 0) * fours,
      paddedTaps: (rest['paddedTaps'] ?? 0) * fours,
    };
  }),
  ...footprintOf(depthwiseId, depthwiseFiles),
};

export const epilogueKernels: readonly Kernel[] = [depthwiseConv2d, conv2d];
