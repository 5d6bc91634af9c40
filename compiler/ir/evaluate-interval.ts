/**
 * Bounds of an Expr over an interval: every value that f takes on [lo, hi] lies within the result, up to the rounding of
 * doubles. Not the tightest bounds, but they shrink with the interval, so that halving it decides everything.
 */

import { evaluate } from './evaluate.js';
import type { Expr } from './expr.js';

export interface RealInterval {
  readonly lo: number;
  readonly hi: number;
}

const everything: RealInterval = { lo: -Infinity, hi: Infinity };

const hull = (...values: readonly number[]): RealInterval =>
  values.some(Number.isNaN) ? everything : { lo: Math.min(...values), hi: Math.max(...values) };

/** Where functions of one variable that fall and then rise have their minimum, to within `slack`. */
const minima: Readonly<Record<string, number>> = {
  gelu: -0.7517915246935645,
  mish: -1.1924312145154733,
  hardSwish: -1.5,
};
/** The minima are known to this much; around them functions are flat to its square. */
const slack = 1e-8;

/** Functions that never fall. */
const rising: ReadonlySet<string> = new Set([
  'relu',
  'sigmoid',
  'tanh',
  'exp',
  'softplus',
  'softsign',
  'erf',
  'floor',
  'ceil',
  'round',
  'sign',
  'clip',
  'hardSigmoid',
]);

/** Bounds of f over [lo, hi]. */
export function evaluateInterval(expr: Expr, x: RealInterval): RealInterval {
  if (expr.fn === 'x') return x;
  if (expr.fn === 'constant') return { lo: expr.value, hi: expr.value };
  const a = evaluateInterval(expr.a, x);
  if ('b' in expr) return binaryInterval(expr, a, evaluateInterval(expr.b, x));
  const f = (v: number): number => evaluate({ ...expr, a: { fn: 'x' } } as Expr, v);
  const ends = (): RealInterval => hull(f(a.lo), f(a.hi));
  if (rising.has(expr.fn)) return ends();
  switch (expr.fn) {
    case 'neg':
      return ends();
    case 'log':
      return a.lo >= 0 ? ends() : everything;
    case 'sqrt':
      return a.lo >= 0 ? ends() : everything;
    case 'abs':
      return a.lo <= 0 && a.hi >= 0 ? hull(0, f(a.lo), f(a.hi)) : ends();
    case 'reciprocal':
      return a.lo > 0 || a.hi < 0 ? ends() : everything;
    case 'leakyRelu':
    case 'elu':
    case 'celu':
    case 'selu':
      // Two monotone branches that meet at 0.
      return a.lo < 0 && a.hi > 0 ? hull(f(a.lo), 0, f(a.hi)) : ends();
    case 'thresholdedRelu':
      return hull(f(a.lo), f(a.hi), ...(a.lo <= expr.alpha && a.hi > expr.alpha ? [0, expr.alpha] : []));
    case 'gelu':
    case 'mish':
    case 'hardSwish': {
      const least = minima[expr.fn];
      if (a.hi < least - slack || a.lo > least + slack) return ends();
      const bound = f(least) - 1e-12;
      return hull(bound, f(a.lo), f(a.hi));
    }
    case 'sin':
    case 'cos':
      return { lo: -1, hi: 1 };
    default:
      return everything;
  }
}

function binaryInterval(expr: Extract<Expr, { b: Expr }>, a: RealInterval, b: RealInterval): RealInterval {
  const corners = (f: (p: number, q: number) => number): RealInterval =>
    hull(f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi));
  switch (expr.fn) {
    case 'add':
      return { lo: a.lo + b.lo, hi: a.hi + b.hi };
    case 'sub':
      return { lo: a.lo - b.hi, hi: a.hi - b.lo };
    case 'mul':
      // 0 times an infinite bound: the other factor decides.
      return corners((p, q) => (p === 0 || q === 0 ? 0 : p * q));
    case 'div':
      return b.lo > 0 || b.hi < 0 ? corners((p, q) => p / q) : everything;
    case 'min':
      return corners(Math.min);
    case 'max':
      return corners(Math.max);
    case 'pow':
      if (expr.b.fn === 'constant' && Number.isInteger(expr.b.value) && expr.b.value > 0) {
        const n = expr.b.value;
        return a.lo < 0 && a.hi > 0 && n % 2 === 0 ? hull(0, a.lo ** n, a.hi ** n) : hull(a.lo ** n, a.hi ** n);
      }
      return a.lo > 0 ? corners((p, q) => p ** q) : everything;
  }
}
