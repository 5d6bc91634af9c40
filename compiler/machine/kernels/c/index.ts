/** The plain C kernels: every operator, on every core. */

import type { Kernel } from '../../kernel.js';
import { convKernels } from './conv.js';
import { epilogueKernels } from './epilogue.js';
import { elementwiseKernels } from './elementwise.js';
import { floatKernels } from './float.js';
import { moveKernels } from './move.js';
import { poolKernels } from './pool.js';

/** Best first among those that accept a node. */
export const cKernels: readonly Kernel[] = [
  ...convKernels,
  ...elementwiseKernels,
  ...poolKernels,
  ...moveKernels,
  ...epilogueKernels,
  ...floatKernels,
];
