import type { Epilogue } from '../../numerics/epilogue.js';
import { type Operator, wholeChannels } from './operator.js';
import { type WindowSums, poolLabel, windowed } from './windowed.js';

/**
 * Sums over a window, of int8 codes (less their zero point) or of int32 numbers: acc = sum over the taps inside the image,
 * in int32; epilogues[i] where the divisor (as for AveragePoolOp) is divisors[i].
 */
export interface PoolSumsOp extends WindowSums {
  readonly kind: 'poolSums';
  readonly epilogues: readonly Epilogue[];
}

export const poolSums: Operator<PoolSumsOp> = {
  ...windowed,
  ...wholeChannels,
  sumsRows: true,
  epilogue: (op) => op.epilogues[0],
  word: () => 'average_pool',
  label: (op, input) => poolLabel('average pool', op, input),
};
