/** Bilinear Resize for MVE. */

import { costOf } from '../../cost.js';
import type { Kernel } from '../../kernel.js';
import { channelByChannel } from '../c/access.js';
import { cornersSpan } from '../c/move.js';
import { inputShape, opOf, outputShape } from '../c/structs.js';
import { resizeFeatures } from './features.js';
import { mveForm } from './form.js';

const resizeLinear = mveForm('rv_resize_linear_s8', ['src/rv_resize_float32.c', 'src/rv_resize_linear.h'], {
  accesses(node, graph, _input, y, rows, only) {
    const op = opOf(node, 'resize');
    const input = inputShape(node, graph);
    return channelByChannel(outputShape(node, graph), y, rows, 4, (oy, ox) => cornersSpan(op, input, oy, ox), only);
  },
  ...costOf('rv_resize_linear_s8_mve', resizeFeatures),
});

export const moveKernels: readonly Kernel[] = [resizeLinear];
