import { named, positionwise, readsItself, type Operator } from './operator.js';

export interface ArgMaxOp {
  readonly kind: 'argMax';
  readonly lastIndex: boolean;
}

export const argMax: Operator<ArgMaxOp> = {
  ...positionwise,
  reads: readsItself,
  tiles: false,
  borderRows: () => 0,
  ...named('arg_max'),
};
