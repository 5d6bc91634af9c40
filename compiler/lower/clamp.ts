/** Real clamps as codes. Quantisation is monotone, so the code of a clamped value is the clamped code. */

import type { Clamp } from '../ir/graph.js';
import { quantiseNumber } from '../ir/codes.js';
import type { Quant } from '../ir/tensor.js';

export function clampCodes(clamp: Clamp, quant: Quant): { readonly clampMin: number; readonly clampMax: number } {
  const clampMin = quantiseNumber(clamp.min, quant);
  return { clampMin, clampMax: Math.max(clampMin, quantiseNumber(clamp.max, quant)) };
}
