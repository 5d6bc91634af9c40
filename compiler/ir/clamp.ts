/** Clamps (Relu, Clip) as intervals. */

import type { Expr } from './expr.js';
import type { Clamp } from './graph.js';

/** `second` applied to what `first` lets through. */
export function clampAfter(first: Clamp, second: Clamp): Clamp {
  const at = (v: number): number => Math.min(Math.max(v, second.min), second.max);
  return { min: at(first.min), max: at(first.max) };
}

/** The clamp of a relu or clip applied directly to x, or null. */
export function directClamp(expr: Expr): Clamp | null {
  if (expr.fn === 'relu') return expr.a.fn === 'x' ? { min: 0, max: Infinity } : null;
  if (expr.fn === 'clip') return expr.a.fn === 'x' ? { min: expr.min, max: expr.max } : null;
  return null;
}
