/** Two kinds of real arithmetic behind one interface: doubles, and exact fractions. */

import { evaluate, evaluateExact } from '../../ir/evaluate.js';
import type { Expr } from '../../ir/expr.js';
import * as q from '../../numerics/rational.js';
import type { Rational } from '../../numerics/rational.js';

export interface Arithmetic<T> {
  of(x: number): T;
  add(a: T, b: T): T;
  multiply(a: T, b: T): T;
  /** Null where the quotient is undefined. */
  divide(a: T, b: T): T | null;
  isLess(a: T, b: T): boolean;
  /** Null where the function has no exact value. */
  evaluate(expr: Expr, x: T): T | null;
}

export const doubles: Arithmetic<number> = {
  of: (x) => x,
  add: (a, b) => a + b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  isLess: (a, b) => a < b,
  evaluate,
};

export const fractions: Arithmetic<Rational> = {
  of: q.rational,
  add: q.add,
  multiply: q.multiply,
  divide: (a, b) => (b.numerator === 0n ? null : q.divide(a, b)),
  isLess: (a, b) => q.compare(a, b) < 0,
  evaluate: evaluateExact,
};
