import { clip, named, type Operator, positionwise } from './operator.js';

/** The same bytes under another shape: never a kernel, always a view. */
export interface ReshapeOp {
  readonly kind: 'reshape';
}

export const reshape: Operator<ReshapeOp> = {
  ...positionwise,
  // A reshape that keeps rows as rows: a ring of its input is a ring of its output.
  reads: (_, axis, lo, hi, input, output) =>
    input.h === output.h && input.w === output.w && input.c === output.c
      ? clip(lo, hi, input[axis])
      : { lo: 0, hi: input[axis] },
  tiles: false,
  storage: 'input',
  dense: true,
  ...named('reshape'),
};
