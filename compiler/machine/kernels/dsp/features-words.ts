/** What calls of the DSP kernels that work on words of four bytes do, as counts for the cost model. */

import type { Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { axisTaps, decidedOutputs, type Features } from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { poolFeatures as plainFeatures } from '../c/features.js';
import { inputShape, opOf, outputShape } from '../c/structs.js';

/** A row is one run where pixels follow each other; an operand that repeats along it makes a run of every pixel. */
export function elementwiseFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const { w, c } = outputShape(node, graph);
  const whole = node.inputs.every((_, index) => inputShape(node, graph, index).w === w);
  const runs = whole ? call.rows : call.rows * call.cols;
  const length = whole ? call.cols * c : c;
  return {
    calls: 1,
    rows: call.rows,
    runs,
    wordRuns: length >= 4 ? runs : 0,
    words: runs * Math.floor(length / 4),
    rest: runs * (length % 4),
  };
}

/** Channels of a pixel four at a time, the rest one by one. */
export function resizeFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const { c } = outputShape(node, graph);
  const pixels = call.rows * call.cols;
  const op = opOf(node, 'resize');
  return {
    calls: 1,
    rows: call.rows,
    pixels,
    words: pixels * Math.floor(c / 4),
    rest: pixels * (c % 4),
    ...decidedOutputs(op, pixels, c, 1),
  };
}

/** As the plain kernel's; a maximum over 2 x 2 inside the image has a shorter way for whole words. */
export function poolFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const plain = plainFeatures(node, graph, call);
  if (node.op.kind !== 'maxPool') return plain;
  const { clampMin, clampMax, window: w } = node.op;
  const { outputs: _, fours, fourRows, fourTaps, ...rest } = plain;
  const pixels = call.rows * call.cols;
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const down = axisTaps(input.h, output.h, w.kernelH, w.strideH, w.dilationH, w.padTop);
  const across = axisTaps(input.w, output.w, w.kernelW, w.strideW, w.dilationW, w.padLeft);
  const square = w.kernelH === 2 && w.kernelW === 2 ? (1 - down.border) * (1 - across.border) : 0;
  // Of the taps inside, those of squares.
  const taps = fourTaps === 0 ? 0 : Math.max(0, fourTaps - square * fours * 4);
  return {
    ...rest,
    squares: square * fours,
    fours: (1 - square) * fours,
    fourRows: Math.max(0, fourRows - square * fours * 2),
    fourTaps: taps,
    partOutputs: pixels * (output.c % 4),
    clampedWords: clampMin === -128 && clampMax === 127 ? 0 : pixels * Math.ceil(output.c / 4),
  };
}
