/**
 * The value of an Expr at a point: in double precision, exactly where the functions involved are rational there, and
 * with every operator rounded to float32, as ONNX evaluates them.
 */

import * as q from '../numerics/rational.js';
import type { Rational } from '../numerics/rational.js';
import type { BinaryFn, Expr, UnaryFn } from './expr.js';

/** Round to nearest integer, ties to even. */
export function roundToEven(x: number): number {
  const r = Math.round(x);
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

/** Gauss's error function: 2 / sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (2n+1)!!, whose terms are all positive. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  let term = a;
  let sum = a;
  for (let n = 1; term > sum * 2 ** -54; n++) {
    term *= (2 * a * a) / (2 * n + 1);
    sum += term;
  }
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
}

/** log(1 + exp(x)) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const clamp = (x: number, min: number, max: number): number => Math.min(Math.max(x, min), max);
/** 1/6 as ONNX's definition of HardSwish has it: a float32 attribute of HardSigmoid. */
const sixth = Math.fround(1 / 6);

const unary: Readonly<Record<Exclude<UnaryFn, 'hardSwish'>, (x: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  sigmoid,
  tanh: Math.tanh,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  neg: (x) => -x,
  reciprocal: (x) => 1 / x,
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  erf,
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  mish: (x) => x * Math.tanh(softplus(x)),
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundToEven,
  sign: Math.sign,
  sin: Math.sin,
  cos: Math.cos,
};

const binary: Readonly<Record<BinaryFn, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  pow: Math.pow,
};

const isUnary = (fn: Expr['fn']): fn is keyof typeof unary => fn in unary;
const isBinary = (fn: Expr['fn']): fn is BinaryFn => fn in binary;

/** f(x) in double precision; NaN or infinite where the function is. */
export const evaluate = (expr: Expr, x: number): number => walk(expr, x, unrounded);

/** f(x) as ONNX's operators compute it: every operator's result is rounded to float32. */
export const evaluateFloat32 = (expr: Expr, x: number): number => walk(expr, Math.fround(x), Math.fround);

/** f of every element, in double precision. */
export function evaluateAll(expr: Expr, x: Float64Array): Float64Array {
  if (expr.fn === 'x') return x;
  if (expr.fn === 'constant') return new Float64Array(x.length).fill(expr.value);
  const a = evaluateAll(expr.a, x);
  const b = 'b' in expr ? evaluateAll(expr.b, x) : a;
  return a.map((v, i) => applied(expr, v, b[i], unrounded));
}

const unrounded = (v: number): number => v;

/** Rounds the result of every operator by `round`. */
function walk(expr: Expr, x: number, round: (v: number) => number): number {
  if (expr.fn === 'x') return x;
  if (expr.fn === 'constant') return round(expr.value);
  const a = walk(expr.a, x, round);
  return applied(expr, a, 'b' in expr ? walk(expr.b, x, round) : a, round);
}

/** The outermost operator of the expression on the values of its operands. */
function applied(
  expr: Exclude<Expr, { fn: 'x' | 'constant' }>,
  a: number,
  b: number,
  round: (v: number) => number,
): number {
  switch (expr.fn) {
    case 'clip':
      return clamp(a, expr.min, expr.max);
    case 'leakyRelu':
      return a < 0 ? round(expr.alpha * a) : a;
    case 'elu':
      return a < 0 ? round(expr.alpha * Math.expm1(a)) : a;
    case 'celu':
      return a < 0 ? round(expr.alpha * Math.expm1(a / expr.alpha)) : a;
    case 'thresholdedRelu':
      return a > expr.alpha ? a : 0;
    case 'hardSigmoid':
      return clamp(round(round(expr.alpha * a) + expr.beta), 0, 1);
    case 'selu':
      return round(expr.gamma * (a < 0 ? round(expr.alpha * Math.expm1(a)) : a));
    case 'hardSwish':
      return round(a * clamp(round(round(sixth * a) + 0.5), 0, 1));
    default:
      if (isUnary(expr.fn) && !('b' in expr)) return round(unary[expr.fn](a));
      if (isBinary(expr.fn) && 'b' in expr) return round(binary[expr.fn](a, b));
      throw new Error(`no function '${expr.fn}'`);
  }
}

const zero = q.integer(0);
const one = q.integer(1);
const lesser = (a: Rational, b: Rational): Rational => (q.compare(a, b) <= 0 ? a : b);
const greater = (a: Rational, b: Rational): Rational => (q.compare(a, b) >= 0 ? a : b);
const isNegative = (a: Rational): boolean => a.numerator < 0n;

function clampExact(a: Rational, min: number, max: number): Rational {
  const above = min === -Infinity ? a : greater(a, q.rational(min));
  return max === Infinity ? above : lesser(above, q.rational(max));
}

/** f(x) as a fraction, or null where f is not rational at x, is undefined, or has no exact form here. */
export function evaluateExact(expr: Expr, x: Rational): Rational | null {
  if (expr.fn === 'x') return x;
  if (expr.fn === 'constant') return Number.isFinite(expr.value) ? q.rational(expr.value) : null;
  const a = evaluateExact(expr.a, x);
  if (a === null || !parametersAreFinite(expr)) return null;
  switch (expr.fn) {
    case 'clip':
      return clampExact(a, expr.min, expr.max);
    case 'leakyRelu':
      return isNegative(a) ? q.multiply(q.rational(expr.alpha), a) : a;
    case 'elu':
    case 'celu':
      return isNegative(a) ? null : a;
    case 'selu':
      return isNegative(a) ? null : q.multiply(q.rational(expr.gamma), a);
    case 'thresholdedRelu':
      return q.compare(a, q.rational(expr.alpha)) > 0 ? a : zero;
    case 'hardSigmoid':
      return clampExact(q.add(q.multiply(q.rational(expr.alpha), a), q.rational(expr.beta)), 0, 1);
    default:
      if (!('b' in expr)) return unaryExact(expr.fn, a);
  }
  const b = evaluateExact(expr.b, x);
  return b === null ? null : binaryExact(expr.fn, a, b);
}

function parametersAreFinite(expr: Expr): boolean {
  return (['alpha', 'beta', 'gamma'] as const).every((name) =>
    Number.isFinite((expr as Partial<Record<typeof name, number>>)[name] ?? 0),
  );
}

function unaryExact(fn: UnaryFn, a: Rational): Rational | null {
  switch (fn) {
    case 'relu':
      return greater(a, zero);
    case 'hardSwish':
      return q.multiply(a, clampExact(q.add(q.multiply(q.rational(sixth), a), q.rational(0.5)), 0, 1));
    case 'abs':
      return q.absolute(a);
    case 'neg':
      return q.negate(a);
    case 'reciprocal':
      return a.numerator === 0n ? null : q.divide(one, a);
    case 'softsign':
      return q.divide(a, q.add(one, q.absolute(a)));
    case 'floor':
      return q.integer(q.floor(a));
    case 'ceil':
      return q.integer(-q.floor(q.negate(a)));
    case 'round':
      return q.integer(q.roundHalfEven(a));
    case 'sign':
      return q.integer(isNegative(a) ? -1 : a.numerator === 0n ? 0 : 1);
    case 'sigmoid':
      return a.numerator === 0n ? q.rational(0.5) : null;
    case 'exp':
    case 'cos':
      return a.numerator === 0n ? one : null;
    case 'tanh':
    case 'erf':
    case 'gelu':
    case 'mish':
    case 'sin':
      return a.numerator === 0n ? zero : null;
    case 'log':
    case 'sqrt':
    case 'softplus':
      return null;
  }
}

function binaryExact(fn: BinaryFn, a: Rational, b: Rational): Rational | null {
  switch (fn) {
    case 'add':
      return q.add(a, b);
    case 'sub':
      return q.add(a, q.negate(b));
    case 'mul':
      return q.multiply(a, b);
    case 'div':
      return b.numerator === 0n ? null : q.divide(a, b);
    case 'min':
      return lesser(a, b);
    case 'max':
      return greater(a, b);
    case 'pow':
      return powerExact(a, q.reduce(b));
  }
}

/** Whole exponents that stay short; the other powers are left to doubles. */
function powerExact(a: Rational, exponent: Rational): Rational | null {
  if (exponent.denominator !== 1n || exponent.numerator < 0n || exponent.numerator > 8n) return null;
  return { numerator: a.numerator ** exponent.numerator, denominator: a.denominator ** exponent.numerator };
}
