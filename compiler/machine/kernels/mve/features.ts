/** What calls of the MVE kernels do, as counts for the cost model. */

import type { ChannelRequant, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { axisTaps, decidedOutputs, type Features, roundedOutputs } from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { inputShape, opOf, outputShape } from '../c/structs.js';

/** Runs of elements, `lanes` at once: a row is one run where pixels follow each other, else every pixel is one. */
export const elementwiseFeatures =
  (lanes: number) =>
  (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
    const { w, c } = outputShape(node, graph);
    const whole = node.inputs.every((_, index) => inputShape(node, graph, index).w === w);
    const runs = whole ? call.rows : call.rows * call.cols;
    const length = whole ? call.cols * c : c;
    const tails = length % lanes === 0 ? 0 : runs;
    const vectors = runs * Math.floor(length / lanes);
    const even = node.op.kind === 'mul' && roundedOutputs(node.op.requant, 1)['evenOutputs'] !== undefined;
    return { calls: 1, rows: call.rows, runs, ...(even ? { evenVectors: vectors + tails } : { vectors, tails }) };
  };

/** Taps inside the image, `lanes` channels at once. */
export const poolFeatures =
  (lanes: number) =>
  (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
    const op = opOf(node, 'maxPool', 'averagePool');
    const { window: w } = op;
    const input = inputShape(node, graph);
    const output = outputShape(node, graph);
    const pixels = call.rows * call.cols;
    const down = axisTaps(input.h, output.h, w.kernelH, w.strideH, w.dilationH, w.padTop).inside * w.kernelH;
    const across = axisTaps(input.w, output.w, w.kernelW, w.strideW, w.dilationW, w.padLeft).inside * w.kernelW;
    const blocks = pixels * Math.ceil(output.c / lanes);
    // The rows of a mean over the whole width are one.
    const rows = op.kind === 'averagePool' && w.kernelW === input.w && w.padLeft === 0 ? 1 : down;
    const even = op.kind === 'averagePool' && roundedOutputs(op.requants[0], 1)['evenOutputs'] !== undefined;
    return {
      calls: 1,
      rows: call.rows,
      pixels,
      padding: pixels * (w.kernelW - across) + call.rows * (w.kernelH - down),
      blocks,
      blockRows: blocks * rows,
      taps: blocks * down * across,
      evenBlocks: even ? blocks : 0,
    };
  };

/** Pixels, whose channels are read sixteen and four at a time. */
export function softmaxFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const { c } = outputShape(node, graph);
  const pixels = call.rows * call.cols;
  const blocks = pixels * Math.ceil(c / 4);
  const even = opOf(node, 'softmax').requant.rounding === 'even';
  return {
    calls: 1,
    rows: call.rows,
    pixels,
    sixteens: pixels * Math.ceil(c / 16),
    blocks,
    evenBlocks: even ? blocks : 0,
  };
}

/** Four channels of a pixel at a time. */
export function resizeFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const { c } = outputShape(node, graph);
  const pixels = call.rows * call.cols;
  return {
    calls: 1,
    rows: call.rows,
    pixels,
    blocks: pixels * Math.ceil(c / 4),
    ...decidedOutputs(opOf(node, 'resize'), pixels, c, 4),
  };
}

/** Convolutions: what `count` says, and outputs whose rounding is not the fast one. */
export const convFeatures =
  (isFast: (r: ChannelRequant) => boolean, count: (node: Int8Node, graph: Int8Graph, call: CallShape) => Features) =>
  (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
    const { requant } = opOf(node, 'conv2d', 'convTranspose2d');
    const pixels = call.rows * call.cols;
    const slow = isFast(requant) ? {} : roundedOutputs(requant, pixels * outputShape(node, graph).c);
    return { calls: 1, rows: call.rows, pixels, ...slow, ...count(node, graph, call) };
  };
