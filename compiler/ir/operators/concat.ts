import { clip, type Operator, positionwise, readsItself } from './operator.js';

/** All inputs have the output's quantisation. */
export interface ConcatOp {
  readonly kind: 'concat';
  readonly axis: 'h' | 'w' | 'c';
}

export const concat: Operator<ConcatOp> = {
  ...positionwise,
  reads: (op, axis, lo, hi, input, output, before) =>
    op.axis === axis
      ? clip(lo - before, hi - before, input[axis])
      : readsItself(op, axis, lo, hi, input, output, before),
  // Parts one below the other come at different times.
  byRows: (op) => op.axis !== 'h',
  tiles: false,
  storage: 'parts',
  takesArray: true,
  partAxis: (op) => op.axis,
  word: () => 'concat',
  label: (op) => `concat ${op.axis}`,
};
