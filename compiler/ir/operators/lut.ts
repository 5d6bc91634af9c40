import { named, positionwise, readsItself, type Operator } from './operator.js';

/** out = table[in + 128]. */
export interface LutOp {
  readonly kind: 'lut';
  readonly table: Int8Array;
}

export const lut: Operator<LutOp> = {
  ...positionwise,
  reads: readsItself,
  channels: () => ({ begins: false, keepsApart: true, sums: false }),
  someChannels: (op) => op,
  ...named('lut'),
};
