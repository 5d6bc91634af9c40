/** Functions of one tensor as PyTorch expressions. */

import type { Expr, UnaryFn } from '../ir/expr.js';
import { literal } from './python-names.js';

const calls: Readonly<Record<UnaryFn, (x: string) => string>> = {
  relu: (x) => `F.relu(${x})`,
  sigmoid: (x) => `torch.sigmoid(${x})`,
  tanh: (x) => `torch.tanh(${x})`,
  hardSwish: (x) => `F.hardswish(${x})`,
  exp: (x) => `torch.exp(${x})`,
  log: (x) => `torch.log(${x})`,
  sqrt: (x) => `torch.sqrt(${x})`,
  abs: (x) => `torch.abs(${x})`,
  neg: (x) => `-${x}`,
  reciprocal: (x) => `torch.reciprocal(${x})`,
  softplus: (x) => `F.softplus(${x})`,
  softsign: (x) => `F.softsign(${x})`,
  erf: (x) => `torch.erf(${x})`,
  gelu: (x) => `F.gelu(${x})`,
  mish: (x) => `F.mish(${x})`,
  floor: (x) => `torch.floor(${x})`,
  ceil: (x) => `torch.ceil(${x})`,
  round: (x) => `torch.round(${x})`,
  sign: (x) => `torch.sign(${x})`,
  sin: (x) => `torch.sin(${x})`,
  cos: (x) => `torch.cos(${x})`,
};

const operators = { add: '+', sub: '-', mul: '*', div: '/', pow: '**' } as const;

/** `tensor` is the text of the variable. */
export function expression(expr: Expr, tensor: string): string {
  const at = (e: Expr): string => expression(e, tensor);
  switch (expr.fn) {
    case 'x':
      return tensor;
    case 'constant':
      return literal(expr.value);
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'pow':
      return `(${at(expr.a)} ${operators[expr.fn]} ${at(expr.b)})`;
    case 'min':
    case 'max':
      return `torch.${expr.fn}imum(${asTensor(expr.a, tensor)}, ${asTensor(expr.b, tensor)})`;
    case 'clip':
      return clamped(at(expr.a), expr.min, expr.max);
    case 'leakyRelu':
      return `F.leaky_relu(${at(expr.a)}, ${literal(expr.alpha)})`;
    case 'elu':
      return `F.elu(${at(expr.a)}, ${literal(expr.alpha)})`;
    case 'celu':
      return `F.celu(${at(expr.a)}, ${literal(expr.alpha)})`;
    case 'thresholdedRelu':
      return `F.threshold(${at(expr.a)}, ${literal(expr.alpha)}, 0.0)`;
    case 'selu': {
      const [a, g] = [literal(expr.alpha), literal(expr.gamma)];
      const x = at(expr.a);
      return `(${g} * torch.where(${x} > 0, ${x}, ${a} * (torch.exp(${x}) - 1)))`;
    }
    case 'hardSigmoid':
      return clamped(`(${literal(expr.alpha)} * ${at(expr.a)} + ${literal(expr.beta)})`, 0, 1);
    default:
      return calls[expr.fn](at(expr.a));
  }
}

/** The tensor itself without bounds. */
export function clamped(tensor: string, min: number, max: number): string {
  if (min === -Infinity && max === Infinity) return tensor;
  const bounds = [
    ...(min === -Infinity ? [] : [`min=${literal(min)}`]),
    ...(max === Infinity ? [] : [`max=${literal(max)}`]),
  ];
  return `torch.clamp(${tensor}, ${bounds.join(', ')})`;
}

const asTensor = (e: Expr, tensor: string): string =>
  e.fn === 'constant' ? `torch.full_like(${tensor}, ${literal(e.value)})` : expression(e, tensor);
