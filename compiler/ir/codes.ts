/** Real values and their codes, exactly. */

import { divide, divideHalfEven, integer, multiply, rational, type Rational } from '../numerics/rational.js';
import { roundToEven } from './evaluate.js';
import type { Quant } from './tensor.js';

const saturate = (q: number): number => Math.min(Math.max(q, -128), 127);

/** The code of an exact real value: nearest, ties to even, saturated. */
export function quantiseExact(value: Rational, quant: Quant): number {
  const steps = divide(value, rational(quant.scale));
  const rounded = divideHalfEven(steps.numerator, steps.denominator);
  // Anything this far out saturates whatever the zero point; doubles would lose it.
  if (rounded > 1024n || rounded < -1024n) return rounded > 0n ? 127 : -128;
  return saturate(Number(rounded) + quant.zeroPoint);
}

/** The code of a number, infinities included; a NaN, which has no code, becomes the zero point. */
export function quantiseNumber(value: number, quant: Quant): number {
  if (Number.isNaN(value)) return quant.zeroPoint;
  if (!Number.isFinite(value)) return value > 0 ? 127 : -128;
  return quantiseExact(rational(value), quant);
}

/** The code that QuantizeLinear gives a finite float32: one division and one rounding, to even, in float32. */
export const quantiseFloat32 = (value: number, quant: Quant): number =>
  saturate(roundToEven(Math.fround(value / quant.scale)) + quant.zeroPoint);

/** The exact real value of a code. */
export const dequantiseExact = (code: number, quant: Quant): Rational =>
  multiply(integer(code - quant.zeroPoint), rational(quant.scale));
