import { named, positionwise, readsBroadcast, type Operator } from './operator.js';

/** Elementwise minimum or maximum of two tensors of equal quantisation (tables bring them there). */
export interface MinMaxOp {
  readonly kind: 'min' | 'max';
}

export const min: Operator<MinMaxOp> = { ...positionwise, reads: readsBroadcast, ...named('min') };
export const max: Operator<MinMaxOp> = { ...positionwise, reads: readsBroadcast, ...named('max') };
