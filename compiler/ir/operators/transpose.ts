import { named, type Operator, positionwise } from './operator.js';

export interface TransposeOp {
  readonly kind: 'transpose';
  readonly dims: readonly number[];
  readonly perm: readonly number[];
}

export const transpose: Operator<TransposeOp> = {
  ...positionwise,
  reads: (_, axis, __, ___, input) => ({ lo: 0, hi: input[axis] }),
  byRows: () => false,
  tiles: false,
  readsAhead: false,
  // It walks memory as it lies.
  dense: true,
  ...named('transpose'),
};
