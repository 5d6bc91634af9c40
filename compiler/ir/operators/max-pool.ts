import type { Window } from '../window.js';
import { ownTensors, type Operator } from './operator.js';
import { readsWindow, windowBorderRows, windowLabel } from './windowed.js';

/** Padded taps never win; clamps after. */
export interface MaxPoolOp {
  readonly kind: 'maxPool';
  readonly window: Window;
  readonly clampMin: number;
  readonly clampMax: number;
}

export const maxPool: Operator<MaxPoolOp> = {
  ...ownTensors,
  channels: () => ({ begins: false, keepsApart: true, sums: false }),
  someChannels: (op) => op,
  partialSum: null,
  reads: readsWindow,
  byRows: () => true,
  tiles: true,
  window: (op) => op.window,
  sumsRows: false,
  borderRows: windowBorderRows,
  orderByPixel: false,
  readsAhead: true,
  word: () => 'max_pool',
  label: (op) => `max pool ${windowLabel(op.window)}`,
};
