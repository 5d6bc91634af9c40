/** Kernels for the DSP extension: Cortex-M4, M7, M33. */

import type { Kernel } from '../../kernel.js';
import { conv2d1x1, conv2d1x1Wide } from './conv1x1.js';

/** Best first. */
export const dspKernels: readonly Kernel[] = [conv2d1x1, conv2d1x1Wide];
