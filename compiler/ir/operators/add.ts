import type { IntegerAdd } from '../../numerics/apply.js';
import { named, positionwise, readsBroadcast, type Operator } from './operator.js';

/**
 * fixed: q = ((a * multiplierA + b * multiplierB + addend + 2^(n-1)) >> n) + zp in int32
 * even:  t = a * multiplierA + b * multiplierB + addend, exact at ties; ties to even as above
 * exact: r = a * numeratorA + b * numeratorB + numeratorC; q = roundHalfEven(r / denominator) + zp, in 64 bits
 * The operands' zero points are inside the addend.
 */
export interface AddOp extends IntegerAdd {
  readonly kind: 'add';
}

export const add: Operator<AddOp> = {
  ...positionwise,
  reads: readsBroadcast,
  ...named('add'),
};
