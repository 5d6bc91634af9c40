/** Scales and zero points of a quantisation operator, checked as ONNX states them: types, shapes, values. */

import type { DiagnosticCode } from '../diagnostics.js';
import { isFloatType, product } from './constant.js';
import type { Constant, ElementType } from './constant.js';
import type { NodeContext } from './context.js';
import { NodeProblem } from './problems.js';

export interface QuantParameters {
  /** Finite, one or as many as the tensor is long along `axis`. */
  readonly scales: Float32Array;
  /** As many as scales; zeros where the file gives none. */
  readonly zeroPoints: Int32Array;
  /** Of the zero points; null where the file gives none. */
  readonly type: ElementType | null;
  /** Null: one scale for all. */
  readonly axis: number | null;
}

/**
 * Inputs `scaleIndex` and `zeroPointIndex`. `dims`: of the tensor that they quantise. `axis`: along which scales may
 * differ, counted as in the file; null where the operator takes one scale alone. Throws E402 and E403.
 */
export function quantParameters(
  ctx: NodeContext,
  scaleIndex: number,
  zeroPointIndex: number,
  dims: readonly number[],
  axis: number | null,
): QuantParameters {
  const name = ctx.node.inputs[scaleIndex];
  const scale = ctx.constant(scaleIndex);
  const zeroPoint = ctx.optionalConstant(zeroPointIndex);
  if (ctx.int('block_size', 0) !== 0)
    fail('E403', 'block quantisation is not supported', 'Quantise per tensor, weights per output channel if need be.');
  if (!isFloatType(scale.type) || scale.type === 'float64')
    fail('E403', `its scale '${name}' is ${scale.type}`, 'ONNX has scales of float, float16 or bfloat16.');
  const count = product(scale.dims);
  if (scale.dims.length > 1 || count === 0)
    fail('E403', `its scale '${name}' of shape ${shapeText(scale)} is neither one value nor a list of them`);
  const scales = Float32Array.from(scale.data);
  scales.forEach((s, i) => {
    if (!Number.isFinite(s))
      fail('E402', `scale ${count === 1 ? '' : `${i} of `}'${name}' is ${s}`, 'Scales are finite.');
  });
  if (zeroPoint !== null) checkZeroPoint(ctx.node.inputs[zeroPointIndex], zeroPoint, name, scale);
  return {
    scales,
    zeroPoints: zeroPoint === null ? new Int32Array(count) : Int32Array.from(zeroPoint.data),
    type: zeroPoint?.type ?? null,
    axis: count === 1 ? null : scaleAxis(ctx, name, count, dims, axis),
  };
}

/** Along which axis scales of QuantizeLinear and DequantizeLinear may differ; null where an old form has none. */
export const quantAxis = (ctx: NodeContext): number | null =>
  ctx.node.domain === '' && ctx.opset < 13 && !ctx.node.attributes.has('axis') ? null : ctx.int('axis', 1);

const fail = (code: DiagnosticCode, message: string, hint?: string): never => {
  throw new NodeProblem(code, message, hint);
};

const shapeText = ({ dims }: Constant): string => (dims.length === 0 ? '[]' : `[${dims.join(', ')}]`);

/** Types that ONNX has for zero points, as far as tensors of them can be read. */
const zeroPointTypes: ReadonlySet<ElementType> = new Set(['int8', 'uint8', 'int16', 'uint16', 'int32']);

function checkZeroPoint(name: string, zeroPoint: Constant, scaleName: string, scale: Constant): void {
  if (!zeroPointTypes.has(zeroPoint.type)) fail('E403', `its zero point '${name}' is ${zeroPoint.type}`);
  // One value may stand as a scalar or as a list of one.
  const counts = [scale, zeroPoint].map(({ dims }) => product(dims));
  if (zeroPoint.dims.length > 1 || counts[0] !== counts[1]) {
    fail(
      'E403',
      `its zero point '${name}' of shape ${shapeText(zeroPoint)} does not match its scale '${scaleName}' of shape ${shapeText(scale)}`,
      'ONNX has one zero point for each scale.',
    );
  }
  if (zeroPoint.type === 'int32' && zeroPoint.data.some((z) => z !== 0))
    fail('E403', `its zero point '${name}' of int32 is not 0`);
}

function scaleAxis(
  ctx: NodeContext,
  name: string,
  count: number,
  dims: readonly number[],
  axis: number | null,
): number {
  if (axis === null) return fail('E403', `'${name}' holds ${count} scales; ${ctx.node.op} takes one there`);
  const at = ctx.axis(axis, dims.length);
  if (dims[at] !== count)
    fail('E403', `'${name}' holds ${count} scales for axis ${at} of a tensor of shape [${dims.join(', ')}]`);
  return at;
}
