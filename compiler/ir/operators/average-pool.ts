import type { Requant } from '../requant.js';
import type { Operator } from './operator.js';
import { type WindowSums, poolLabel, windowed } from './windowed.js';

/**
 * acc = sum(x - inputZeroPoint) over the taps inside the image; the divisor of an output position (taps inside, or
 * with countIncludePad taps inside the padded image) picks requants[i] with divisors[i] equal to it.
 */
export interface AveragePoolOp extends WindowSums {
  readonly kind: 'averagePool';
  readonly requants: readonly Requant[];
}

export const averagePool: Operator<AveragePoolOp> = {
  ...windowed,
  channels: () => ({ begins: false, keepsApart: true, sums: false }),
  someChannels: (op) => op,
  partialSum: null,
  sumsRows: true,
  word: () => 'average_pool',
  label: (op, input) => poolLabel('average pool', op, input),
};
