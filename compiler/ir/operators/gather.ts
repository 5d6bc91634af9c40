import { extremes, named, type Operator, positionwise, readsItself } from './operator.js';

export interface GatherOp {
  readonly kind: 'gather';
  readonly axis: 'h' | 'w' | 'c';
  readonly indices: Int32Array;
}

export const gather: Operator<GatherOp> = {
  ...positionwise,
  reads: (op, axis, lo, hi, input, output, before) =>
    op.axis === axis ? extremes(op.indices, null, lo, hi) : readsItself(op, axis, lo, hi, input, output, before),
  tiles: false,
  orderByPixel: true,
  readsAhead: false,
  ...named('gather'),
};
