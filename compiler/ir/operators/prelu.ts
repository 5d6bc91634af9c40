import type { ChannelRequant, Requant } from '../requant.js';
import { named, positionwise, readsItself, type Operator } from './operator.js';

/** acc = x - inputZeroPoint; `positive` where acc >= 0, else `negative` of the channel. */
export interface PReluOp {
  readonly kind: 'prelu';
  readonly inputZeroPoint: number;
  readonly positive: Requant;
  readonly negative: ChannelRequant;
}

export const prelu: Operator<PReluOp> = {
  ...positionwise,
  reads: readsItself,
  ...named('prelu'),
};
