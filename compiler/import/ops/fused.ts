/** FusedConv and FusedGemm of ONNX Runtime's optimiser: an operator, in a FusedConv a residual, and an activation. */

import type { Expr } from '../../ir/expr.js';
import type { NodeContext } from '../context.js';
import { convolve } from './conv.js';
import { binaryViews, mapView } from './elementwise.js';
import { gemmView } from './gemm.js';
import { imageOf, imageView } from './image.js';
import { makeBias } from './weights.js';

const x: Expr = { fn: 'x' };

/** activation(a, b), with the parameters in the order in which ONNX Runtime stores them. */
const activations: Readonly<Record<string, (a: number, b: number) => Expr>> = {
  Relu: () => ({ fn: 'relu', a: x }),
  Sigmoid: () => ({ fn: 'sigmoid', a: x }),
  Tanh: () => ({ fn: 'tanh', a: x }),
  LeakyRelu: (alpha) => ({ fn: 'leakyRelu', a: x, alpha }),
  Clip: (min, max) => ({ fn: 'clip', a: x, min, max }),
  HardSigmoid: (alpha, beta) => ({ fn: 'hardSigmoid', a: x, alpha, beta }),
};

function activation(ctx: NodeContext, a: number, b: number): Expr {
  const name = ctx.string('activation', '');
  if (name === '') return x;
  const make = activations[name];
  if (make === undefined)
    return ctx.unsupported(`the activation ${name} is not one of ${Object.keys(activations).join(', ')}`);
  if (!Number.isFinite(a) || !Number.isFinite(b))
    ctx.unsupported(`the activation ${name} has the parameters ${a}, ${b}`);
  return make(Math.fround(a), Math.fround(b));
}

export function convertFusedConv(ctx: NodeContext): void {
  const input = ctx.real(0);
  const weights = ctx.constant(1);
  const bias = makeBias(ctx, ctx.optionalConstant(2), weights.dims[0], ctx.node.inputs[2]);
  const image = imageOf(ctx, input);
  const sum = imageView(ctx, convolve(ctx, image, weights, ctx.node.inputs[1], bias), image.rank);
  const parameters = ctx.floats('activation_params') ?? [];
  const expr = activation(ctx, parameters[0] ?? 0, parameters[1] ?? 0);
  const whole = ctx.has(3) ? binaryViews(ctx, 'add', sum, ctx.operand(3).view) : sum;
  ctx.result(expr.fn === 'x' ? whole : mapView(ctx, whole, expr), input.type);
}

export function convertFusedGemm(ctx: NodeContext): void {
  const expr = activation(ctx, ctx.float('activation_alpha', 0), ctx.float('activation_beta', 0));
  const product = gemmView(ctx);
  ctx.result(expr.fn === 'x' ? product : mapView(ctx, product, expr), ctx.real(0).type);
}
