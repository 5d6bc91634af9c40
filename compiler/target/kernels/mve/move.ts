/** Slice, Concat's copies and Resize for MVE. */

import { costOf } from '../../cost.js';
import type { AccessEvent, Kernel } from '../../kernel.js';
import { channelByChannel, pixelSpan, rowsSpan, unordered } from '../c/access.js';
import { cornersSpan } from '../c/move.js';
import { inputShape, opOf, outputShape } from '../c/structs.js';
import { moveFeatures } from './features.js';
import { mveForm } from './form.js';

/** Bytes that a copy reads before it writes them. */
const copyBlock = 16;

const copyRun = 'src/rv_copy_run_mve.h';

const copy = mveForm('rv_copy_s8', [copyRun], {
  accepts: (node) => node.op.kind === 'concat' || (node.op.kind === 'slice' && node.op.step.c === 1),
  accesses(node, graph, index, y, rows, only): Iterable<AccessEvent> {
    const input = inputShape(node, graph, index);
    const output = outputShape(node, graph);
    if (node.op.kind === 'concat') return unordered(rowsSpan(input, 0, input.h), rowsSpan(output, 0, output.h));
    const { start, step } = opOf(node, 'slice');
    return channelByChannel(output, y, rows, copyBlock, (oy, ox) => {
      const { from } = pixelSpan(input, start.h + oy * step.h, start.w + ox * step.w);
      return { from: from + start.c, to: from + start.c + output.c };
    }, only);
  },
  ...costOf('rv_copy_s8_mve', moveFeatures(copyBlock)),
});

const resizeNearest = mveForm('rv_resize_nearest_s8', [copyRun], {
  accesses(node, graph, _input, y, rows, only) {
    const op = opOf(node, 'resize');
    const input = inputShape(node, graph);
    return channelByChannel(outputShape(node, graph), y, rows, copyBlock,
      (oy, ox) => pixelSpan(input, op.rows.index0[oy], op.columns.index0[ox]), only);
  },
  ...costOf('rv_resize_nearest_s8_mve', moveFeatures(copyBlock)),
});

const resizeLinear = mveForm('rv_resize_linear_s8', ['src/rv_resize_float32.c', 'src/rv_resize_linear.h'], {
  accesses(node, graph, _input, y, rows, only) {
    const op = opOf(node, 'resize');
    const input = inputShape(node, graph);
    return channelByChannel(outputShape(node, graph), y, rows, 4, (oy, ox) => cornersSpan(op, input, oy, ox), only);
  },
  ...costOf('rv_resize_linear_s8_mve', moveFeatures(4)),
});

export const moveKernels: readonly Kernel[] = [copy, resizeNearest, resizeLinear];
