import type { Requant } from '../requant.js';
import { named, positionwise, readsItself, type Operator } from './operator.js';

/**
 * Over the channels of a pixel, m = max(x): e[c] = table[m - x[c]] (uint32), S = sum(e) < 2^31,
 * z = clz32(S) - 1, inverse = floor(2^61 / (S << z)) (fits uint32), y = floor((e << z) * inverse / 2^32), about
 * e / S * 2^29; q = requant(y).
 */
export interface SoftmaxOp {
  readonly kind: 'softmax';
  readonly table: Uint32Array;
  readonly requant: Requant;
}

export const softmax: Operator<SoftmaxOp> = {
  ...positionwise,
  reads: readsItself,
  tiles: false,
  borderRows: () => 0,
  ...named('softmax'),
};
