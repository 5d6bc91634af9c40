/** Functions of one tensor as ONNX nodes. */

import type { Expr, UnaryFn } from '../../ir/expr.js';
import type { Attribute, OnnxWriter } from './writer.js';

const operators: Readonly<Record<Exclude<UnaryFn, 'gelu'>, string>> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  hardSwish: 'HardSwish',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  abs: 'Abs',
  neg: 'Neg',
  reciprocal: 'Reciprocal',
  softplus: 'Softplus',
  softsign: 'Softsign',
  erf: 'Erf',
  mish: 'Mish',
  floor: 'Floor',
  ceil: 'Ceil',
  round: 'Round',
  sign: 'Sign',
  sin: 'Sin',
  cos: 'Cos',
};

const binaries = { add: 'Add', sub: 'Sub', mul: 'Mul', div: 'Div', min: 'Min', max: 'Max', pow: 'Pow' } as const;

const parametric = {
  leakyRelu: 'LeakyRelu',
  elu: 'Elu',
  celu: 'Celu',
  thresholdedRelu: 'ThresholdedRelu',
  selu: 'Selu',
  hardSigmoid: 'HardSigmoid',
} as const;

/** Writes expr(tensor); returns the result's name. `x` alone gives the tensor itself. */
export function writeFunction(writer: OnnxWriter, expr: Expr, tensor: string, name: string): string {
  const x: Expr = { fn: 'x' };
  const at = (e: Expr): string => writeFunction(writer, e, tensor, name);
  const scalar = (value: number): string => writer.shared('float32', [], [value]);
  const node = (op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string =>
    writer.node(op, name, inputs, `${name}_${op.toLowerCase()}`, attributes);
  switch (expr.fn) {
    case 'x':
      return tensor;
    case 'constant':
      return scalar(expr.value);
    case 'clip':
      return writeClip(writer, at(expr.a), expr.min, expr.max, name);
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'min':
    case 'max':
    case 'pow':
      return node(binaries[expr.fn], [at(expr.a), at(expr.b)]);
    case 'leakyRelu':
    case 'elu':
    case 'celu':
    case 'thresholdedRelu':
      return node(parametric[expr.fn], [at(expr.a)], { alpha: { float: expr.alpha } });
    case 'selu':
      return node('Selu', [at(expr.a)], { alpha: { float: expr.alpha }, gamma: { float: expr.gamma } });
    case 'hardSigmoid':
      return node('HardSigmoid', [at(expr.a)], { alpha: { float: expr.alpha }, beta: { float: expr.beta } });
    // Operators that are younger than the file's operator set, by their definitions.
    case 'gelu': {
      const inside: Expr = { fn: 'erf', a: { fn: 'div', a: x, b: { fn: 'constant', value: Math.SQRT2 } } };
      const half: Expr = { fn: 'mul', a: { fn: 'constant', value: 0.5 }, b: x };
      const one: Expr = { fn: 'add', a: { fn: 'constant', value: 1 }, b: inside };
      return writeFunction(writer, { fn: 'mul', a: half, b: one }, at(expr.a), name);
    }
    case 'hardSwish': {
      const gate: Expr = { fn: 'hardSigmoid', a: x, alpha: Math.fround(1 / 6), beta: 0.5 };
      return writeFunction(writer, { fn: 'mul', a: x, b: gate }, at(expr.a), name);
    }
    case 'mish': {
      const gate: Expr = { fn: 'tanh', a: { fn: 'softplus', a: x } };
      return writeFunction(writer, { fn: 'mul', a: x, b: gate }, at(expr.a), name);
    }
    default:
      return node(operators[expr.fn], [at(expr.a)]);
  }
}

/** Relu where it is one; the tensor itself without bounds. */
export function writeClip(writer: OnnxWriter, tensor: string, min: number, max: number, name: string): string {
  if (min === -Infinity && max === Infinity) return tensor;
  if (min === 0 && max === Infinity) return writer.node('Relu', `${name}_relu`, [tensor], `${name}_relu`);
  const bound = (v: number): string => (Number.isFinite(v) ? writer.shared('float32', [], [v]) : '');
  const bounds = max === Infinity ? [bound(min)] : [bound(min), bound(max)];
  return writer.node('Clip', `${name}_clip`, [tensor, ...bounds], `${name}_clip`);
}
