/** Depthwise convolution of sequences for the DSP extension: k x 1 over one column, 1 x k over one row. */

import type { ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import type { CValue, Kernel } from '../../kernel.js';
import { event, type Span, unordered } from '../c/access.js';
import { convStruct, inputShape, int32Array, opOf, outputShape } from '../c/structs.js';
import { lineFeatures } from './features-depthwise.js';
import { footprintOf } from './footprint.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');

/** Channels staged together, outputs of a chunk. */
const group = 4;
const chunk = 8;

const roundUp4 = (n: number): number => Math.ceil(n / 4) * 4;

/** The axis that a sequence has. */
export interface Line {
  readonly down: boolean;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  /** Positions of the input and of the output. */
  readonly input: number;
  readonly output: number;
}

/** Null where the convolution is not along the one axis of its image. */
export function lineOf(node: Int8Node, graph: Int8Graph): Line | null {
  const { window: w } = convOf(node);
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  if (w.dilationH !== 1 || w.dilationW !== 1) return null;
  if (input.w === 1 && output.w === 1 && w.kernelW === 1 && w.padLeft === 0)
    return { down: true, kernel: w.kernelH, stride: w.strideH, pad: w.padTop, input: input.h, output: output.h };
  if (input.h === 1 && output.h === 1 && w.kernelH === 1 && w.padTop === 0)
    return { down: false, kernel: w.kernelW, stride: w.strideW, pad: w.padLeft, input: input.w, output: output.w };
  return null;
}

/** Of each channel words of four taps, bytes 0, 2, 1, 3; zeros after the last one. */
function packTaps({ weights, bias }: ConvOp, kernel: number): CValue {
  const rounded = roundUp4(kernel);
  const words = new Uint32Array((bias.length * rounded) / 4);
  const bytes = new Uint8Array(words.buffer);
  for (let c = 0; c < bias.length; c++) {
    for (let k = 0; k < kernel; k++) bytes[c * rounded + (k & ~3) + [0, 2, 1, 3][k & 3]] = weights[c * kernel + k];
  }
  return { kind: 'array', type: 'uint32_t', data: words };
}

/** Inputs are staged less their zero point: it is no part of the bias. */
function plainBias({ weights, bias, inputZeroPoint }: ConvOp, kernel: number): Int32Array {
  return bias.map((b, c) => {
    let sum = 0;
    for (let k = 0; k < kernel; k++) sum += weights[c * kernel + k];
    return b + inputZeroPoint * sum;
  });
}

const id = 'rv_depthwise_conv2d_line_s8_dsp';
const files = [`src/${id}.c`, 'include/rv_kernels_dsp.h', 'include/rv_dsp.h', 'include/rv_requantise.h'];

export const depthwiseLine: Kernel = {
  id,
  isa: 'dsp',
  files,
  accepts(node, graph) {
    if (node.op.kind !== 'conv2d' || node.op.partial !== undefined || !(node.op.weights instanceof Int8Array))
      return false;
    const channels = inputShape(node, graph).c;
    if (node.op.groups !== channels || channels === 1 || outputShape(node, graph).c !== channels) return false;
    const line = lineOf(node, graph);
    return line !== null && line.stride <= line.kernel;
  },
  params(node, graph) {
    const op = convOf(node);
    const { kernel } = lineOf(node, graph)!;
    return convStruct(node, graph, packTaps(op, kernel), int32Array(plainBias(op, kernel)));
  },
  // A chunk's inputs as int16, taps in fours.
  scratchBytes(node, graph, call) {
    const { down, kernel, stride } = lineOf(node, graph)!;
    const outputs = Math.min(down ? call.rows : call.cols, chunk);
    return 2 * group * roundUp4((outputs - 1) * stride + roundUp4(kernel) + 1);
  },
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  // A group's channels of a position are written when those below `staged` are in scratch; other groups never clash.
  inPlace(node, graph, _input, call) {
    const output = outputShape(node, graph);
    const { kernel, stride, pad, input } = lineOf(node, graph)!;
    if (call.rows < output.h || call.cols < output.w) return false;
    for (let at = 0; at < output.h * output.w; at++) {
      const staged = at * stride - pad + kernel;
      if (staged < input && at + 1 > staged) return false;
    }
    return true;
  },
  /** All positions of one channel group, then the next group: only a single group has an order worth telling. */
  *accesses(node, graph, _input, y, rows) {
    const channels = inputShape(node, graph).c;
    const { down, kernel, stride, pad, input, output } = lineOf(node, graph)!;
    const [begin, end] = down ? [y, y + rows] : [0, output];
    const read = (at: number): number => Math.min(Math.max(at * stride - pad, 0), input);
    const readEnd = (at: number): number => Math.min(Math.max(at * stride - pad + kernel, 0), input);
    const span = (from: number, to: number): Span => ({ from: from * channels, to: Math.max(from, to) * channels });
    if (channels > group) {
      yield* unordered(span(read(begin), readEnd(end - 1)), span(begin, end));
      return;
    }
    let staged = read(begin);
    for (let at = begin; at < end; at++) {
      yield event(span(staged, readEnd(at)), span(at, at + 1));
      staged = Math.max(staged, readEnd(at));
    }
  },
  ...costOf(id, lineFeatures(lineOf)),
  ...footprintOf(id, files),
};
