/** Inputs that come in steps, as pixels do: quantised on those very steps they lose nothing. */

import type { Quant } from '../ir/tensor.js';

/** How far from a step a value may lie, in steps: float32 makes pixels of it. */
const tolerance = 1e-3;

/** The quantisation whose codes are exactly the values that occur, or null where they are not 256 equal steps or fewer. */
export function inSteps(tensors: readonly Float32Array[]): Quant | null {
  const seen = new Set<number>([0]);
  for (const x of tensors) {
    for (let i = 0; i < x.length; i++) seen.add(x[i]);
    // Two values a step may differ by float32's rounding.
    if (seen.size > 1024) return null;
  }
  const values = [...seen].sort((a, b) => a - b);
  const extent = values[values.length - 1] - values[0];
  if (!(extent > 0) || values.length < fewestSteps) return null;
  // The step divides the extent into at most 255; the largest such step on whose multiples all values lie.
  for (let count = 1; count <= 255; count++) {
    const scale = Math.fround(extent / count);
    if (values.some((v) => Math.abs(v / scale - Math.round(v / scale)) > tolerance)) continue;
    const lowest = Math.round(values[0] / scale);
    // Room that is left goes to both sides, as far as 0 keeps a code.
    return {
      scale,
      zeroPoint: Math.max(-128, Math.min(127, -128 - lowest + (values[0] < 0 ? (255 - count) >> 1 : 0))),
    };
  }
  return null;
}

/** With fewer values than this nothing says that they are steps. */
const fewestSteps = 16;
