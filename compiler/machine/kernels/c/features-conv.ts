/** What calls of the plain C convolutions do, as counts for the cost model. */

import type { ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { dilated } from '../../../ir/window.js';
import { axisTaps, type Features, roundedOutputs } from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { inputShape, opOf, outputShape } from './structs.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d', 'convTranspose2d');

/** Channels and depth of one group. */
interface Dot {
  readonly channels: number;
  readonly depth: number;
}

/**
 * rv_conv_block.h: patches in pairs and alone; channels four at a time, the rest one by one; a step is one value of a
 * patch with one channel or with four, and the steps beyond a multiple of four loop by themselves.
 */
function dotFeatures(pairs: number, singles: number, { channels, depth }: Dot): Features {
  const fours = Math.floor(channels / 4);
  const ones = channels % 4;
  return {
    pairs,
    singles,
    pairFours: pairs * fours,
    pairFourSteps: pairs * fours * depth,
    pairOnes: pairs * ones,
    pairOneSteps: pairs * ones * depth,
    singleFours: singles * fours,
    singleFourSteps: singles * fours * depth,
    singleOnes: singles * ones,
    singleOneSteps: singles * ones * depth,
    lateSteps: (pairs + singles) * fours * (depth % 4),
  };
}

const outputsOf = (node: Int8Node, graph: Int8Graph, call: CallShape): number =>
  call.rows * call.cols * outputShape(node, graph).c;

const pointwiseDots = (node: Int8Node, graph: Int8Graph, call: CallShape): Features =>
  dotFeatures(call.rows * Math.floor(call.cols / 2), call.rows * (call.cols % 2), {
    channels: outputShape(node, graph).c,
    depth: inputShape(node, graph).c,
  });

export function pointwiseFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  return {
    calls: 1,
    rows: call.rows,
    ...pointwiseDots(node, graph, call),
    ...roundedOutputs(convOf(node).requant, outputsOf(node, graph, call)),
  };
}

/** rv_conv2d_1x1_partial_s8.c: what the first slice does besides is as much for an output, and counted with the last one's. */
export function partialFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const { requant, partial } = convOf(node);
  const rounded = partial!.last ? roundedOutputs(requant, outputsOf(node, graph, call)) : {};
  return { calls: 1, rows: call.rows, ...pointwiseDots(node, graph, call), ...rounded };
}

/** rv_conv2d.h: receptive fields are copied, kernel row by kernel row where it can be, tap by tap at the border. */
export function generalFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const op = convOf(node);
  const { window: w, groups } = op;
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const channels = input.c / groups;
  const dot = { channels: output.c / groups, depth: w.kernelH * w.kernelW * channels };
  const pairs = call.rows * Math.floor(call.cols / 2) * groups;
  const singles = call.rows * (call.cols % 2) * groups;
  const pixels = call.rows * call.cols * groups;
  const down = axisTaps(input.h, output.h, w.kernelH, w.strideH, w.dilationH, w.padTop);
  const across = axisTaps(input.w, output.w, w.kernelW, w.strideW, w.dilationW, w.padLeft);
  const rows = pixels * w.kernelH;
  const rowsInside = rows * down.inside;
  const whole = groups === 1 && w.dilationW === 1 ? 1 - across.border : 0;
  const runBytes = w.kernelW * channels;
  const taps = rowsInside * (1 - whole) * w.kernelW;
  const tapsInside = rowsInside * Math.max(0, across.inside - whole) * w.kernelW;
  return {
    calls: 1,
    rows: call.rows,
    fields: pairs + singles,
    ...dotFeatures(pairs, singles, dot),
    runs: rows,
    taps,
    words: rowsInside * whole * Math.floor(runBytes / 4) + tapsInside * Math.floor(channels / 4),
    bytes: rowsInside * whole * (runBytes % 4) + tapsInside * (channels % 4),
    fills: rows - rowsInside + taps - tapsInside,
    filledBytes: (rows - rowsInside) * runBytes + (taps - tapsInside) * channels,
    ...roundedOutputs(op.requant, outputsOf(node, graph, call)),
  };
}

/** rv_depthwise_conv2d_s8.c: rows of four channels are staged, then outputs are computed four at a time. */
export function depthwiseFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const op = convOf(node);
  const { window: w } = op;
  const input = inputShape(node, graph);
  const channels = outputShape(node, graph).c;
  const reach = dilated(w.kernelH, w.dilationH);
  const groups = Math.ceil(input.c / 4);
  const columns = (call.cols - 1) * w.strideW + dilated(w.kernelW, w.dilationW);
  const staged = (call.rows - 1) * Math.min(w.strideH, reach) + reach;
  const inside =
    staged * axisTaps(input.h, outputShape(node, graph).h, w.kernelH, w.strideH, w.dilationH, w.padTop).inside;
  const channelRows = call.rows * channels;
  const taps = w.kernelH * w.kernelW;
  const blocks = channelRows * Math.ceil(call.cols / 4);
  // Rows with padding are filled first, and so are those of a block that is wider than the call.
  const filled = staged - (w.padLeft > 0 || w.padRight > 0 || call.cols < 4 ? 0 : inside);
  const rowBytes = 4 * ((Math.max(call.cols, 4) - 1) * w.strideW + dilated(w.kernelW, w.dilationW));
  const base: Features = {
    calls: 1,
    groups,
    groupRows: groups * call.rows,
    stagedRows: groups * staged,
    stagedPixels: Math.floor(input.c / 4) * inside * columns,
    partPixels: input.c % 4 === 0 ? 0 : inside * columns,
    partBytes: inside * columns * (input.c % 4),
    fills: groups * filled,
    filledBytes: groups * filled * rowBytes,
    channelRows,
  };
  const outputs = channelRows * call.cols;
  const rounded = roundedOutputs(op.requant, outputs);
  if (op.requant.rounding === 'exact')
    return { ...base, ...rounded, exactTaps: outputs * taps, exactRows: outputs * w.kernelH };
  const fixed: Features = {
    ...base,
    clampedBlocks: rounded['clampedOutputs'] === undefined ? 0 : blocks,
    evenBlocks: rounded['evenOutputs'] === undefined ? 0 : blocks,
  };
  const dense = w.dilationW === 1;
  if (w.kernelW === 3 && w.kernelH === 3 && dense && w.dilationH === 1 && w.strideW <= 2) {
    // A single output that remains is computed by itself.
    const ones = call.cols % 4 === 1 ? channelRows : 0;
    return w.strideW === 1
      ? { ...fixed, threes: blocks - ones, threeOnes: ones }
      : { ...fixed, wideThrees: blocks - ones, wideThreeOnes: ones };
  }
  const loops: Features = { ...fixed, blocks, blockRows: blocks * w.kernelH };
  return dense && w.strideW === 1 && (w.kernelW === 5 || w.kernelW === 7)
    ? { ...loops, denseTaps: blocks * taps }
    : { ...loops, taps: blocks * taps };
}

/** rv_conv_transpose2d.h: a pixel reads the taps of its phase. */
export function transposedFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const op = convOf(node);
  const { window: w, groups } = op;
  const channels = inputShape(node, graph).c / groups;
  const pixels = call.rows * call.cols * groups;
  const tapRows = pixels * (w.kernelH / w.strideH);
  const taps = tapRows * (w.kernelW / w.strideW);
  const depth = (w.kernelH * w.kernelW * channels) / (w.strideH * w.strideW);
  const outChannels = outputShape(node, graph).c / groups;
  const fours = Math.floor(outChannels / 4);
  const ones = outChannels % 4;
  return {
    calls: 1,
    rows: call.rows,
    phases: call.rows * w.strideW,
    phaseTaps: call.rows * (w.strideW * w.kernelW + w.kernelH),
    singles: pixels,
    singleFours: pixels * fours,
    singleFourSteps: pixels * fours * depth,
    singleOnes: pixels * ones,
    singleOneSteps: pixels * ones * depth,
    tapRows,
    taps,
    tapBytes: taps * channels,
    ...roundedOutputs(op.requant, outputsOf(node, graph, call)),
  };
}
