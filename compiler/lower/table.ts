/** 256-entry tables: what a real function does to the codes of a tensor. */

import { evaluate, evaluateExact } from '../ir/evaluate.js';
import type { Expr } from '../ir/expr.js';
import type { Quant } from '../ir/tensor.js';
import { divide, divideHalfEven, integer, multiply, rational, type Rational } from '../numerics/rational.js';

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

/** The exact real value of a code. */
export const dequantiseExact = (code: number, quant: Quant): Rational => multiply(integer(code - quant.zeroPoint), rational(quant.scale));

export interface Table {
  /** Code of input code c at c + 128. */
  readonly codes: Int8Array;
  /** Input codes whose real result is so close to a tie (1e-9 of a step) that doubles cannot decide it. */
  readonly undecided: number;
}

/** How close to a tie, in steps, a double's verdict is not trusted. */
const doubt = 1e-9;

export function tableOf(expr: Expr, input: Quant, output: Quant): Table {
  const codes = new Int8Array(256);
  let undecided = 0;
  for (let code = -128; code <= 127; code++) {
    const exact = evaluateExact(expr, dequantiseExact(code, input));
    if (exact !== null) {
      codes[code + 128] = quantiseExact(exact, output);
      continue;
    }
    const value = evaluate(expr, (code - input.zeroPoint) * input.scale);
    codes[code + 128] = quantiseNumber(value, output);
    const steps = value / output.scale;
    const inside = Math.abs(steps + output.zeroPoint) < 130;
    if (inside && Math.abs(steps - Math.floor(steps) - 0.5) < doubt * Math.max(1, Math.abs(steps))) undecided++;
  }
  return { codes, undecided };
}

const identity: Expr = { fn: 'x' };

/** The table that only changes the quantisation, then clamps to [clampMin, clampMax]. */
export function requantisationTable(input: Quant, output: Quant, clampMin = -128, clampMax = 127): Int8Array {
  return tableOf(identity, input, output).codes.map((q) => Math.min(Math.max(q, clampMin), clampMax));
}
