/** Operators that only move codes. */

import type { Op } from '../../ir/graph.js';
import type { Quant } from '../../ir/tensor.js';

/** Operators that only move codes, or pick the largest of them. */
export function isMove(op: Op): boolean {
  switch (op.kind) {
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'gather':
    case 'concat':
    case 'pad':
    case 'maxPool':
      return true;
    case 'resize':
      return op.mode === 'nearest';
    default:
      return false;
  }
}

/** Whether a code stands for exactly this number: a pad's value, for one. */
export function isOnGrid(value: number, { scale, zeroPoint }: Quant): boolean {
  const code = Math.round(value / scale) + zeroPoint;
  return code >= -128 && code <= 127 && scale * (code - zeroPoint) === value;
}
