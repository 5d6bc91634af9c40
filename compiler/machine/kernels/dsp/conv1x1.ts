/** 1x1 convolutions and fully connected layers for the DSP extension. */

import { unitWindow } from '../../../ir/window.js';
import type { ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import type { AccessEvent, Kernel, RowFilter } from '../../kernel.js';
import { event, pixelRunsOfThree, windowSpan } from '../c/access.js';
import { partialAccesses } from '../c/conv.js';
import { channelRequantStruct, convStruct, inputShape, opOf, outputShape, partialStruct } from '../c/structs.js';
import { fitsSummedWords, isDotRequant, packDot } from './dot-pack.js';
import { partialFeatures, pointwiseFeatures } from './features-dot.js';
import { footprintOf } from './footprint.js';

export const dotFiles = [
  'include/rv_kernels_dsp.h',
  'include/rv_dsp.h',
  'include/rv_requantise.h',
  'src/rv_requantise_dsp.c',
  'src/rv_dot_pixels_dsp.c',
] as const;

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');

/** No taps beside the pixel itself, no padding. */
export function isPointwise(op: ConvOp): boolean {
  const w = op.window;
  return (
    w.kernelH === 1 && w.kernelW === 1 && w.padTop === 0 && w.padLeft === 0 && w.padBottom === 0 && w.padRight === 0
  );
}

/** Pixels of a call are one list over its rows; three are staged, then their outputs are written. */
export function* pixelThrees(
  node: Int8Node,
  graph: Int8Graph,
  y: number,
  rows: number,
  only?: RowFilter,
): Iterable<AccessEvent> {
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const { window } = convOf(node);
  const read = (i: number) =>
    windowSpan(
      { ...unitWindow, strideH: window.strideH, strideW: window.strideW },
      input,
      y + Math.floor(i / output.w),
      i % output.w,
    );
  for (const [i, pixels] of pixelRunsOfThree(output.w, y, rows, only)) {
    const from = (y * output.w + i) * output.c;
    yield event({ from: read(i).from, to: read(i + pixels - 1).to }, { from, to: from + pixels * output.c });
  }
}

function pointwise(id: string, summed: boolean): Kernel {
  const files = [
    `src/${id}.c`,
    'src/rv_conv2d_1x1_dsp.h',
    'src/rv_dot_block_dsp.h',
    `src/rv_dot_${summed ? '' : 'wide_'}s8_dsp.c`,
    ...dotFiles,
  ];
  return {
    id,
    isa: 'dsp',
    files,
    accepts(node) {
      if (node.op.kind !== 'conv2d' || node.op.partial !== undefined || !(node.op.weights instanceof Int8Array))
        return false;
      return node.op.groups === 1 && isPointwise(node.op) && (!summed || fitsSummedWords(node.op));
    },
    params(node, graph) {
      const op = convOf(node);
      return convStruct(
        node,
        graph,
        packDot(op, summed),
        null,
        channelRequantStruct(op.requant, isDotRequant(op.requant)),
      );
    },
    scratchBytes: (node, graph, call) =>
      (call.rows * call.cols >= 3 ? 24 : 8) * Math.ceil(inputShape(node, graph).c / 4),
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    inPlace(node, graph) {
      const { window } = convOf(node);
      return inputShape(node, graph).c === outputShape(node, graph).c && window.strideH === 1 && window.strideW === 1;
    },
    accesses: (node, graph, _input, y, rows, only) => pixelThrees(node, graph, y, rows, only),
    ...costOf(id, pointwiseFeatures(!summed)),
    ...footprintOf(id, files),
  };
}

/** One slice of a pointwise convolution's input channels. */
function partial(id: string, whole: Kernel, summed: boolean): Kernel {
  const files = [`src/${id}.c`, ...whole.files.slice(1), 'src/rv_conv2d_1x1_slice_dsp.h', 'src/rv_dot_slice_dsp.c'];
  return {
    ...whole,
    id,
    files,
    accepts({ op }) {
      return (
        op.kind === 'conv2d' &&
        op.partial !== undefined &&
        op.weights instanceof Int8Array &&
        op.groups === 1 &&
        isPointwise(op) &&
        (!summed || fitsSummedWords(op))
      );
    },
    params(node, graph) {
      const op = convOf(node);
      return partialStruct(
        node,
        graph,
        packDot(op, summed),
        null,
        channelRequantStruct(op.requant, isDotRequant(op.requant)),
      );
    },
    sliceGranule: 4,
    // The sums, channels in pairs, and the slice's pixels behind them.
    scratchBytes: (node, graph, call) =>
      8 * call.rows * call.cols * Math.ceil(outputShape(node, graph).c / 2) + whole.scratchBytes(node, graph, call),
    inPlace: () => false,
    accesses: (node, graph, input, y, rows, only) =>
      partialAccesses(node, graph, y, rows, whole.accesses(node, graph, input, y, rows, only)),
    ...costOf(id, partialFeatures(!summed)),
    ...footprintOf(id, files),
  };
}

export const conv2d1x1 = pointwise('rv_conv2d_1x1_s8_dsp', true);
export const conv2d1x1Wide = pointwise('rv_conv2d_1x1_wide_s8_dsp', false);
export const conv2d1x1Partial = partial('rv_conv2d_1x1_partial_s8_dsp', conv2d1x1, true);
export const conv2d1x1PartialWide = partial('rv_conv2d_1x1_partial_wide_s8_dsp', conv2d1x1Wide, false);
