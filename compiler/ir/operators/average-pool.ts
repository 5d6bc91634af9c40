import type { Requant } from '../requant.js';
import type { Window } from '../window.js';
import { ownTensors, type Operator } from './operator.js';
import { poolLabel, readsWindow, windowBorderRows } from './windowed.js';

/**
 * acc = sum(x - inputZeroPoint) over the taps inside the image; the divisor of an output position (taps inside, or
 * with countIncludePad taps inside the padded image) picks requants[i] with divisors[i] equal to it.
 */
export interface AveragePoolOp {
  readonly kind: 'averagePool';
  readonly window: Window;
  readonly countIncludePad: boolean;
  readonly inputZeroPoint: number;
  readonly divisors: Int32Array;
  readonly requants: readonly Requant[];
}

export const averagePool: Operator<AveragePoolOp> = {
  ...ownTensors,
  channels: () => ({ begins: false, keepsApart: true, sums: false }),
  someChannels: (op) => op,
  partialSum: null,
  reads: readsWindow,
  byRows: () => true,
  tiles: true,
  window: (op) => op.window,
  sumsRows: true,
  borderRows: windowBorderRows,
  orderByPixel: false,
  readsAhead: true,
  word: () => 'average_pool',
  label: (op, input) => poolLabel('average pool', op, input),
};
