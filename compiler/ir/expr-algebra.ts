/** Algebra of elementwise functions: composition, and what a function amounts to. */

import { clampAfter, directClamp } from './clamp.js';
import type { Expr } from './expr.js';
import { noClamp } from './graph.js';
import type { Clamp } from './graph.js';

export const identityExpr: Expr = { fn: 'x' };

export const isIdentity = (e: Expr): boolean => e.fn === 'x';

/** outer(inner(x)). Successive clamps become one. */
export function compose(outer: Expr, inner: Expr): Expr {
  if (outer.fn === 'x') return inner;
  if (inner.fn === 'x' || outer.fn === 'constant') return outer;
  const clamp = directClamp(outer);
  const before = directClamp(inner);
  if (clamp !== null && before !== null && 'a' in inner)
    return { fn: 'clip', a: inner.a, ...clampAfter(before, clamp) };
  if ('b' in outer) return { ...outer, a: compose(outer.a, inner), b: compose(outer.b, inner) };
  return { ...outer, a: compose(outer.a, inner) };
}

/** Nodes of a function, shared ones counted each time. */
export function exprSize(e: Expr): number {
  if (e.fn === 'x' || e.fn === 'constant') return 1;
  return 1 + exprSize(e.a) + ('b' in e ? exprSize(e.b) : 0);
}

/** scale * x + shift, then a clamp. */
export interface ClampedLinear {
  readonly scale: number;
  readonly shift: number;
  readonly clamp: Clamp;
}

/** The function as a clamped linear one, or null. */
export function clampedLinear(e: Expr): ClampedLinear | null {
  if (e.fn === 'x') return { scale: 1, shift: 0, clamp: noClamp };
  if (e.fn === 'relu' || e.fn === 'clip') {
    const inner = clampedLinear(e.a);
    const clamp = 'min' in e ? { min: e.min, max: e.max } : { min: 0, max: Infinity };
    return inner === null ? null : { ...inner, clamp: clampAfter(inner.clamp, clamp) };
  }
  if (e.fn === 'neg') return linearOf(clampedLinear(e.a), -1, 0);
  if (!('b' in e)) return null;
  const [inner, value, isFirst] =
    e.b.fn === 'constant'
      ? ([clampedLinear(e.a), e.b.value, true] as const)
      : e.a.fn === 'constant'
        ? ([clampedLinear(e.b), e.a.value, false] as const)
        : ([null, 0, true] as const);
  if (inner === null || !Number.isFinite(value)) return null;
  switch (e.fn) {
    case 'add':
      return linearOf(inner, 1, value);
    case 'sub':
      return isFirst ? linearOf(inner, 1, -value) : linearOf(inner, -1, value);
    case 'mul':
      return linearOf(inner, value, 0);
    case 'div':
      return isFirst && value !== 0 ? linearOf(inner, 1 / value, 0) : null;
    case 'min':
      return { ...inner, clamp: clampAfter(inner.clamp, { min: -Infinity, max: value }) };
    case 'max':
      return { ...inner, clamp: clampAfter(inner.clamp, { min: value, max: Infinity }) };
    default:
      return null;
  }
}

/** scale * f + shift of a function without a clamp. */
function linearOf(f: ClampedLinear | null, scale: number, shift: number): ClampedLinear | null {
  if (f === null || f.clamp.min !== -Infinity || f.clamp.max !== Infinity) return null;
  return { scale: f.scale * scale, shift: f.shift * scale + shift, clamp: noClamp };
}

/** The function as nothing but a clamp, or null. */
export function clampOf(e: Expr): Clamp | null {
  const linear = clampedLinear(e);
  return linear !== null && linear.scale === 1 && linear.shift === 0 ? linear.clamp : null;
}

/** True only if larger arguments never give smaller values. */
export function isNonDecreasing(e: Expr): boolean {
  switch (e.fn) {
    case 'x':
    case 'constant':
      return true;
    case 'relu':
    case 'clip':
    case 'sigmoid':
    case 'tanh':
    case 'exp':
    case 'softplus':
    case 'softsign':
    case 'erf':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'sign':
      return isNonDecreasing(e.a);
    case 'leakyRelu':
    case 'elu':
    case 'hardSigmoid':
    case 'thresholdedRelu':
      return e.alpha >= 0 && isNonDecreasing(e.a);
    case 'celu':
      return e.alpha > 0 && isNonDecreasing(e.a);
    case 'selu':
      return e.alpha >= 0 && e.gamma >= 0 && isNonDecreasing(e.a);
    case 'min':
    case 'max':
      return isNonDecreasing(e.a) && isNonDecreasing(e.b);
    default: {
      const linear = clampedLinear(e);
      return linear !== null && linear.scale >= 0;
    }
  }
}
