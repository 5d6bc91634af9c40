import type { Requant } from '../requant.js';
import { named, positionwise, readsBroadcast, type Operator } from './operator.js';

/** acc = (a - zeroPointA) * (b - zeroPointB). Broadcasting by shapes, as for add. */
export interface MulOp {
  readonly kind: 'mul';
  readonly zeroPointA: number;
  readonly zeroPointB: number;
  readonly requant: Requant;
}

export const mul: Operator<MulOp> = {
  ...positionwise,
  reads: readsBroadcast,
  ...named('mul'),
};
