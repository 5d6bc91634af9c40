/**
 * ONNX Runtime's QOperator form: each operator is written out as DequantizeLinear, the real operator and
 * QuantizeLinear.
 */

import type { Constant, ElementType, QuantisedSource } from '../constant.js';
import { constantView, dimsOf } from '../context.js';
import type { NodeContext } from '../context.js';
import type { Bias } from '../../ir/graph.js';
import { NodeProblem } from '../problems.js';
import { quantParameters } from '../quant-parameters.js';
import type { View } from '../raw-builder.js';
import { convolve } from './conv.js';
import { binaryViews, constantExpr, mapView } from './elementwise.js';
import { gemmInput, gemmWeights, matMulLeft, matMulRight, product2d } from './gemm.js';
import { imageOf, imageResult, imageView } from './image.js';
import { concatViews } from './concat.js';
import { averagePoolOp, pool, wholeImage } from './pool.js';
import { dequantisedInput, quantSpec, quantiseView } from './quantise.js';
import type { CodeType, DequantisedInput, QuantSpec } from './quantise.js';
import { checkWeightScales } from './weights.js';
import { softmaxView } from './softmax.js';

/**
 * A constant of codes with its scale and zero point inputs, as DequantizeLinear of it would be. `axis`: along which
 * scales may differ; null: one scale.
 */
function quantisedConstant(ctx: NodeContext, index: number, axis: number | null): Constant {
  const codes = ctx.constant(index);
  const name = ctx.node.inputs[index];
  if (codes.type !== 'int8' && codes.type !== 'uint8')
    ctx.unsupported(`'${name}' is ${codes.type}; int8 and uint8 are supported`);
  const { scales, zeroPoints, type, axis: along } = quantParameters(ctx, index + 1, index + 2, codes.dims, axis);
  if (type !== null && type !== codes.type)
    throw new NodeProblem('E403', `its input '${name}' is ${codes.type} but its zero point is ${type}`);
  checkWeightScales(scales, name);
  const inner = along === null ? 1 : codes.dims.slice(along + 1).reduce((a, b) => a * b, 1);
  const at = (i: number): number => (along === null ? 0 : Math.floor(i / inner) % scales.length);
  const quantised: QuantisedSource = { codes: codes.data, codeType: codes.type, scales, zeroPoints, axis: along };
  return {
    dims: codes.dims,
    type: 'float32',
    data: Float32Array.from(codes.data, (q, i) => scales[at(i)] * (q - zeroPoints[at(i)])),
    quantised,
  };
}

/** An int32 bias of scale input scale * weight scale, one a channel, or for a matrix product one for all. */
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
  if (c.type !== 'int32')
    throw new NodeProblem('E403', `its bias '${ctx.node.inputs[index]}' is ${c.type}; it is int32`);
  if (count !== channels && (count !== 1 || ctx.node.op === 'QLinearConv'))
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

/** The result's scale and zero point, inputs `index` and `index` + 1: one of each. */
const resultSpec = (ctx: NodeContext, index: number, type: CodeType = 'uint8'): QuantSpec =>
  quantSpec(ctx, index, index + 1, { dims: [], axis: null, type });

/** Of operators that have one type for all of their tensors. */
function sameType(ctx: NodeContext, types: readonly ElementType[]): void {
  const other = types.find((type) => type !== types[0]);
  if (other !== undefined)
    throw new NodeProblem('E403', `its tensors are ${types[0]} and ${other}; ${ctx.node.op} has one type for all`);
}

/** x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, bias */
export function convertQLinearConv(ctx: NodeContext): void {
  if (ctx.int('channels_last', 0) !== 0) ctx.unsupported('channels_last is not supported');
  const x = dequantisedInput(ctx, 0);
  const weights = quantisedConstant(ctx, 3, 0);
  const output = resultSpec(ctx, 6);
  const image = imageOf(ctx, x);
  const bias = accumulatorBias(ctx, 8, weights.dims[0], x.spec.quant.scale, sourceOf(weights));
  const value = convolve(ctx, image, weights, ctx.node.inputs[3], bias);
  quantised(ctx, imageView(ctx, value, image.rank), output);
}

/** a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point; one of a and b is a constant. */
export function convertQLinearMatMul(ctx: NodeContext): void {
  if (ctx.entry(0).kind === 'constant') {
    const a = quantisedConstant(ctx, 0, 0);
    const right = dequantisedInput(ctx, 3);
    return quantised(ctx, matMulLeft(ctx, a, right.view, ctx.node.inputs[0]), resultSpec(ctx, 6));
  }
  const x = dequantisedInput(ctx, 0);
  const b = ctx.constant(3);
  const weights = quantisedConstant(ctx, 3, b.dims.length - 1);
  quantised(ctx, matMulRight(ctx, x.view, weights, ctx.node.inputs[3]), resultSpec(ctx, 6));
}

/** A, a_scale, a_zero_point, B, b_scale, b_zero_point, C, y_scale, y_zero_point; without y_scale the result is real. */
export function convertQGemm(ctx: NodeContext): void {
  const x = dequantisedInput(ctx, 0);
  const transposed = ctx.int('transB', 0) !== 0;
  const raw = quantisedConstant(ctx, 3, transposed ? 0 : 1);
  const weights = gemmWeights(ctx, raw);
  const alpha = ctx.float('alpha', 1);
  if (!(alpha > 0)) ctx.unsupported(`alpha ${alpha} is out of range`);
  const bias = accumulatorBias(ctx, 6, weights.dims[1], x.spec.quant.scale * alpha, sourceOf(raw));
  const y = product2d(ctx, gemmInput(ctx, x), weights, ctx.node.inputs[3], bias, alpha);
  if (ctx.has(7)) quantised(ctx, y, resultSpec(ctx, 7, x.spec.type));
  else ctx.result(y, 'float32');
}

/** A, A_scale, A_zero_point, B, B_scale, B_zero_point, C_scale, C_zero_point; either operand may be a constant. */
export function convertQLinearBinary(ctx: NodeContext): void {
  const fn = ctx.node.op === 'QLinearAdd' ? ('add' as const) : ('mul' as const);
  const operand = (index: number): DequantisedInput | Constant => {
    if (ctx.entry(index).kind !== 'constant') return dequantisedInput(ctx, index);
    return quantisedConstant(ctx, index, null);
  };
  const [a, b] = [operand(0), operand(3)];
  const typeOf = (v: DequantisedInput | Constant): CodeType =>
    'data' in v ? (sourceOf(v).codeType as CodeType) : v.spec.type;
  const output = resultSpec(ctx, 6, typeOf(a));
  sameType(ctx, [typeOf(a), typeOf(b), output.type]);
  const isConstant = (v: DequantisedInput | Constant): v is Constant => 'data' in v;
  if (isConstant(a) && isConstant(b)) return ctx.unsupported('both operands are constants');
  const tensor = isConstant(a) ? (b as DequantisedInput) : a;
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
  const x = dequantisedInput(ctx, 0);
  const output = resultSpec(ctx, 3, x.spec.type);
  sameType(ctx, [x.spec.type, output.type]);
  const expr =
    ctx.node.op === 'QLinearSigmoid'
      ? ({ fn: 'sigmoid', a: { fn: 'x' } } as const)
      : ({ fn: 'leakyRelu', a: { fn: 'x' }, alpha: ctx.float('alpha', 0.01) } as const);
  quantised(ctx, mapView(ctx, x.view, expr), output);
}

/** X, x_scale, x_zero_point, y_scale, y_zero_point */
export function convertQLinearSoftmax(ctx: NodeContext): void {
  const x = dequantisedInput(ctx, 0);
  const output = resultSpec(ctx, 3, x.spec.type);
  sameType(ctx, [x.spec.type, output.type]);
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
  const x = dequantisedInput(ctx, 0);
  const output = resultSpec(ctx, 3, x.spec.type);
  sameType(ctx, [x.spec.type, output.type]);
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
  const output = resultSpec(ctx, 0);
  const parts: View[] = [];
  for (let i = 2; i + 2 < ctx.node.inputs.length; i += 3) {
    parts.push(
      ctx.entry(i).kind === 'constant'
        ? constantView(ctx.builder, quantisedConstant(ctx, i, null), ctx.node.inputs[i])
        : dequantisedInput(ctx, i).view,
    );
  }
  if (parts.length === 0) ctx.shapeProblem('it has no inputs');
  quantised(ctx, concatViews(ctx, parts, ctx.axis(ctx.int('axis', 0), parts[0].dims.length)), output);
}
