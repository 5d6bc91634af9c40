import type { LogSoftmaxForm } from '../../numerics/log-softmax.js';
import { named, positionwise, readsItself, type Operator } from './operator.js';

/**
 * Over the channels of a pixel, m = max(x): S = sum(table[m - x[c]]) (uint32), table[d] = exp(-d * inputScale) * 2^tableBits,
 * log = min((log2(S) - tableBits) * logMultiplier / 2^logShift, logLimit) with log2 to 26 bits (numerics/log-softmax.ts),
 * t = min(m - x[c], farthest) * stepMultiplier + log; q = max(zeroPoint - roundHalfEven(t / 2^shift), -128).
 */
export interface LogSoftmaxOp extends LogSoftmaxForm {
  readonly kind: 'logSoftmax';
  readonly table: Uint32Array;
  readonly tableBits: number;
  readonly zeroPoint: number;
}

export const logSoftmax: Operator<LogSoftmaxOp> = {
  ...positionwise,
  reads: readsItself,
  tiles: false,
  borderRows: () => 0,
  ...named('logSoftmax'),
};
