import type { Epilogue } from '../../numerics/epilogue.js';
import { named, positionwise, readsBroadcast, type Operator } from './operator.js';

/** The stages of an epilogue on the elements of the first input (int8 less its zero point, or int32), others as operands. */
export interface ElementwiseOp {
  readonly kind: 'elementwise';
  readonly inputZeroPoint: number;
  readonly epilogue: Epilogue;
}

export const elementwise: Operator<ElementwiseOp> = {
  ...positionwise,
  reads: readsBroadcast,
  epilogue: (op) => op.epilogue,
  ...named('elementwise'),
};
