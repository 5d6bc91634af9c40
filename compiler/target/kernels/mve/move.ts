/** Slice, Concat's copies and Resize for MVE. */

import { costOf } from '../../cost.js';
import type { AccessEvent, Kernel } from '../../kernel.js';
import { channelByChannel, pixelSpan, rowsSpan, type Span, unordered } from '../c/access.js';
import { inputShape, opOf, outputShape } from '../c/structs.js';
import { moveFeatures } from './features.js';
import { mveForm } from './form.js';

/** Bytes that a copy reads before it writes them. */
const copyBlock = 16;

const copyRun = 'src/rv_copy_run_mve.h';

const copy = mveForm('rv_copy_s8', [copyRun], {
  accepts: (node) => node.op.kind === 'concat' || (node.op.kind === 'slice' && node.op.step.c === 1),
  accesses(node, graph, index, y, rows): Iterable<AccessEvent> {
    const input = inputShape(node, graph, index);
    const output = outputShape(node, graph);
    if (node.op.kind === 'concat') return unordered(rowsSpan(input, 0, input.h), rowsSpan(output, 0, output.h));
    const { start, step } = opOf(node, 'slice');
    return channelByChannel(output, y, rows, copyBlock, (oy, ox) => {
      const { from } = pixelSpan(input, start.h + oy * step.h, start.w + ox * step.w);
      return { from: from + start.c, to: from + start.c + output.c };
    });
  },
  ...costOf('rv_copy_s8_mve', moveFeatures(copyBlock)),
});

const resizeNearest = mveForm('rv_resize_nearest_s8', [copyRun], {
  accesses(node, graph, _input, y, rows) {
    const op = opOf(node, 'resize');
    const input = inputShape(node, graph);
    return channelByChannel(outputShape(node, graph), y, rows, copyBlock,
      (oy, ox) => pixelSpan(input, op.rows.index0[oy], op.columns.index0[ox]));
  },
  ...costOf('rv_resize_nearest_s8_mve', moveFeatures(copyBlock)),
});

const resizeLinear = mveForm('rv_resize_linear_s8', ['src/rv_resize_float32.c', 'src/rv_resize_linear.h'], {
  accesses(node, graph, _input, y, rows) {
    const op = opOf(node, 'resize');
    const input = inputShape(node, graph);
    const corners = (oy: number, ox: number): Span[] => [op.rows.index0[oy], op.rows.index1[oy]].flatMap((iy) =>
      [op.columns.index0[ox], op.columns.index1[ox]].map((ix) => pixelSpan(input, iy, ix)));
    return channelByChannel(outputShape(node, graph), y, rows, 4, (oy, ox) => {
      const spans = corners(oy, ox);
      return { from: Math.min(...spans.map((s) => s.from)), to: Math.max(...spans.map((s) => s.to)) };
    });
  },
  ...costOf('rv_resize_linear_s8_mve', moveFeatures(4)),
});

export const moveKernels: readonly Kernel[] = [copy, resizeNearest, resizeLinear];
