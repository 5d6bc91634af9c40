/** Requantisation of operators whose channels share one multiplier. */

import type { Requant } from '../ir/int8-graph.js';
import { planRequant, type ChannelRange, type OutputCodes } from '../numerics/requantise.js';

export interface Single {
  readonly requant: Requant;
  readonly deviations: { readonly off: number; readonly of: number };
}

export function planSingle(range: ChannelRange, output: OutputCodes): Single {
  const plan = planRequant([range], output, { encodeConstants: false });
  const { leftShift, shift, zeroPoint, clampMin, clampMax, deviations } = plan;
  return {
    requant: {
      rounding: plan.rounding,
      multiplier: plan.multipliers[0],
      leftShift,
      shift,
      exact: plan.exact?.[0] ?? null,
      zeroPoint,
      clampMin,
      clampMax,
    },
    deviations,
  };
}
