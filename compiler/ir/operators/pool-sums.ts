import type { Epilogue } from '../../numerics/epilogue.js';
import type { Window } from '../window.js';
import { ownTensors, type Operator, wholeChannels } from './operator.js';
import { poolLabel, readsWindow, windowBorderRows } from './windowed.js';

/**
 * Sums over a window, of int8 codes (less their zero point) or of int32 numbers: acc = sum over the taps inside the image,
 * in int32; epilogues[i] where the divisor (as for AveragePoolOp) is divisors[i].
 */
export interface PoolSumsOp {
  readonly kind: 'poolSums';
  readonly window: Window;
  readonly countIncludePad: boolean;
  readonly inputZeroPoint: number;
  readonly divisors: Int32Array;
  readonly epilogues: readonly Epilogue[];
}

export const poolSums: Operator<PoolSumsOp> = {
  ...ownTensors,
  ...wholeChannels,
  reads: readsWindow,
  byRows: () => true,
  tiles: true,
  window: (op) => op.window,
  sumsRows: true,
  borderRows: windowBorderRows,
  orderByPixel: false,
  readsAhead: true,
  epilogue: (op) => op.epilogues[0],
  word: () => 'average_pool',
  label: (op, input) => poolLabel('average pool', op, input),
};
