/** Convolutions for MVE: 1x1 and fully connected, and any other with int8 weights. */

import type { ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import type { Shape } from '../../../ir/tensor.js';
import { dilated, type Window } from '../../../ir/window.js';
import { costOf } from '../../cost.js';
import { added, type Features, roundedOutputs } from '../../cost-features.js';
import type { AccessEvent, CStruct, CValue, Kernel, RowFilter } from '../../kernel.js';
import {
  allRows,
  event,
  nothing,
  pixelSpan,
  pixelsReread,
  rowsSpan,
  type Span,
  unordered,
  windowSpan,
} from '../c/access.js';
import { conv2d1x1 as plain1x1, conv2d1x1Partial as plainPartial, partialAccesses } from '../c/conv.js';
import {
  channelRequantStruct,
  convStruct,
  inputShape,
  opOf,
  outputShape,
  partialStruct,
  struct,
} from '../c/structs.js';
import { dotRunFeatures, slicePairs } from './cost.js';
import { convFeatures } from './features.js';
import { footprintOf } from './footprint.js';
import { type DotChannels, isFast, packDots } from './pack-dot.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d', 'convTranspose2d');

export const dotFiles = [
  'src/rv_dot_s8_mve.c',
  'src/rv_dot_short_mve.c',
  'src/rv_dot_long_mve.c',
  'src/rv_dot_mve.h',
  'src/rv_dot_asm_mve.h',
  'src/rv_requantise_mve.c',
  'src/rv_requantise_mve.h',
  'include/rv_kernels_mve.h',
  'include/rv_requantise.h',
];
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
    const stream = packDots([
      {
        depth,
        count,
        weight: (c, k) => op.weights[c * depth + k],
        bias: (c) => op.bias[c],
        multiplier: fast ? (c) => op.requant.multipliers[c] : null,
      },
    ]);
    return streamStruct(node, graph, stream, fast);
  },
  scratchBytes: () => 0,
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace: () => false,
  accesses(node, graph, _input, y, rows, only = allRows) {
    const { window } = convOf(node);
    if (window.strideH === 1 && window.strideW === 1)
      return pixelPairs(inputShape(node, graph).c, outputShape(node, graph), y, rows, only);
    return rowPairs(node, graph, y, rows, only);
  },
  ...costOf(
    'rv_conv2d_1x1_s8_mve',
    convFeatures(isFast, (node, graph, call) => {
      const { window, requant } = convOf(node);
      const work = { depth: inputShape(node, graph).c, channels: outputShape(node, graph).c, fast: isFast(requant) };
      const along = (pixels: number): Features =>
        dotRunFeatures({ ...work, pairs: pixels >> 1, single: pixels % 2 === 1 }, 1);
      const oneLine = call.rows === 1 || call.cols === outputShape(node, graph).w;
      if (window.strideH === 1 && window.strideW === 1 && oneLine) return along(call.rows * call.cols);
      const twoRows = dotRunFeatures({ ...work, pairs: call.cols, single: false }, call.rows >> 1);
      return call.rows % 2 === 1 ? added(twoRows, along(call.cols)) : twoRows;
    }),
  ),
  ...footprintOf('rv_conv2d_1x1_s8_mve', dotFiles),
};

/** Blocks of 16 channels that rv_conv2d_1x1_partial_s8_mve computes at once. */
const partBlocks = 3;

/** Channels [first, end) of a slice that are computed at once. */
function partsOf(depth: number): { readonly first: number; readonly end: number }[] {
  const blocks = Math.ceil(depth / 16);
  const count = Math.ceil(blocks / partBlocks);
  const at = (i: number): number => Math.min(depth, 16 * Math.floor((blocks * i) / count));
  return Array.from({ length: count }, (_, i) => ({ first: at(i), end: at(i + 1) }));
}

export const conv2d1x1Partial: Kernel = {
  ...conv2d1x1,
  id: 'rv_conv2d_1x1_partial_s8_mve',
  files: ['src/rv_conv2d_1x1_partial_s8_mve.c', 'src/rv_dot_slice_mve.c', ...dotFiles],
  // Only the first slice sets the sums to its biases; others begin with the sums as they are.
  accepts: (node, graph) =>
    plainPartial.accepts(node, graph) && (convOf(node).partial!.first || convOf(node).bias.every((b) => b === 0)),
  params(node, graph) {
    const { weights, bias, requant, partial } = convOf(node);
    const depth = inputShape(node, graph).c;
    const count = outputShape(node, graph).c;
    const parts = partsOf(depth);
    const fast = isFast(requant);
    const rounds = (i: number): boolean => fast && partial!.last && i === parts.length - 1;
    const of = (first: number, end: number, i: number): DotChannels => ({
      depth: end - first,
      count,
      weight: (c, k) => weights[c * depth + first + k],
      bias: i < 0 ? (c) => bias[c] : null,
      multiplier: rounds(i) ? (c) => requant.multipliers[c] : null,
    });
    const streams = [...(partial!.first ? [of(0, 0, -1)] : []), ...parts.map(({ first, end }, i) => of(first, end, i))];
    const packed: CValue = { kind: 'array', type: 'uint8_t', data: packDots(streams), alignBytes: 8 };
    return partialStruct(node, graph, packed, null, channelRequantStruct(requant, fast));
  },
  // Three blocks of 16 channels at once.
  sliceGranule: 16 * partBlocks,
  scratchBytes: (node, graph, call) => 16 * call.rows * call.cols * Math.ceil(outputShape(node, graph).c / 4),
  accesses: (node, graph, _input, y, rows, only = allRows) =>
    partialAccesses(node, graph, y, rows, rowPairs(node, graph, y, rows, only)),
  ...costOf('rv_conv2d_1x1_partial_s8_mve', (node, graph, call) => {
    const { requant, partial } = convOf(node);
    const channels = outputShape(node, graph).c;
    const parts = partsOf(inputShape(node, graph).c);
    const lines =
      call.rows === 1
        ? { pairs: call.cols >> 1, singles: call.cols % 2 }
        : {
            pairs: (call.rows >> 1) * call.cols + (call.rows % 2) * (call.cols >> 1),
            singles: (call.rows % 2) * (call.cols % 2),
          };
    const runs = Math.ceil(call.rows / 2) + (lines.singles > 0 && lines.pairs > 0 ? 1 : 0);
    const rounded =
      partial!.last && !isFast(requant) ? roundedOutputs(requant, 2 * (lines.pairs + lines.singles) * channels) : {};
    const quads = Math.ceil(channels / 4);
    const begun: Features = partial!.first
      ? { begunPairs: lines.pairs * quads, begunSingles: lines.singles * quads }
      : {};
    return parts
      .map(
        ({ first, end }, i): Features => ({
          runs,
          ...slicePairs({
            depth: end - first,
            channels,
            results: partial!.last && i === parts.length - 1,
            fast: isFast(requant),
            ...lines,
          }),
        }),
      )
      .reduce(added, { calls: 1, rows: Math.ceil(call.rows / 2), ...begun, ...rounded });
  }),
  ...footprintOf('rv_conv2d_1x1_partial_s8_mve', ['src/rv_dot_slice_mve.c', ...dotFiles]),
};

/** Pixels of a call taken as one row, two at a time, read again for every channel group. */
function* pixelPairs(
  inChannels: number,
  output: Shape,
  y: number,
  rows: number,
  only: RowFilter,
): Iterable<AccessEvent> {
  const first = y * output.w;
  const end = first + rows * output.w;
  let p = first;
  for (const oy of only(y, rows)) {
    const row = (oy - y) * output.w;
    for (p = Math.max(p, first + row - (row % 2)); p < first + row + output.w; p += 2) {
      const n = Math.min(2, end - p);
      const read = { from: p * inChannels, to: (p + n) * inChannels };
      yield event(read, { from: p * output.c, to: (p + n) * output.c });
      yield event(read, nothing);
    }
  }
}

/** Pixels of two rows side by side; the last row of an odd number by pairs along it. */
function* rowPairs(node: Int8Node, graph: Int8Graph, y: number, rows: number, only: RowFilter): Iterable<AccessEvent> {
  const { window } = convOf(node);
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const read = (oy: number, x: number, pixels: number): Span => windowSpan(window, input, oy, x, pixels);
  let oy = y;
  for (const wanted of only(y, rows)) {
    oy = Math.max(oy, wanted - ((wanted - y) % 2));
    if (oy > wanted) continue;
    if (oy + 1 === y + rows) {
      yield* pixelsReread(output, oy, 1, 2, read);
      return;
    }
    for (let x = 0; x < output.w; x++) {
      for (const row of [oy, oy + 1]) yield event(nothing, pixelSpan(output, row, x));
      for (const row of [oy, oy + 1]) yield event(read(row, x, 1), nothing);
    }
    oy += 2;
  }
}

/** How receptive fields lie in the scratch buffer of rv_conv2d_s8_mve. */
function fieldOf(node: Int8Node, graph: Int8Graph) {
  const { window: w, groups } = convOf(node);
  const depth = inputShape(node, graph).c / groups;
  const slots = dilated(w.kernelH, w.dilationH);
  return { depth, slots, bytes: dilated(w.kernelW, w.dilationW) * slots * depth };
}

/** Scatter offsets for pixels of fewer than 16 contiguous bytes (rv_conv2d_mve_params); none where they exceed a byte. */
function narrowPixels(depth: number, columnBytes: number): Readonly<Record<string, CValue>> {
  let phases = depth;
  while (phases % 2 === 0) phases /= 2;
  const offsets: number[] = [];
  const advance: number[] = [];
  const at = (byte: number): number => Math.floor(byte / depth) * columnBytes + (byte % depth);
  for (let phase = 0; phase < phases && depth < 16; phase++) {
    const pixel = Math.floor((16 * phase) / depth) * columnBytes;
    for (let i = 0; i < 16; i++) offsets.push(at(16 * phase + i) - pixel);
    advance.push(Math.floor((16 * (phase + 1)) / depth) * columnBytes - pixel);
  }
  if (depth >= 16 || Math.max(...offsets) > 255) return {};
  return {
    offsets: { kind: 'array', type: 'uint8_t', data: offsets },
    advance: { kind: 'array', type: 'uint16_t', data: advance },
    phases,
  };
}

/** Between taps that far apart lies more than the sums are worth: it would be staged, and multiplied by zeros. */
const isSparse = (w: Window): boolean =>
  dilated(w.kernelH, w.dilationH) * dilated(w.kernelW, w.dilationW) > 64 * w.kernelH * w.kernelW;

export const conv2d: Kernel = {
  id: 'rv_conv2d_s8_mve',
  isa: 'mve',
  files: ['src/rv_conv2d_s8_mve.c', ...dotFiles],
  accepts(node, graph) {
    return (
      node.op.kind === 'conv2d' &&
      node.op.partial === undefined &&
      node.op.weights instanceof Int8Array &&
      inputShape(node, graph).c > 0 &&
      !isSparse(node.op.window)
    );
  },
  params(node, graph) {
    const op = convOf(node);
    const { window: w } = op;
    const { depth, slots, bytes } = fieldOf(node, graph);
    const count = outputShape(node, graph).c / op.groups;
    const fast = isFast(op.requant);
    const taps = w.kernelH * w.kernelW;
    const groups = Array.from(
      { length: op.groups },
      (_, g): DotChannels => ({
        depth: bytes,
        count,
        weight: (c, k) => {
          const [column, row] = [Math.floor(k / (slots * depth)), Math.floor(k / depth) % slots];
          if (column % w.dilationW > 0 || row % w.dilationH > 0) return 0;
          const tap = (row / w.dilationH) * w.kernelW + column / w.dilationW;
          return op.weights[((g * count + c) * taps + tap) * depth + (k % depth)];
        },
        bias: (c) => op.bias[g * count + c],
        multiplier: fast ? (c) => op.requant.multipliers[g * count + c] : null,
      }),
    );
    const stream = packDots(groups);
    return struct('rv_conv2d_mve_params', {
      conv: streamStruct(node, graph, stream, fast),
      ...narrowPixels(depth, slots * depth),
    });
  },
  scratchBytes(node, graph, call) {
    const { window: w } = convOf(node);
    const { depth, slots } = fieldOf(node, graph);
    const columns = (call.cols - 1) * w.strideW + dilated(w.kernelW, w.dilationW);
    const rows = (call.rows - 1) * w.strideH + slots;
    // Whole blocks are read: up to 15 bytes behind the last field.
    return Math.ceil((((columns - 1) * slots + rows) * depth + 15) / 4) * 4;
  },
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace: () => false,
  *accesses(node, graph, _input, y, rows) {
    const { window: w, groups } = convOf(node);
    const input = inputShape(node, graph);
    const clip = (row: number): number => Math.min(Math.max(row, 0), input.h);
    const end = (oy: number): number => clip(oy * w.strideH - w.padTop + dilated(w.kernelH, w.dilationH));
    const first = clip(y * w.strideH - w.padTop);
    if (groups > 1) {
      yield* unordered(
        rowsSpan(input, first, Math.max(0, end(y + rows - 1) - first)),
        rowsSpan(outputShape(node, graph), y, rows),
      );
      return;
    }
    let from = first;
    for (let oy = y; oy < y + rows; oy++) {
      const to = Math.max(from, end(oy));
      yield event(rowsSpan(input, from, to - from), rowsSpan(outputShape(node, graph), oy, 1));
      from = to;
    }
  },
  ...costOf(
    'rv_conv2d_s8_mve',
    convFeatures(isFast, (node, graph, call) => {
      const { window: w, groups, requant } = convOf(node);
      const { depth, slots, bytes } = fieldOf(node, graph);
      const columns = (call.cols - 1) * w.strideW + dilated(w.kernelW, w.dilationW);
      const rows = (call.rows - 1) * w.strideH + slots;
      const runs = dotRunFeatures(
        {
          depth: Math.ceil(bytes / 16) * 16,
          channels: outputShape(node, graph).c / groups,
          fast: isFast(requant),
          pairs: call.cols >> 1,
          single: call.cols % 2 === 1,
        },
        groups * call.rows,
      );
      // Pixels of fewer than 16 channels are packed side by side; those of a group do not follow each other.
      const staged: Features =
        groups > 1
          ? {
              looseRows: groups * rows,
              loosePixels: groups * rows * columns,
              looseBytes: groups * rows * columns * depth,
            }
          : depth < 16
            ? { narrowRows: groups * rows, narrowBytes: groups * rows * columns * depth }
            : {
                wideRows: groups * rows,
                widePixels: groups * rows * columns,
                wideVectors: groups * rows * columns * Math.ceil(depth / 16),
              };
      return { groups, ...staged, ...runs };
    }),
  ),
  ...footprintOf('rv_conv2d_s8_mve', dotFiles),
};

export const convKernels: readonly Kernel[] = [conv2d1x1, conv2d1x1Partial, conv2d];
