/** The MVE kernels (Cortex-M55): best first among those that accept a node. */

import type { Kernel } from '../../kernel.js';
import { convKernels } from './conv.js';
import { depthwiseKernels } from './depthwise.js';
import { epilogueKernels } from './epilogue.js';
import { elementwiseKernels } from './elementwise.js';
import { moveKernels } from './move.js';

export const mveKernels: readonly Kernel[] = [
  ...depthwiseKernels,
  ...convKernels,
  ...elementwiseKernels,
  ...moveKernels,
  ...epilogueKernels,
];
