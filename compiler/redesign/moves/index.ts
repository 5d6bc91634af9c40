import type { MoveRule } from '../move.js';
import { cutWidth } from './cut-width.js';
import { dropBlock } from './drop-block.js';
import { enlargeKernel } from './enlarge-kernel.js';
import { insertBlock } from './insert-block.js';
import { lowerResolution } from './lower-resolution.js';
import { mergePointwise } from './merge-pointwise.js';
import { moveStride } from './move-stride.js';
import { shrinkKernel } from './shrink-kernel.js';
import { swapPool } from './swap-pool.js';

/** One file a kind. */
export const moveRules: readonly MoveRule[] = [
  shrinkKernel,
  enlargeKernel,
  dropBlock,
  insertBlock,
  moveStride,
  cutWidth,
  mergePointwise,
  swapPool,
  lowerResolution,
];
