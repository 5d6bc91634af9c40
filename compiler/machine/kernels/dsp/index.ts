/** Kernels for the DSP extension: Cortex-M4, M7, M33. */

import type { Kernel } from '../../kernel.js';
import { conv2d1x1, conv2d1x1Partial, conv2d1x1PartialWide, conv2d1x1Wide } from './conv1x1.js';
import { conv2d, conv2dWide, imageKernels } from './conv2d.js';
import { depthwiseKernels } from './depthwise.js';
import { add, mul } from './elementwise.js';
import { lut, resizeLinear } from './plain-forms.js';
import { epilogueKernels } from './epilogue.js';
import { averagePool, maxPool } from './pool.js';

/** Best first. */
export const dspKernels: readonly Kernel[] = [
  ...depthwiseKernels,
  conv2d1x1,
  conv2d1x1Wide,
  conv2d1x1Partial,
  conv2d1x1PartialWide,
  ...imageKernels,
  conv2d,
  conv2dWide,
  add,
  mul,
  lut,
  resizeLinear,
  maxPool,
  averagePool,
  ...epilogueKernels,
];
