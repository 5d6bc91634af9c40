/** QuantizeLinear, DequantizeLinear and Cast on tensors of the network; scales and zero points. */

import type { DiagnosticCode } from '../../diagnostics.js';
import type { Quant } from '../../ir/tensor.js';
import type { Constant, ElementType } from '../constant.js';
import { isFloatType } from '../constant.js';
import type { Activation, NodeContext } from '../context.js';
import { NodeProblem } from '../problems.js';
import type { View } from '../raw-builder.js';

export type CodeType = 'int8' | 'uint8';

export interface QuantSpec {
  /** uint8 zero points are shifted by -128 already. */
  readonly quant: Quant;
  readonly type: CodeType;
}

/** One value of a constant whose entries are all equal, or null. */
function uniform(c: Constant): number | null {
  return c.data.length > 0 && c.data.every((v) => v === c.data[0]) ? c.data[0] : null;
}

/** Quantisation of an activation from constant inputs; a zero point left out is 0 of uint8. */
export function quantSpec(ctx: NodeContext, scaleIndex: number, zeroPointIndex: number): QuantSpec {
  const scales = ctx.constant(scaleIndex);
  const name = ctx.node.inputs[scaleIndex];
  const fail = (code: DiagnosticCode, message: string, hint?: string): never => {
    throw new NodeProblem(code, message, hint);
  };
  for (const s of scales.data) {
    if (!Number.isFinite(s) || s <= 0)
      fail('E402', `scale '${name}' is ${s}`, 'The scale of an activation must be finite and greater than 0.');
  }
  const scale =
    uniform(scales) ??
    fail(
      'E403',
      `'${name}' holds ${scales.data.length} scales that differ`,
      'Activations are supported with one scale a tensor.',
    );
  if (ctx.int('block_size', 0) !== 0) fail('E403', 'block quantisation of activations is not supported');
  let type: ElementType = outputType(ctx);
  let zeroPoint = 0;
  if (ctx.has(zeroPointIndex)) {
    const c = ctx.constant(zeroPointIndex);
    type = c.type;
    zeroPoint = uniform(c) ?? fail('E403', `'${ctx.node.inputs[zeroPointIndex]}' holds zero points that differ`);
  }
  if (type !== 'int8' && type !== 'uint8')
    return fail('E403', `activations of ${type} are not supported`, 'Quantise activations to int8 or uint8.');
  return { quant: { scale: Math.fround(scale), zeroPoint: type === 'uint8' ? zeroPoint - 128 : zeroPoint }, type };
}

/** output_dtype of newer QuantizeLinear. */
function outputType(ctx: NodeContext): ElementType {
  const given = ctx.node.op === 'QuantizeLinear' ? ctx.int('output_dtype', 0) : 0;
  if (given === 3) return 'int8';
  if (given === 0 || given === 2) return 'uint8';
  return ctx.unsupported(`output_dtype ${given} is not supported; int8 and uint8 are`);
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

/** An input of codes, checked against the type of its zero point, as real numbers. */
export function dequantisedInput(ctx: NodeContext, index: number, spec: QuantSpec): Activation {
  const x = ctx.activation(index);
  requireCodes(ctx, x, index, spec.type);
  return { ...x, view: dequantiseView(ctx, x.view, spec.quant), type: 'float32' };
}

function requireCodes(ctx: NodeContext, x: Activation, index: number, type: CodeType): void {
  ctx.requireDomain(x, 'codes', index);
  if (x.type !== type) {
    throw new NodeProblem('E403', `its input '${ctx.node.inputs[index]}' is ${x.type} but its zero point is ${type}`);
  }
}

export function convertQuantizeLinear(ctx: NodeContext): void {
  const x = ctx.real(0);
  const spec = quantSpec(ctx, 1, 2);
  ctx.result(quantiseView(ctx, x.view, spec), spec.type);
}

export function convertDequantizeLinear(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const spec = ctx.has(2) ? quantSpec(ctx, 1, 2) : withoutZeroPoint(quantSpec(ctx, 1, 2), x);
  requireCodes(ctx, x, 0, spec.type);
  ctx.result(dequantiseView(ctx, x.view, spec.quant), 'float32');
}

/** Without a zero point it is 0 of the input's own type. */
function withoutZeroPoint(spec: QuantSpec, x: Activation): QuantSpec {
  return x.type === 'int8' ? { type: 'int8', quant: { ...spec.quant, zeroPoint: 0 } } : spec;
}

const castTypes: Readonly<Record<number, ElementType>> = {
  1: 'float32',
  6: 'int32',
  7: 'int64',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
};

/** float to float is nothing; int8 and uint8 to float is a scale of 1; indices stay integers. */
export function convertCast(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const to = ctx.node.op === 'CastLike' ? castLikeType(ctx) : castTypes[ctx.int('to', 0)];
  const domain = ctx.domain(x);
  if (to !== undefined && isFloatType(to)) {
    if (domain === 'real') return ctx.result(x.view, to);
    if (domain === 'codes') {
      return ctx.result(dequantiseView(ctx, x.view, { scale: 1, zeroPoint: x.type === 'uint8' ? -128 : 0 }), to);
    }
  } else if (domain === 'index' && (to === 'int32' || to === 'int64')) {
    return ctx.result(x.view, to);
  }
  return ctx.unsupported(
    `casting ${x.type} to ${to ?? `type ${ctx.int('to', 0)}`} is not supported on tensors of the network`,
  );
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
