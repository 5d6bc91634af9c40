import type { Window } from '../window.js';
import type { Operator } from './operator.js';
import { windowLabel, windowed } from './windowed.js';

/** Padded taps never win; clamps after. */
export interface MaxPoolOp {
  readonly kind: 'maxPool';
  readonly window: Window;
  readonly clampMin: number;
  readonly clampMax: number;
}

export const maxPool: Operator<MaxPoolOp> = {
  ...windowed,
  channels: () => ({ begins: false, keepsApart: true, sums: false }),
  someChannels: (op) => op,
  partialSum: null,
  sumsRows: false,
  word: () => 'max_pool',
  label: (op) => `max pool ${windowLabel(op.window)}`,
};
