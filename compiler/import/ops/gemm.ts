/** Gemm and MatMul with constant weights, as 1x1 convolutions over the rows of the input. */

import { noClamp } from '../../ir/graph.js';
import type { Bias, Weights } from '../../ir/graph.js';
import type { Constant } from '../constant.js';
import { product, reshapeConstant, transposeConstant } from '../constant.js';
import { dimsOf } from '../context.js';
import type { Activation, NodeContext } from '../context.js';
import type { View } from '../raw-builder.js';
import { freshDims, permutationOf, runStart, sizeOf, transposeLayout } from '../view.js';
import { makeBias, makeWeights } from './weights.js';

/**
 * y[..., n] = sum over k of x[..., k] * weights[k][n] + bias[n]. The last dimension of x may lie in memory in any
 * internal order (a flattened image does): the weights are permuted instead.
 */
export function product2d(
  ctx: NodeContext,
  x: View,
  weights: Constant,
  name: string,
  bias: Bias | null,
  alpha = 1,
): View {
  const { builder } = ctx;
  const last = x.dims[x.dims.length - 1];
  const [k, n] = weights.dims;
  if (sizeOf(last) !== k || !(n >= 1)) {
    ctx.shapeProblem(
      `an input whose last dimension is ${sizeOf(last)} does not suit weights of shape [${weights.dims.join(', ')}]`,
    );
  }
  const start = runStart(x, last, false);
  const isInnermost = last.length === 0 || start === x.physical.length - last.length;
  const outer = x.physical.filter((f) => !last.includes(f));
  const inner = isInnermost ? x.physical.slice(x.physical.length - last.length) : last;
  const own = builder.ownGroups(x);
  const keepsShape = isInnermost && own !== null && sizeOf(own[2]) === k;
  const placed = builder.arrange(
    x,
    keepsShape && own !== null ? [own[0], own[1], inner] : [[], outer, inner],
    ctx.origin,
  );

  const order = permutationOf(inner, last);
  const offsets = new Int32Array(n * k);
  for (let o = 0; o < n; o++) for (let i = 0; i < k; i++) offsets[o * k + i] = order[i] * n + o;
  const scaled = scaleWeights(makeWeights(ctx, weights, name, offsets, k), alpha);
  const { h, w } = builder.shape(placed.value);
  const value = builder.emit(
    {
      kind: 'conv2d',
      window: {
        kernelH: 1,
        kernelW: 1,
        strideH: 1,
        strideW: 1,
        dilationH: 1,
        dilationW: 1,
        padTop: 0,
        padLeft: 0,
        padBottom: 0,
        padRight: 0,
      },
      groups: 1,
      outChannels: n,
      weights: scaled,
      bias,
      clamp: noClamp,
    },
    [placed.value],
    { h, w, c: n },
    ctx.origin,
  );
  const [channels] = freshDims([n]);
  return { value, physical: [...outer, ...channels], dims: [...x.dims.slice(0, -1), channels] };
}

function scaleWeights(weights: Weights, alpha: number): Weights {
  if (alpha === 1) return weights;
  if (weights.kind === 'float') return { kind: 'float', data: weights.data.map((v) => v * alpha) };
  return { ...weights, scales: weights.scales.map((s) => s * alpha) };
}

export function convertGemm(ctx: NodeContext): void {
  ctx.result(gemmView(ctx), ctx.real(0).type);
}

/** alpha * A * B + beta * C of a Gemm's inputs and attributes. */
export function gemmView(ctx: NodeContext): View {
  const x = ctx.real(0);
  const alpha = ctx.float('alpha', 1);
  const beta = ctx.float('beta', 1);
  if (!Number.isFinite(alpha) || alpha === 0 || !Number.isFinite(beta))
    ctx.unsupported(`alpha ${alpha} or beta ${beta} is out of range`);
  const weights = gemmWeights(ctx, ctx.constant(1));
  const bias = makeBias(ctx, rowBias(ctx, ctx.optionalConstant(2)), weights.dims[1], ctx.node.inputs[2], beta);
  return product2d(ctx, gemmInput(ctx, x), weights, ctx.node.inputs[1], bias, alpha);
}

/** A as [rows, k]. */
export function gemmInput(ctx: NodeContext, x: Activation): View {
  const dims = dimsOf(x);
  if (dims.length !== 2) ctx.shapeProblem(`its input [${dims.join(', ')}] is not a matrix`);
  return ctx.int('transA', 0) === 0 ? x.view : { value: x.view.value, ...transposeLayout(x.view, [1, 0]) };
}

/** B as [k, n]. */
export function gemmWeights(ctx: NodeContext, b: Constant): Constant {
  if (b.dims.length !== 2) ctx.shapeProblem(`its weights of shape [${b.dims.join(', ')}] are not a matrix`);
  return ctx.int('transB', 0) === 0 ? b : transposeConstant(b, [1, 0]);
}

/** C must be the same for every row. */
function rowBias(ctx: NodeContext, c: Constant | null): Constant | null {
  if (c !== null && product(c.dims.slice(0, -1)) !== 1)
    ctx.unsupported(`its bias of shape [${c.dims.join(', ')}] differs from row to row`);
  return c;
}

export function convertMatMul(ctx: NodeContext): void {
  const [a, b] = [ctx.entry(0), ctx.entry(1)];
  if (a.kind === 'activation' && b.kind === 'activation') {
    ctx.unsupported('both operands depend on the input (attention); one of them must be a constant');
  }
  if (b.kind === 'constant') {
    const x = ctx.real(0);
    ctx.result(matMulRight(ctx, x.view, b.constant, ctx.node.inputs[1]), x.type);
    return;
  }
  const x = ctx.real(1);
  ctx.result(matMulLeft(ctx, ctx.constant(0), x.view, ctx.node.inputs[0]), x.type);
}

/** A constant [m, k] times x [..., k, n]: the transpose of x^T times the constant's. */
export function matMulLeft(ctx: NodeContext, a: Constant, x: View, name: string): View {
  const rank = x.dims.length;
  if (rank < 2 || a.dims.length !== 2)
    ctx.unsupported('a constant left operand must be a matrix, the right one have rank 2 or more');
  const swap = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const y = matMulRight(ctx, { value: x.value, ...transposeLayout(x, swap) }, transposeConstant(a, [1, 0]), name);
  return { value: y.value, ...transposeLayout(y, swap) };
}

/** x [..., k] times a constant [k, n] or [k]; leading dimensions of the constant must be 1. */
export function matMulRight(ctx: NodeContext, x: View, b: Constant, name: string): View {
  const rank = b.dims.length;
  if (rank === 0 || x.dims.length === 0) ctx.shapeProblem('an operand is a scalar');
  if (rank === 1) {
    const y = product2d(ctx, x, reshapeConstant(b, [b.dims[0], 1]), name, null);
    return { value: y.value, physical: y.physical, dims: y.dims.slice(0, -1) };
  }
  if (product(b.dims.slice(0, -2)) !== 1)
    ctx.unsupported(`a constant of shape [${b.dims.join(', ')}] is a batch of matrices`);
  const y = product2d(ctx, x, reshapeConstant(b, b.dims.slice(-2)), name, null);
  const missing = Math.max(0, rank - Math.max(2, x.dims.length));
  return missing === 0 ? y : { ...y, dims: [...new Array<[]>(missing).fill([]), ...y.dims] };
}
