/**
 * Where a function of a real number, rounded to codes, changes its code: everywhere else in the range it is proven
 * constant, by bounds over intervals that are halved until they decide.
 */

import { quantiseExact, quantiseNumber } from '../../ir/codes.js';
import { evaluate, evaluateExact } from '../../ir/evaluate.js';
import { evaluateInterval } from '../../ir/evaluate-interval.js';
import type { Expr } from '../../ir/expr.js';
import type { Quant } from '../../ir/tensor.js';
import { rational, type Rational } from '../../numerics/rational.js';

/** codes[i] holds between breakpoints i - 1 and i; at a breakpoint itself either may. */
export interface CodeSteps {
  /** Ascending real numbers. */
  readonly breakpoints: readonly number[];
  /** One more than breakpoints; neighbours differ. */
  readonly codes: readonly number[];
}

/** The code of f at a number, exactly where f is rational there. */
export function codeAt(expr: Expr, x: number, output: Quant): number {
  const exact = Number.isFinite(x) ? evaluateExact(expr, rational(x)) : null;
  return exact === null ? quantiseNumber(evaluate(expr, x), output) : quantiseExact(exact, output);
}

/** The code of f at an exact number. */
export function codeAtExact(expr: Expr, x: Rational, nearest: number, output: Quant): number {
  const exact = evaluateExact(expr, x);
  return exact === null ? quantiseNumber(evaluate(expr, nearest), output) : quantiseExact(exact, output);
}

/** Most breakpoints that a table may have. */
const mostSteps = 4096;
/** Intervals this much narrower than the range, or than a double tells apart, are a breakpoint. */
const narrowest = 2 ** -44;

/** The steps of the code of f over [lo, hi], or null where they are too many. */
export function codeSteps(expr: Expr, lo: number, hi: number, output: Quant): CodeSteps | null {
  const breakpoints: number[] = [];
  const codes: number[] = [codeAt(expr, lo, output)];
  const step = (at: number, code: number): void => {
    if (code === codes[codes.length - 1]) return;
    breakpoints.push(at);
    codes.push(code);
  };
  const width = (hi - lo) * narrowest;
  // Left to right; what is on the stack stands to the right of what has been decided.
  const stack: (readonly [number, number])[] = [[lo, hi]];
  for (let visits = 0; stack.length > 0; visits++) {
    if (breakpoints.length > mostSteps || visits > 2 ** 20) return null;
    const [from, to] = stack.pop()!;
    const bounds = evaluateInterval(expr, { lo: from, hi: to });
    const low = quantiseNumber(bounds.lo, output);
    if (low === quantiseNumber(bounds.hi, output)) {
      step(from, low);
      continue;
    }
    const middle = from + (to - from) / 2;
    if (to - from <= Math.max(width, Math.abs(middle) * 2 ** -50) || middle <= from || middle >= to) {
      step(middle, codeAt(expr, to, output));
      continue;
    }
    stack.push([middle, to], [from, middle]);
  }
  return { breakpoints, codes };
}
