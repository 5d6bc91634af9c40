/** Tables and linear Resize for the DSP extension: the plain kernels' constants and order, four elements a word. */

import { costOf } from '../../cost.js';
import { linearAccesses } from '../c/move.js';
import { elementwiseFeatures, resizeFeatures } from './features-words.js';
import { dspForm } from './form.js';

// Four elements are read before they are written, in the plain kernel's order.
export const lut = dspForm('rv_lut_s8', [], costOf('rv_lut_s8_dsp', elementwiseFeatures));

/** Weights that are int16, of float tensors. */
export const resizeLinear = dspForm('rv_resize_linear_s8', ['src/rv_resize_float32.c', 'src/rv_resize_linear.h'], {
  accepts(node) {
    if (node.op.kind !== 'resize' || node.op.linear === null) return false;
    const { linear, rows, columns } = node.op;
    const unclamped = linear.requant.clampMin === -128 && linear.requant.clampMax === 127;
    return !linear.truncates && unclamped && rows.denominator * columns.denominator < 2 ** 15;
  },
  accesses: linearAccesses(4),
  ...costOf('rv_resize_linear_s8_dsp', resizeFeatures),
});
