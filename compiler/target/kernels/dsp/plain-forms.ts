/** Tables and linear Resize for the DSP extension: the plain kernels' constants and order, four elements a word. */

import type { Kernel } from '../../kernel.js';
import { costOf } from '../../cost.js';
import { elementwiseKernels } from '../c/elementwise.js';
import { channelByChannel } from '../c/access.js';
import { cornersSpan, moveKernels } from '../c/move.js';
import { inputShape, opOf, outputShape } from '../c/structs.js';
import { elementwiseFeatures, resizeFeatures } from './features-words.js';
import { footprintOf } from './footprint.js';

const headers = ['include/rv_kernels_dsp.h', 'include/rv_dsp.h', 'include/rv_requantise.h'];

function form(id: string, otherFiles: readonly string[], given: Partial<Kernel>): Kernel {
  const plain = [...elementwiseKernels, ...moveKernels].find((k) => k.id === id)!;
  const files = [`src/${id}_dsp.c`, ...otherFiles, ...headers];
  return { ...plain, id: `${id}_dsp`, isa: 'dsp', files, ...footprintOf(`${id}_dsp`, files), ...given };
}

// Four elements are read before they are written, in the plain kernel's order.
export const lut = form('rv_lut_s8', [], costOf('rv_lut_s8_dsp', elementwiseFeatures));

/** Weights that are int16, of float tensors. */
export const resizeLinear = form('rv_resize_linear_s8', ['src/rv_resize_float32.c', 'src/rv_resize_linear.h'], {
  accepts(node) {
    if (node.op.kind !== 'resize' || node.op.linear === null) return false;
    const { linear, rows, columns } = node.op;
    const unclamped = linear.requant.clampMin === -128 && linear.requant.clampMax === 127;
    return !linear.truncates && unclamped && rows.denominator * columns.denominator < 2 ** 15;
  },
  accesses(node, graph, _input, y, rows, only) {
    const op = opOf(node, 'resize');
    const input = inputShape(node, graph);
    return channelByChannel(outputShape(node, graph), y, rows, 4, (oy, ox) => cornersSpan(op, input, oy, ox), only);
  },
  ...costOf('rv_resize_linear_s8_dsp', resizeFeatures),
});
