import type { Rounding } from '../requant.js';
import { named, positionwise, readsBroadcast, type Operator } from './operator.js';

/**
 * fixed: q = ((a * multiplierA + b * multiplierB + addend + 2^(n-1)) >> n) + zp in int32
 * even:  t = a * multiplierA + b * multiplierB + addend, exact at ties; ties to even as above
 * exact: r = a * numeratorA + b * numeratorB + numeratorC; q = roundHalfEven(r / denominator) + zp, in 64 bits
 * The operands' zero points are inside the addend.
 */
export interface AddOp {
  readonly kind: 'add';
  readonly rounding: Rounding;
  readonly multiplierA: number;
  readonly multiplierB: number;
  readonly addend: number;
  readonly shift: number;
  readonly exact: {
    readonly numeratorA: bigint;
    readonly numeratorB: bigint;
    readonly numeratorC: bigint;
    readonly denominator: bigint;
  } | null;
  readonly zeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

export const add: Operator<AddOp> = {
  ...positionwise,
  reads: readsBroadcast,
  ...named('add'),
};
