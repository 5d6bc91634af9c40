/** The code that a real function gives for a code: the entries of tables, and their meaning. */

import { dequantiseExact, quantiseExact, quantiseFloat32, quantiseNumber } from './codes.js';
import { evaluate, evaluateExact, evaluateFloat32 } from './evaluate.js';
import type { Expr } from './expr.js';
import type { Quant } from './tensor.js';

export interface FunctionCode {
  readonly code: number;
  /** The result is so close to a tie that float32 arithmetic decided it. */
  readonly nearTie: boolean;
}

/** How close to a tie, in steps, float32 arithmetic may be on the other side of it. */
const float32Noise = 1e-4;

/**
 * f(x) of the real x behind a code, rounded to nearest, ties to even. ONNX defines operators, DequantizeLinear and
 * QuantizeLinear among them, on float32 tensors: where the exact value is next to a tie (0.1 x on power-of-two scales
 * is, at every fifth code, because 0.1 has no float32; so is every odd code between scales of 3 / 255 and 6 / 255),
 * what float32 operators make of it decides.
 */
export function functionCode(expr: Expr, code: number, input: Quant, output: Quant): FunctionCode {
  const exact = evaluateExact(expr, dequantiseExact(code, input));
  const value = evaluate(expr, (code - input.zeroPoint) * input.scale);
  const q = exact === null ? quantiseNumber(value, output) : quantiseExact(exact, output);
  if (!isNextToTie(value, output)) return { code: q, nearTie: false };
  const single = quantiseFloat32(evaluateFloat32(expr, Math.fround((code - input.zeroPoint) * input.scale)), output);
  return Math.abs(single - q) === 1 ? { code: single, nearTie: true } : { code: q, nearTie: false };
}

/** The code of a real number that is moved, not computed: float32 arithmetic decides next to a tie here, too. */
export const movedCode = (value: number, output: Quant): number =>
  isNextToTie(value, output) ? quantiseFloat32(Math.fround(value), output) : quantiseNumber(value, output);

function isNextToTie(value: number, { scale }: Quant): boolean {
  const steps = value / scale;
  return Math.abs(steps - Math.floor(steps) - 0.5) < float32Noise;
}
