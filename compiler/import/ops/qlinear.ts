/**
 * ONNX Runtime's QOperator form: each operator is written out as DequantizeLinear, the real operator and
 * QuantizeLinear.
 */

import type { Constant, QuantisedSource } from '../constant.js';
import { constantView, dimsOf } from '../context.js';
import type { Activation, NodeContext } from '../context.js';
import type { Bias } from '../../ir/graph.js';
import type { View } from '../raw-builder.js';
import { convolve } from './conv.js';
import { binaryViews, constantExpr, mapView } from './elementwise.js';
import { gemmInput, gemmWeights, matMulLeft, matMulRight, product2d } from './gemm.js';
import { imageOf, imageResult, imageView } from './image.js';
import { concatViews } from './concat.js';
import { averagePoolOp, pool, wholeImage } from './pool.js';
import { dequantisedInput, quantSpec, quantiseView } from './quantise.js';
import type { QuantSpec } from './quantise.js';
import { checkWeightScales } from './weights.js';
import { softmaxView } from './softmax.js';

/** A constant of codes with its scale and zero point inputs, as DequantizeLinear of it would be. */
function quantisedConstant(ctx: NodeContext, index: number, axis: number): Constant {
  const codes = ctx.constant(index);
  const scales = Float32Array.from(ctx.constant(index + 1).data);
  const zeroPoints = ctx.has(index + 2) ? Int32Array.from(ctx.constant(index + 2).data) : new Int32Array(scales.length);
  return withQuantisation(ctx, codes, scales, zeroPoints, axis, ctx.node.inputs[index]);
}

function withQuantisation(
  ctx: NodeContext,
  codes: Constant,
  scales: Float32Array,
  zeroPoints: Int32Array,
  axis: number,
  name: string,
): Constant {
  if (codes.type !== 'int8' && codes.type !== 'uint8')
    ctx.unsupported(`'${name}' is ${codes.type}; int8 and uint8 are supported`);
  checkWeightScales(scales, name);
  const isPerAxis = scales.length > 1 || zeroPoints.length > 1;
  const expected = isPerAxis ? codes.dims[axis] : 1;
  const spread = <T extends Float32Array | Int32Array>(a: T): T =>
    a.length === 1 ? (new (a.constructor as new (n: number) => T)(expected).fill(a[0]) as T) : a;
  const [s, z] = [spread(scales), spread(zeroPoints)];
  if (s.length !== expected || z.length !== expected)
    ctx.shapeProblem(
      `'${name}' has ${scales.length} scales and ${zeroPoints.length} zero points for ${expected} channels`,
    );
  const inner = codes.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const at = (i: number): number => (isPerAxis ? Math.floor(i / inner) % expected : 0);
  const quantised: QuantisedSource = {
    codes: codes.data,
    codeType: codes.type,
    scales: s,
    zeroPoints: z,
    axis: isPerAxis ? axis : null,
  };
  return {
    dims: codes.dims,
    type: 'float32',
    data: Float32Array.from(codes.data, (q, i) => s[at(i)] * (q - z[at(i)])),
    quantised,
  };
}

/** An int32 bias of scale input scale * weight scale, one a channel or one for all. */
function accumulatorBias(
  ctx: NodeContext,
  index: number,
  channels: number,
  inputScale: number,
  weights: QuantisedSource,
): Bias | null {
  const c = ctx.optionalConstant(index);
  if (c === null) return null;
  const count = c.data.length;
  if (count !== channels && count !== 1)
    ctx.shapeProblem(`its bias '${ctx.node.inputs[index]}' has ${count} values for ${channels} output channels`);
  return {
    data: Int32Array.from({ length: channels }, (_, o) => c.data[count === 1 ? 0 : o]),
    scales: Float64Array.from(
      { length: channels },
      (_, o) => inputScale * weights.scales[weights.scales.length === 1 ? 0 : o],
    ),
  };
}

const sourceOf = (c: Constant): QuantisedSource => c.quantised as QuantisedSource;

function quantised(ctx: NodeContext, view: View, spec: QuantSpec): void {
  ctx.result(quantiseView(ctx, view, spec), spec.type);
}

/** x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, bias */
export function convertQLinearConv(ctx: NodeContext): void {
  if (ctx.int('channels_last', 0) !== 0) ctx.unsupported('channels_last is not supported');
  const input = quantSpec(ctx, 1, 2);
  const x = dequantisedInput(ctx, 0, input);
  const weights = quantisedConstant(ctx, 3, 0);
  const output = quantSpec(ctx, 6, 7);
  const image = imageOf(ctx, x);
  const bias = accumulatorBias(ctx, 8, weights.dims[0], input.quant.scale, sourceOf(weights));
  const value = convolve(ctx, image, weights, ctx.node.inputs[3], bias);
  quantised(ctx, imageView(ctx, value, image.rank), output);
}

/** a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point; one of a and b is a constant. */
export function convertQLinearMatMul(ctx: NodeContext): void {
  if (ctx.entry(0).kind === 'constant') {
    const a = quantisedConstant(ctx, 0, 0);
    const right = dequantisedInput(ctx, 3, quantSpec(ctx, 4, 5));
    return quantised(ctx, matMulLeft(ctx, a, right.view, ctx.node.inputs[0]), quantSpec(ctx, 6, 7));
  }
  const x = dequantisedInput(ctx, 0, quantSpec(ctx, 1, 2));
  const b = ctx.constant(3);
  const weights = quantisedConstant(ctx, 3, b.dims.length - 1);
  quantised(ctx, matMulRight(ctx, x.view, weights, ctx.node.inputs[3]), quantSpec(ctx, 6, 7));
}

/** A, a_scale, a_zero_point, B, b_scale, b_zero_point, C, y_scale, y_zero_point; without y_scale the result is real. */
export function convertQGemm(ctx: NodeContext): void {
  const input = quantSpec(ctx, 1, 2);
  const x = dequantisedInput(ctx, 0, input);
  const transposed = ctx.int('transB', 0) !== 0;
  const raw = quantisedConstant(ctx, 3, transposed ? 0 : 1);
  const weights = gemmWeights(ctx, raw);
  const alpha = ctx.float('alpha', 1);
  if (!(alpha > 0)) ctx.unsupported(`alpha ${alpha} is out of range`);
  const bias = accumulatorBias(ctx, 6, weights.dims[1], input.quant.scale * alpha, sourceOf(raw));
  const y = product2d(ctx, gemmInput(ctx, x), weights, ctx.node.inputs[3], bias, alpha);
  if (ctx.has(7)) quantised(ctx, y, quantSpec(ctx, 7, 8));
  else ctx.result(y, 'float32');
}

/** A, A_scale, A_zero_point, B, B_scale, B_zero_point, C_scale, C_zero_point; either operand may be a constant. */
export function convertQLinearBinary(ctx: NodeContext): void {
  const fn = ctx.node.op === 'QLinearAdd' ? ('add' as const) : ('mul' as const);
  const operand = (index: number): Activation | Constant => {
    if (ctx.entry(index).kind !== 'constant') return dequantisedInput(ctx, index, quantSpec(ctx, index + 1, index + 2));
    return quantisedConstant(ctx, index, 0);
  };
  const [a, b] = [operand(0), operand(3)];
  const output = quantSpec(ctx, 6, 7);
  const isConstant = (v: Activation | Constant): v is Constant => 'data' in v;
  if (isConstant(a) && isConstant(b)) return ctx.unsupported('both operands are constants');
  const tensor = isConstant(a) ? (b as Activation) : a;
  const other = isConstant(a) ? a : b;
  if (isConstant(other)) {
    if (other.data.length === 1) {
      return quantised(ctx, mapView(ctx, tensor.view, { fn, a: { fn: 'x' }, b: constantExpr(other.data[0]) }), output);
    }
    return quantised(
      ctx,
      binaryViews(ctx, fn, tensor.view, constantView(ctx.builder, other, ctx.node.inputs[isConstant(a) ? 0 : 3])),
      output,
    );
  }
  if (tensor.view.value === other.view.value)
    return quantised(ctx, mapView(ctx, tensor.view, { fn, a: { fn: 'x' }, b: { fn: 'x' } }), output);
  quantised(ctx, binaryViews(ctx, fn, tensor.view, other.view), output);
}

/** X, X_scale, X_zero_point, Y_scale, Y_zero_point */
export function convertQLinearUnary(ctx: NodeContext): void {
  const x = dequantisedInput(ctx, 0, quantSpec(ctx, 1, 2));
  const output = quantSpec(ctx, 3, 4);
  const expr =
    ctx.node.op === 'QLinearSigmoid'
      ? ({ fn: 'sigmoid', a: { fn: 'x' } } as const)
      : ({ fn: 'leakyRelu', a: { fn: 'x' }, alpha: ctx.float('alpha', 0.01) } as const);
  quantised(ctx, mapView(ctx, x.view, expr), output);
}

/** X, x_scale, x_zero_point, y_scale, y_zero_point */
export function convertQLinearSoftmax(ctx: NodeContext): void {
  const x = dequantisedInput(ctx, 0, quantSpec(ctx, 1, 2));
  const output = quantSpec(ctx, 3, 4);
  const rank = dimsOf(x).length;
  const axis = ctx.axis(ctx.int('axis', -1), rank);
  const joined = ctx.int('opset', 13) < 13;
  quantised(
    ctx,
    softmaxView(ctx, x.view, joined ? Array.from({ length: rank - axis }, (_, i) => axis + i) : [axis], false),
    output,
  );
}

/** X, x_scale, x_zero_point, y_scale, y_zero_point */
export function convertQLinearPool(ctx: NodeContext): void {
  if (ctx.int('channels_last', 0) !== 0) ctx.unsupported('channels_last is not supported');
  const x = dequantisedInput(ctx, 0, quantSpec(ctx, 1, 2));
  const output = quantSpec(ctx, 3, 4);
  const image = imageOf(ctx, x);
  const value =
    ctx.node.op === 'QLinearGlobalAveragePool'
      ? ctx.builder.emit(
          averagePoolOp(wholeImage(image.shape), false),
          [image.value],
          { h: 1, w: 1, c: image.shape.c },
          ctx.origin,
        )
      : pool(ctx, image, (window) => averagePoolOp(window, ctx.int('count_include_pad', 0) !== 0));
  const codes = ctx.builder.emit(
    { kind: 'quantise', quant: output.quant },
    [value],
    ctx.builder.shape(value),
    ctx.origin,
    'codes',
  );
  imageResult(ctx, codes, image.rank, output.type);
}

/** Y_scale, Y_zero_point, then X, x_scale, x_zero_point for each input */
export function convertQLinearConcat(ctx: NodeContext): void {
  const output = quantSpec(ctx, 0, 1);
  const parts: View[] = [];
  for (let i = 2; i + 2 < ctx.node.inputs.length; i += 3) {
    parts.push(
      ctx.entry(i).kind === 'constant'
        ? constantView(ctx.builder, quantisedConstant(ctx, i, 0), ctx.node.inputs[i])
        : dequantisedInput(ctx, i, quantSpec(ctx, i + 1, i + 2)).view,
    );
  }
  if (parts.length === 0) ctx.shapeProblem('it has no inputs');
  quantised(ctx, concatViews(ctx, parts, ctx.axis(ctx.int('axis', 0), parts[0].dims.length)), output);
}
