/** Convolutions of any geometry and grouping for the DSP extension. */

import type { ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import type { AccessEvent, Kernel, RowFilter } from '../../kernel.js';
import { event, nothing, pixelRunsOfThree, type Span, windowSpan } from '../c/access.js';
import { channelRequantStruct, convStruct, inputShape, opOf, outputShape } from '../c/structs.js';
import { dotFiles } from './conv1x1.js';
import { dotShape, fitsSummedWords, isDotRequant, packDot } from './dot-pack.js';
import { imageFeatures, generalFeatures } from './features-dot.js';
import { footprintOf } from './footprint.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');

const roundUp4 = (n: number): number => Math.ceil(n / 4) * 4;

function union(a: Span, b: Span): Span {
  if (a.from >= a.to) return b;
  if (b.from >= b.to) return a;
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
}

/** Three windows are staged, then their pixels written, group of channels by group. */
function* windowThrees(
  node: Int8Node,
  graph: Int8Graph,
  y: number,
  rows: number,
  only?: RowFilter,
): Iterable<AccessEvent> {
  const { window, groups } = convOf(node);
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  for (const [i, pixels] of pixelRunsOfThree(output.w, y, rows, only)) {
    const spans = Array.from({ length: pixels }, (_, k) =>
      windowSpan(window, input, y + Math.floor((i + k) / output.w), (i + k) % output.w),
    );
    const read = spans.reduce(union);
    const from = (y * output.w + i) * output.c;
    yield event(read, { from, to: from + pixels * output.c });
    if (groups > 1) yield event(read, nothing);
  }
}

function general(id: string, summed: boolean): Kernel {
  const files = [
    `src/${id}.c`,
    'src/rv_conv2d_dsp.h',
    'src/rv_dot_block_dsp.h',
    `src/rv_dot_${summed ? '' : 'wide_'}s8_dsp.c`,
    ...dotFiles,
  ];
  return {
    id,
    isa: 'dsp',
    files,
    accepts(node, graph) {
      if (node.op.kind !== 'conv2d' || node.op.partial !== undefined || !(node.op.weights instanceof Int8Array))
        return false;
      // Staging a field for one or a few channels does not pay.
      const depthwise = node.op.groups > 1 && node.op.groups === inputShape(node, graph).c;
      return !depthwise && (!summed || fitsSummedWords(node.op));
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
    scratchBytes(node, graph, call) {
      const { depth } = dotShape(convOf(node));
      const field = roundUp4(depth);
      if (call.rows * call.cols < 3) return 3 * field;
      const channels = inputShape(node, graph).c / convOf(node).groups;
      return 6 * field + (channels % 4 === 0 ? channels : field);
    },
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    inPlace: () => false,
    accesses: (node, graph, _input, y, rows, only) => windowThrees(node, graph, y, rows, only),
    ...costOf(id, generalFeatures(!summed)),
    ...footprintOf(id, files),
  };
}

/** 3x3 over an image of few channels: kernel rows are neighbouring bytes, staged without a copy. */
function image(id: string, channels: number): Kernel {
  const files = [
    `src/${id}.c`,
    'src/rv_conv2d_image_dsp.h',
    'src/rv_dot_block_dsp.h',
    'src/rv_dot_s8_dsp.c',
    ...dotFiles,
  ];
  return {
    ...general(id, true),
    files,
    accepts(node, graph) {
      if (
        node.op.kind !== 'conv2d' ||
        node.op.partial !== undefined ||
        !(node.op.weights instanceof Int8Array) ||
        inputShape(node, graph).c !== channels
      )
        return false;
      const w = node.op.window;
      return (
        node.op.groups === 1 &&
        w.kernelH === 3 &&
        w.kernelW === 3 &&
        w.dilationH === 1 &&
        w.dilationW === 1 &&
        fitsSummedWords(node.op)
      );
    },
    // Three fields, or the only one, of whole words, widened.
    scratchBytes: (_node, _graph, call) => (call.rows * call.cols >= 3 ? 3 : 1) * 2 * roundUp4(9 * channels),
    ...costOf(id, imageFeatures),
    ...footprintOf(id, files),
  };
}

export const imageKernels: readonly Kernel[] = [
  image('rv_conv2d_image1_s8_dsp', 1),
  image('rv_conv2d_image2_s8_dsp', 2),
  image('rv_conv2d_colour_s8_dsp', 3),
  image('rv_conv2d_image4_s8_dsp', 4),
];

export const conv2d = general('rv_conv2d_s8_dsp', true);
export const conv2dWide = general('rv_conv2d_wide_s8_dsp', false);
