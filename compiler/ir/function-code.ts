/** The code that a real function gives for a code: the entries of tables, and their meaning. */

import { dequantiseExact, quantiseExact, quantiseNumber } from './codes.js';
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
 * f(x) of the real x behind a code, rounded to nearest, ties to even. ONNX defines a function's operators on float32
 * tensors: where the exact value is next to a tie (0.1 x on power-of-two scales is, at every fifth code, because 0.1
 * has no float32), what float32 operators make of it decides. A plain change of quantisation has no operator between
 * and stays exact.
 */
export function functionCode(expr: Expr, code: number, input: Quant, output: Quant): FunctionCode {
  const exact = evaluateExact(expr, dequantiseExact(code, input));
  const value = evaluate(expr, (code - input.zeroPoint) * input.scale);
  const q = exact === null ? quantiseNumber(value, output) : quantiseExact(exact, output);
  if (expr.fn === 'x') return { code: q, nearTie: false };
  const steps = value / output.scale;
  const close = Math.abs(steps - Math.floor(steps) - 0.5) < float32Noise;
  const single = quantiseNumber(Math.fround(evaluateFloat32(expr, Math.fround((code - input.zeroPoint) * input.scale)) / output.scale) * output.scale, output);
  return close && Math.abs(single - q) === 1 ? { code: single, nearTie: true } : { code: q, nearTie: false };
}
