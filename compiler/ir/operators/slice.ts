import type { Shape } from '../tensor.js';
import { clip, named, type Operator, positionwise } from './operator.js';

export interface SliceOp {
  readonly kind: 'slice';
  readonly start: Shape;
  readonly step: Shape;
}

export const slice: Operator<SliceOp> = {
  ...positionwise,
  reads: (op, axis, lo, hi, input) => {
    const a = op.start[axis] + lo * op.step[axis];
    const b = op.start[axis] + (hi - 1) * op.step[axis];
    return clip(Math.min(a, b), Math.max(a, b) + 1, input[axis]);
  },
  tiles: false,
  borderRows: () => 0,
  view: (op) => op,
  ...named('slice'),
};
