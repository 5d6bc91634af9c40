/** Convolutions with an epilogue for the DSP extension. */

import type { ConvOp } from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import type { AccessEvent, Kernel, RowFilter } from '../../kernel.js';
import { event, nothing, pixelRunsOfThree, pixelSpan } from '../c/access.js';
import { convEpilogueStruct, epilogueFiles, epilogueKernel, noRequantStruct, readSpan } from '../c/epilogue.js';
import { elementBytesOf, valueOf, type Int8Graph, type Int8Node } from '../../../ir/int8-graph.js';
import { convStruct, inputShape, opOf, outputShape } from '../c/structs.js';
import { dotFiles } from './conv1x1.js';
import { dotShape, fitsSummedWords, packDot } from './dot-pack.js';
import { convEpilogueFeatures } from './features-epilogue.js';
import { footprintOf } from './footprint.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');
const roundUp4 = (n: number): number => Math.ceil(n / 4) * 4;

/** Three pixels are staged, then their results written, group of channels by group. */
function* threes(
  node: Int8Node,
  graph: Int8Graph,
  index: number,
  y: number,
  rows: number,
  only?: RowFilter,
): Iterable<AccessEvent> {
  const output = outputShape(node, graph);
  const unit = elementBytesOf(valueOf(graph, node.output));
  for (const [i, pixels] of pixelRunsOfThree(output.w, y, rows, only)) {
    const at = (k: number) => [y + Math.floor((i + k) / output.w), (i + k) % output.w] as const;
    const spans = Array.from({ length: pixels }, (_, k) => readSpan(node, graph, index, ...at(k)));
    const read = {
      from: Math.min(...spans.filter((s) => s.from < s.to).map((s) => s.from), Infinity),
      to: Math.max(...spans.map((s) => s.to)),
    };
    const span = read.from < read.to ? read : nothing;
    const first = pixelSpan(output, ...at(0), pixels, unit);
    // Operands are read pixel by pixel, between the writes of the others.
    if (index > 0 || convOf(node).groups > 1) {
      yield event(nothing, first);
      yield event(span, nothing);
    } else yield event(span, first);
  }
}

function convolution(id: string, summed: boolean): Kernel {
  const files = [
    `src/${id}.c`,
    'src/rv_conv2d_epilogue_dsp.h',
    'src/rv_conv2d_dsp.h',
    'src/rv_dot_block_dsp.h',
    `src/rv_dot_${summed ? '' : 'wide_'}s8_dsp.c`,
    'src/rv_dot_slice_dsp.c',
    ...epilogueFiles,
    ...dotFiles,
  ];
  return {
    ...epilogueKernel,
    id,
    isa: 'dsp',
    files: [...new Set(files)],
    accepts(node, graph) {
      const { op } = node;
      if (op.kind !== 'conv2d' || op.epilogue === undefined || !(op.weights instanceof Int8Array)) return false;
      // Staging a field for one or a few channels does not pay.
      const isDepthwise = op.groups > 1 && op.groups === inputShape(node, graph).c;
      return !isDepthwise && (!summed || fitsSummedWords(op));
    },
    params: (node, graph) =>
      convEpilogueStruct(node, graph, convStruct(node, graph, packDot(convOf(node), summed), null, noRequantStruct)),
    scratchBytes(node, graph, call) {
      const { depth, channels } = dotShape(convOf(node));
      const field = roundUp4(depth);
      const pairs = Math.ceil(channels / 2);
      if (call.rows * call.cols < 3) return 16 * pairs + 3 * field;
      const inputs = inputShape(node, graph).c / convOf(node).groups;
      return 32 * pairs + 6 * field + (inputs % 4 === 0 ? inputs : field);
    },
    accesses: threes,
    ...costOf(id, convEpilogueFeatures(!summed)),
    ...footprintOf(id, files),
  };
}

export const epilogueKernels: readonly Kernel[] = [
  convolution('rv_conv2d_epilogue_s8_dsp', true),
  convolution('rv_conv2d_epilogue_wide_s8_dsp', false),
];
