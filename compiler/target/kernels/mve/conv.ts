/** Convolutions for MVE: 1x1 and fully connected. */

import type { ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import type { AccessEvent, CStruct, CValue, Kernel } from '../../kernel.js';
import { event, nothing, pixelSpan, pixelsReread, type Span, windowSpan } from '../c/access.js';
import { conv2d1x1 as plain1x1 } from '../c/conv.js';
import { channelRequantStruct, convStruct, inputShape, opOf, outputShape } from '../c/structs.js';
import { dotRunCost } from './cost.js';
import { dotStreamBytes, isFast, packDot } from './pack-dot.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d', 'convTranspose2d');

export const dotFiles = ['src/rv_dot_s8_mve.c', 'src/rv_dot_short_mve.c', 'src/rv_dot_long_mve.c', 'src/rv_dot_mve.h', 'src/rv_dot_asm_mve.h', 'include/rv_kernels_mve.h', 'include/rv_requantise.h'];
/** Stack of rv_dot_s8_mve, with what it calls. */
export const dotStackBytes = 96 + 384 + 120;
export const dotCodeBytes = 2200 + 1520 + 960;

/** rv_conv_params around a stream that carries biases, and on the fast path multipliers. */
export function streamStruct(node: Int8Node, graph: Int8Graph, stream: Uint8Array, fast: boolean): CStruct {
  const weights: CValue = { kind: 'array', type: 'uint8_t', data: stream, alignBytes: 8 };
  return convStruct(node, graph, weights, null, channelRequantStruct(convOf(node).requant, fast));
}

export const conv2d1x1: Kernel = {
  id: 'rv_conv2d_1x1_s8_mve',
  isa: 'mve',
  files: ['src/rv_conv2d_1x1_s8_mve.c', ...dotFiles],
  accepts: (node, graph) => plain1x1.accepts(node, graph),
  params(node, graph) {
    const op = convOf(node);
    const depth = inputShape(node, graph).c;
    const count = outputShape(node, graph).c;
    const fast = isFast(op.requant);
    const stream = new Uint8Array(dotStreamBytes(depth, count, fast));
    packDot({
      depth, count,
      weight: (c, k) => op.weights[c * depth + k],
      bias: (c) => op.bias[c],
      multiplier: fast ? (c) => op.requant.multipliers[c] : null,
    }, new DataView(stream.buffer), 0);
    return streamStruct(node, graph, stream, fast);
  },
  scratchBytes: () => 0,
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace: () => false,
  accesses(node, graph, _input, y, rows) {
    const { window } = convOf(node);
    const input = inputShape(node, graph);
    const output = outputShape(node, graph);
    if (window.strideH === 1 && window.strideW === 1) return pixelPairs(input.c, output.c, y * output.w, rows * output.w);
    return rowPairs(node, graph, y, rows);
  },
  instructions(node, graph, call) {
    const { window, requant } = convOf(node);
    const work = { depth: inputShape(node, graph).c, channels: outputShape(node, graph).c, fast: isFast(requant) };
    const along = (pixels: number): number => dotRunCost({ ...work, pairs: pixels >> 1, single: pixels % 2 === 1 });
    if (window.strideH === 1 && window.strideW === 1 && call.cols === outputShape(node, graph).w) return 110 + along(call.rows * call.cols);
    const twoRows = 55 + dotRunCost({ ...work, pairs: call.cols, single: false });
    return 110 + (call.rows >> 1) * twoRows + (call.rows % 2 === 1 ? 30 + along(call.cols) : 0);
  },
  stackBytes: 208 + dotStackBytes,
  codeBytes: 800 + dotCodeBytes,
};

/** Pixels [first, first + count) of an image taken as one row, two at a time, read again for every channel group. */
function* pixelPairs(inChannels: number, outChannels: number, first: number, count: number): Iterable<AccessEvent> {
  for (let p = first; p < first + count; p += 2) {
    const n = Math.min(2, first + count - p);
    const read = { from: p * inChannels, to: (p + n) * inChannels };
    yield event(read, { from: p * outChannels, to: (p + n) * outChannels });
    yield event(read, nothing);
  }
}

/** Pixels of two rows side by side; the last row of an odd number by pairs along it. */
function* rowPairs(node: Int8Node, graph: Int8Graph, y: number, rows: number): Iterable<AccessEvent> {
  const { window } = convOf(node);
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const read = (oy: number, x: number, pixels: number): Span => windowSpan(window, input, oy, x, pixels);
  let oy = y;
  for (; oy + 1 < y + rows; oy += 2) {
    for (let x = 0; x < output.w; x++) {
      for (const row of [oy, oy + 1]) yield event(nothing, pixelSpan(output, row, x));
      for (const row of [oy, oy + 1]) yield event(read(row, x, 1), nothing);
    }
  }
  if (oy < y + rows) yield* pixelsReread(output, oy, 1, 2, read);
}

export const convKernels: readonly Kernel[] = [conv2d1x1];
