/** Convolutions in plain C: 1x1, general, depthwise, transposed; int8 weights, and int16 for asymmetric uint8 ones. */

import type { ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { dilated } from '../../../ir/window.js';
import { costOf } from '../../cost.js';
import type { AccessEvent, CallShape, Kernel } from '../../kernel.js';
import { event, nothing, pixelByPixel, pixelSpan, pixelsReread, rowsSpan, unordered, windowSpan } from './access.js';
import {
  depthwiseFeatures,
  generalFeatures,
  partialFeatures,
  pointwiseFeatures,
  transposedFeatures,
} from './features-conv.js';
import { footprintOf } from './footprint.js';
import { channelBlock, packChannelBlocks, packPhases, weightArray } from './pack.js';
import {
  channelRequantStruct,
  convStruct,
  inputShape,
  int32Array,
  isWholeConv,
  opOf,
  outputShape,
  partialStruct,
} from './structs.js';

export const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d', 'convTranspose2d');
export const hasInt8Weights = (node: Int8Node): boolean => convOf(node).weights instanceof Int8Array;
const headers = ['include/rv_requantise.h', 'src/rv_conv_block.h'];

/** Values of one output pixel's receptive field, of one group. */
export function depthOf(node: Int8Node, graph: Int8Graph): number {
  const op = convOf(node);
  return op.window.kernelH * op.window.kernelW * (inputShape(node, graph).c / op.groups);
}

/** One group, no taps beside the pixel itself, no padding. */
function isPointwise({ window: w, groups }: ConvOp): boolean {
  const padded = w.padTop > 0 || w.padLeft > 0 || w.padBottom > 0 || w.padRight > 0;
  return groups === 1 && w.kernelH === 1 && w.kernelW === 1 && !padded;
}

export function packedConv(node: Int8Node, graph: Int8Graph) {
  const op = convOf(node);
  return convStruct(
    node,
    graph,
    weightArray(packChannelBlocks(op.weights, op.groups, depthOf(node, graph))),
    int32Array(op.bias),
  );
}

export const conv2d1x1: Kernel = {
  id: 'rv_conv2d_1x1_s8',
  isa: 'c',
  files: ['src/rv_conv2d_1x1_s8.c', ...headers],
  accepts(node, graph) {
    return isWholeConv(node) && hasInt8Weights(node) && isPointwise(convOf(node)) && inputShape(node, graph).c > 0;
  },
  params: packedConv,
  scratchBytes: () => 0,
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace: () => false,
  accesses(node, graph, _input, y, rows, only) {
    const input = inputShape(node, graph);
    return pixelsReread(
      outputShape(node, graph),
      y,
      rows,
      2,
      (oy, ox, pixels) => windowSpan(convOf(node).window, input, oy, ox, pixels),
      only,
    );
  },
  ...costOf('rv_conv2d_1x1_s8', pointwiseFeatures),
  ...footprintOf('rv_conv2d_1x1_s8'),
};

/** Sums of a window are held for four channels at a time. */
const sumsBytes = (node: Int8Node, graph: Int8Graph, call: CallShape): number =>
  4 * call.rows * call.cols * channelBlock * Math.ceil(outputShape(node, graph).c / channelBlock);

/** Slices that are read before anything is written, but for the last one. */
export function* partialAccesses(
  node: Int8Node,
  graph: Int8Graph,
  y: number,
  rows: number,
  last: Iterable<AccessEvent>,
): Iterable<AccessEvent> {
  const { window, partial } = convOf(node);
  const input = inputShape(node, graph);
  if (partial!.last) yield* last;
  else yield event(rowsSpan(input, y * window.strideH, (rows - 1) * window.strideH + 1), nothing);
}

export const conv2d1x1Partial: Kernel = {
  id: 'rv_conv2d_1x1_partial_s8',
  isa: 'c',
  files: ['src/rv_conv2d_1x1_partial_s8.c', ...headers],
  accepts(node, graph) {
    return (
      node.op.kind === 'conv2d' &&
      node.op.partial !== undefined &&
      hasInt8Weights(node) &&
      isPointwise(node.op) &&
      inputShape(node, graph).c > 0
    );
  },
  params(node, graph) {
    const { weights, bias, requant } = convOf(node);
    const packed = weightArray(packChannelBlocks(weights, 1, depthOf(node, graph)));
    return partialStruct(node, graph, packed, int32Array(bias), channelRequantStruct(requant));
  },
  sliceGranule: 1,
  scratchBytes: sumsBytes,
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace: () => false,
  accesses: (node, graph, input, y, rows, only) =>
    partialAccesses(node, graph, y, rows, conv2d1x1.accesses(node, graph, input, y, rows, only)),
  ...costOf('rv_conv2d_1x1_partial_s8', partialFeatures),
  ...footprintOf('rv_conv2d_1x1_partial_s8'),
};

function general(id: string, int8: boolean): Kernel {
  return {
    id,
    isa: 'c',
    files: [`src/${id}.c`, 'src/rv_conv2d.h', ...headers],
    accepts: (node) => isWholeConv(node) && hasInt8Weights(node) === int8,
    params: packedConv,
    // Two receptive fields side by side.
    scratchBytes: (node, graph, call) => Math.min(2, call.cols) * depthOf(node, graph),
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    inPlace: () => false,
    accesses(node, graph, _input, y, rows, only) {
      const op = convOf(node);
      const input = inputShape(node, graph);
      const output = outputShape(node, graph);
      // The fields are copied before their pixels are written, one group after the other.
      if (op.groups > 1)
        return pixelsReread(output, y, rows, 2, (oy, ox, pixels) => windowSpan(op.window, input, oy, ox, pixels), only);
      return pixelByPixel(output, y, rows, (oy, ox) => windowSpan(op.window, input, oy, ox), only);
    },
    ...costOf(id, generalFeatures),
    ...footprintOf(id),
  };
}

export const conv2d = general('rv_conv2d_s8', true);
export const conv2dWide = general('rv_conv2d_s8w16', false);

/** Input channels staged together (rv_depthwise_conv2d_s8.c). */
const depthwiseGroup = 4;
const depthwiseBlock = 4;

export const depthwiseConv2d: Kernel = {
  id: 'rv_depthwise_conv2d_s8',
  isa: 'c',
  files: ['src/rv_depthwise_conv2d_s8.c', 'include/rv_requantise.h'],
  accepts(node, graph) {
    return (
      isWholeConv(node) &&
      hasInt8Weights(node) &&
      convOf(node).groups === inputShape(node, graph).c &&
      convOf(node).groups > 1
    );
  },
  params(node, graph) {
    const op = convOf(node);
    return convStruct(node, graph, weightArray(op.weights), int32Array(op.bias));
  },
  // A ring of rows, as wide as the call's columns (at least a block of outputs) and their halo.
  scratchBytes(node, _graph, call) {
    const w = convOf(node).window;
    const columns = (Math.max(call.cols, depthwiseBlock) - 1) * w.strideW + dilated(w.kernelW, w.dilationW);
    return dilated(w.kernelH, w.dilationH) * columns * depthwiseGroup;
  },
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace(node, graph, _input, call) {
    const input = inputShape(node, graph);
    const output = outputShape(node, graph);
    if (output.c !== input.c || call.rows < output.h || call.cols < output.w) return false;
    // A group's channels of row y are written when the rows below `staged` are in scratch. Other groups never clash:
    // pixels are as far apart in the output as in the input.
    const { window: w } = convOf(node);
    for (let y = 0; y < output.h; y++) {
      const staged = y * w.strideH - w.padTop + dilated(w.kernelH, w.dilationH);
      if (staged < input.h && (y + 1) * output.w > staged * input.w) return false;
    }
    return true;
  },
  accesses: depthwiseAccesses,
  ...costOf('rv_depthwise_conv2d_s8', depthwiseFeatures),
  ...footprintOf('rv_depthwise_conv2d_s8'),
};

/** All rows of one channel group, then the next group: only a single group has an order worth telling. */
function depthwiseAccesses(
  node: Int8Node,
  graph: Int8Graph,
  _input: number,
  y: number,
  rows: number,
): Iterable<AccessEvent> {
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const { window } = convOf(node);
  const first = windowRows(node, graph, y, 1)[0];
  const last = windowRows(node, graph, y, rows)[1];
  if (input.c > depthwiseGroup) return unordered(rowsSpan(input, first, last - first), rowsSpan(output, y, rows));
  let staged = first;
  const events: AccessEvent[] = [];
  for (let oy = y; oy < y + rows; oy++) {
    const end = Math.max(staged, windowRows(node, graph, oy, 1)[1]);
    events.push(event(window.kernelH > 0 ? rowsSpan(input, staged, end - staged) : nothing, rowsSpan(output, oy, 1)));
    staged = end;
  }
  return events;
}

/** Input rows [first, end) that output rows [y, y + rows) read. */
function windowRows(node: Int8Node, graph: Int8Graph, y: number, rows: number): readonly [number, number] {
  const { window: w } = convOf(node);
  const clip = (v: number): number => Math.min(Math.max(v, 0), inputShape(node, graph).h);
  const top = y * w.strideH - w.padTop;
  return [clip(top), clip(top + (rows - 1) * w.strideH + dilated(w.kernelH, w.dilationH))];
}

/** Taps of one axis that reach an output position, at their most over the positions [0, extent). */
function mostTaps(kernel: number, stride: number, dilation: number, pad: number, extent: number): number {
  let most = 0;
  for (let at = 0; at < Math.min(stride, extent); at++) {
    let taps = 0;
    for (let k = 0; k < kernel; k++) if ((((at + pad - k * dilation) % stride) + stride) % stride === 0) taps++;
    most = Math.max(most, taps);
  }
  return most;
}

export function packedTransposed(node: Int8Node, graph: Int8Graph) {
  const { weights, bias } = packPhases(convOf(node), outputShape(node, graph).c);
  return convStruct(node, graph, weightArray(weights), int32Array(bias));
}

/** One receptive field of a transposed convolution. */
export function transposedScratch(node: Int8Node, graph: Int8Graph): number {
  const { window: w, groups } = convOf(node);
  const output = outputShape(node, graph);
  const rows = mostTaps(w.kernelH, w.strideH, w.dilationH, w.padTop, output.h);
  const columns = mostTaps(w.kernelW, w.strideW, w.dilationW, w.padLeft, output.w);
  return (rows * columns * inputShape(node, graph).c) / groups;
}

function transposed(id: string, int8: boolean): Kernel {
  return {
    id,
    isa: 'c',
    files: [`src/${id}.c`, 'src/rv_conv_transpose2d.h', ...headers],
    accepts: (node) =>
      node.op.kind === 'convTranspose2d' && node.op.epilogue === undefined && hasInt8Weights(node) === int8,
    params: packedTransposed,
    scratchBytes: transposedScratch,
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    inPlace: () => false,
    *accesses(node, graph, _input, y, rows) {
      // Phase by phase along a row: pixels of a row are written in no useful order.
      for (let oy = y; oy < y + rows; oy++) {
        yield* unordered(transposedRows(node, graph, oy), {
          from: pixelSpan(outputShape(node, graph), oy, 0).from,
          to: pixelSpan(outputShape(node, graph), oy + 1, 0).from,
        });
      }
    },
    ...costOf(id, transposedFeatures),
    ...footprintOf(id),
  };
}

/** Input rows that output row y of a transposed convolution reads. */
export function transposedRows(node: Int8Node, graph: Int8Graph, y: number) {
  const { window: w } = convOf(node);
  const input = inputShape(node, graph);
  const reached = Array.from({ length: w.kernelH }, (_, ky) => y + w.padTop - ky * w.dilationH)
    .filter((at) => at >= 0 && at % w.strideH === 0 && at / w.strideH < input.h)
    .map((at) => at / w.strideH);
  return reached.length === 0
    ? nothing
    : rowsSpan(input, Math.min(...reached), Math.max(...reached) - Math.min(...reached) + 1);
}

export const convTranspose2d = transposed('rv_conv_transpose2d_s8', true);
export const convTranspose2dWide = transposed('rv_conv_transpose2d_s8w16', false);

export const convKernels: readonly Kernel[] = [
  conv2d1x1,
  conv2d1x1Partial,
  depthwiseConv2d,
  conv2d,
  conv2dWide,
  convTranspose2d,
  convTranspose2dWide,
];
