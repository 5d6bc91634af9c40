/** Bilinear Resize for MVE. */

import { costOf } from '../../cost.js';
import type { Kernel } from '../../kernel.js';
import { linearAccesses } from '../c/move.js';
import { resizeFeatures } from './features.js';
import { mveForm } from './form.js';

const resizeLinear = mveForm('rv_resize_linear_s8', ['src/rv_resize_float32.c', 'src/rv_resize_linear.h'], {
  accesses: linearAccesses(4),
  ...costOf('rv_resize_linear_s8_mve', resizeFeatures),
});

export const moveKernels: readonly Kernel[] = [resizeLinear];
