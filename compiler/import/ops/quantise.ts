/** QuantizeLinear, DequantizeLinear and Cast on tensors of the network; scales and zero points. */

import type { DiagnosticCode } from '../../diagnostics.js';
import type { Quant } from '../../ir/tensor.js';
import type { ElementType } from '../constant.js';
import { isFloatType } from '../constant.js';
import { dimsOf } from '../context.js';
import type { Activation, NodeContext } from '../context.js';
import { NodeProblem } from '../problems.js';
import { quantAxis, quantParameters } from '../quant-parameters.js';
import type { View } from '../raw-builder.js';
import { elementTypeName } from '../tensor-data.js';

export type CodeType = 'int8' | 'uint8';

export interface QuantSpec {
  /** uint8 zero points are shifted by -128 already. */
  readonly quant: Quant;
  readonly type: CodeType;
}

/** The one value of a list, or null where they differ. */
const uniform = (values: ArrayLike<number>): number | null =>
  Array.prototype.every.call(values, (v: number) => v === values[0]) ? values[0] : null;

/** The tensor that scale and zero point belong to. */
interface Quantised {
  readonly dims: readonly number[];
  /** Along which scales may differ as far as ONNX goes (they must be equal all the same); null: one scale alone. */
  readonly axis: number | null;
  /** Without a zero point, which is 0 then. */
  readonly type: CodeType;
}

/** Quantisation of an activation from constant inputs. */
export function quantSpec(ctx: NodeContext, scaleIndex: number, zeroPointIndex: number, of: Quantised): QuantSpec {
  const p = quantParameters(ctx, scaleIndex, zeroPointIndex, of.dims, of.axis);
  const name = ctx.node.inputs[scaleIndex];
  const fail = (code: DiagnosticCode, message: string, hint?: string): never => {
    throw new NodeProblem(code, message, hint);
  };
  for (const s of p.scales) {
    if (s <= 0)
      fail('E402', `scale '${name}' is ${s}`, 'The scale of an activation must be finite and greater than 0.');
  }
  const scale =
    uniform(p.scales) ??
    fail(
      'E403',
      `'${name}' holds ${p.scales.length} scales that differ`,
      'Activations are supported with one scale a tensor.',
    );
  const zeroPoint =
    uniform(p.zeroPoints) ?? fail('E403', `'${ctx.node.inputs[zeroPointIndex]}' holds zero points that differ`);
  const type = p.type ?? of.type;
  if (type !== 'int8' && type !== 'uint8')
    return fail('E403', `activations of ${type} are not supported`, 'Quantise activations to int8 or uint8.');
  return { quant: { scale, zeroPoint: type === 'uint8' ? zeroPoint - 128 : zeroPoint }, type };
}

/** output_dtype of newer QuantizeLinear; null where the file does not say. */
function outputType(ctx: NodeContext): CodeType | null {
  const given = ctx.int('output_dtype', 0);
  if (given === 0) return null;
  if (given === 3) return 'int8';
  if (given === 2) return 'uint8';
  return ctx.unsupported(`output_dtype ${elementTypeName(given)} is not supported; int8 and uint8 are`);
}

/** Real -> codes. */
export function quantiseView(ctx: NodeContext, view: View, spec: QuantSpec): View {
  const value = ctx.builder.emit(
    { kind: 'quantise', quant: spec.quant },
    [view.value],
    ctx.builder.shape(view.value),
    ctx.origin,
    'codes',
  );
  return { ...view, value };
}

/** Codes -> real. */
function dequantiseView(ctx: NodeContext, view: View, quant: Quant): View {
  const value = ctx.builder.emit(
    { kind: 'dequantise', quant },
    [view.value],
    ctx.builder.shape(view.value),
    ctx.origin,
    'real',
  );
  return { ...view, value };
}

/** What `dequantisedInput` makes of input `index` and the two behind it. */
export interface DequantisedInput extends Activation {
  /** Of the codes. */
  readonly spec: QuantSpec;
}

/** A tensor of codes with its scale and zero point, inputs `index` to `index` + 2 of a QOperator, as real numbers. */
export function dequantisedInput(ctx: NodeContext, index: number): DequantisedInput {
  const x = ctx.activation(index);
  ctx.requireDomain(x, 'codes', index);
  const of = { dims: dimsOf(x), axis: null, type: x.type as CodeType };
  const spec = quantSpec(ctx, index + 1, index + 2, of);
  requireCodes(ctx, x, index, spec.type);
  return { ...x, view: dequantiseView(ctx, x.view, spec.quant), type: 'float32', spec };
}

function requireCodes(ctx: NodeContext, x: Activation, index: number, type: CodeType): void {
  if (x.type !== type) {
    throw new NodeProblem('E403', `its input '${ctx.node.inputs[index]}' is ${x.type} but its zero point is ${type}`);
  }
}

export function convertQuantizeLinear(ctx: NodeContext): void {
  const x = ctx.real(0);
  const asked = outputType(ctx);
  const spec = quantSpec(ctx, 1, 2, { dims: dimsOf(x), axis: quantAxis(ctx), type: asked ?? 'uint8' });
  if (asked !== null && spec.type !== asked)
    throw new NodeProblem('E403', `its output_dtype is ${asked} but its zero point is ${spec.type}`);
  ctx.result(quantiseView(ctx, x.view, spec), spec.type);
}

export function convertDequantizeLinear(ctx: NodeContext): void {
  const x = ctx.activation(0);
  ctx.requireDomain(x, 'codes', 0);
  const spec = quantSpec(ctx, 1, 2, { dims: dimsOf(x), axis: quantAxis(ctx), type: x.type as CodeType });
  requireCodes(ctx, x, 0, spec.type);
  ctx.result(dequantiseView(ctx, x.view, spec.quant), ctx.constant(1).type);
}

const castTypes: Readonly<Record<number, ElementType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
};

/** float to float is nothing; int8 and uint8 to float is a scale of 1; indices stay the integers they are. */
export function convertCast(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const to = ctx.node.op === 'CastLike' ? castLikeType(ctx) : castTypes[ctx.int('to', 0)];
  const domain = ctx.domain(x);
  if (to !== undefined && isFloatType(to)) {
    if (domain === 'real') return ctx.result(x.view, to);
    if (domain === 'codes') {
      return ctx.result(dequantiseView(ctx, x.view, { scale: 1, zeroPoint: x.type === 'uint8' ? -128 : 0 }), to);
    }
  }
  if (domain === 'index' && to !== undefined) {
    const most = { uint8: 256, int8: 128 }[to as string] ?? Infinity;
    const count = indexCount(ctx, x.view.value);
    if (count > most)
      ctx.unsupported(`casting the indices of ${count} positions to ${to} would wrap`, 'Cast them to int32.');
    return ctx.result(x.view, to);
  }
  return ctx.unsupported(
    `casting ${x.type} to ${to ?? `type ${ctx.int('to', 0)}`} is not supported on tensors of the network`,
  );
}

/** Positions that the indices of ArgMax and ArgMin count. */
function indexCount(ctx: NodeContext, value: number): number {
  const { nodes } = ctx.builder;
  let node = nodes.findLast((n) => n.output === value);
  while (node !== undefined && node.op.kind !== 'argMax') {
    const [input] = node.inputs;
    node = nodes.findLast((n) => n.output === input);
  }
  return node === undefined ? Infinity : ctx.builder.shape(node.inputs[0]).c;
}

function castLikeType(ctx: NodeContext): ElementType | undefined {
  const like = ctx.entry(1);
  if (like.kind === 'constant') return like.constant.type;
  return like.kind === 'activation' ? like.type : undefined;
}

export function convertIdentity(ctx: NodeContext): void {
  const x = ctx.activation(0);
  ctx.result(x.view, x.type);
}

/** At inference Dropout passes its input on. */
export function convertDropout(ctx: NodeContext): void {
  ctx.onlyFirstOutput('the mask of Dropout is not supported');
  if (ctx.has(2) && ctx.constant(2).data[0] !== 0) ctx.unsupported('training mode is not supported');
  convertIdentity(ctx);
}
