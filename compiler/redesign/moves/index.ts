import type { MoveRule } from '../move.js';
import { cutWidth } from './cut-width.js';
import { dropBlock } from './drop-block.js';
import { enlargeKernel } from './enlarge-kernel.js';
import { insertBlock } from './insert-block.js';
import { moveStride } from './move-stride.js';
import { shrinkKernel } from './shrink-kernel.js';

/** One file a kind. */
export const moveRules: readonly MoveRule[] = [
  shrinkKernel,
  enlargeKernel,
  dropBlock,
  insertBlock,
  moveStride,
  cutWidth,
];
