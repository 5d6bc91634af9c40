/** Parameter structs of rv_types.h and rv_kernels.h as CStructs, shared by the kernels of every instruction set. */

import {
  type ChannelRequant,
  type ConvOp,
  type ExactRatio,
  type Int8Graph,
  type Int8Node,
  type Int8Op,
  type Requant,
  type Rounding,
  valueOf,
} from '../../../ir/int8-graph.js';
import type { Shape } from '../../../ir/tensor.js';
import type { CStruct, CValue } from '../../kernel.js';

/** RV_ROUND_* */
export const roundingCode: Readonly<Record<Rounding, number>> = { fixed: 0, even: 1, exact: 2 };
/** RV_AXIS_* */
export const axisCode = { h: 0, w: 1, c: 2 } as const;

export const struct = (type: string, fields: Readonly<Record<string, CValue>>): CStruct => ({
  kind: 'struct',
  type,
  fields,
});
export const int32Array = (data: ArrayLike<number>): CValue => ({ kind: 'array', type: 'int32_t', data });
/** Bits of a float32. */
export const floatBits = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0];
export const floatArray = (data: Float32Array): CValue => ({
  kind: 'array',
  type: 'uint32_t',
  data: new Uint32Array(Float32Array.from(data).buffer),
});
export const uint16Array = (data: ArrayLike<number>): CValue => ({ kind: 'array', type: 'uint16_t', data });

export const inputShape = (node: Int8Node, graph: Int8Graph, index = 0): Shape =>
  valueOf(graph, node.inputs[index]).shape;
export const outputShape = (node: Int8Node, graph: Int8Graph): Shape => valueOf(graph, node.output).shape;

/** The node's op, which must be of this kind: an internal error otherwise. */
export function opOf<K extends Int8Op['kind']>(
  node: Int8Node,
  ...kinds: readonly K[]
): Extract<Int8Op, { readonly kind: K }> {
  if (!(kinds as readonly string[]).includes(node.op.kind))
    throw new Error(`${node.name}: ${node.op.kind} is not ${kinds.join(' or ')}`);
  return node.op as Extract<Int8Op, { readonly kind: K }>;
}

/** A convolution by itself, no slice of one and without an epilogue: what all kernels but those for them take. */
export const isWholeConv = ({ op }: Int8Node): boolean =>
  op.kind === 'conv2d' && op.partial === undefined && op.epilogue === undefined;

/** rv_exact */
export const exactStruct = (e: ExactRatio): CStruct =>
  struct('rv_exact', { numerator: e.numerator, denominator: e.denominator, accMin: e.accMin, accMax: e.accMax });

/** rv_requant */
export function requantStruct(r: Requant): CStruct {
  const exact = r.rounding === 'exact' && r.exact !== null;
  return struct('rv_requant', {
    exact: exact ? { kind: 'structs', type: 'rv_exact', items: [exactStruct(r.exact!)] } : null,
    multiplier: exact ? 0 : r.multiplier,
    rounding: roundingCode[r.rounding],
    leftShift: exact ? 0 : r.leftShift,
    shift: exact ? 1 : r.shift,
    zeroPoint: r.zeroPoint,
    clampMin: r.clampMin,
    clampMax: r.clampMax,
  });
}

/**
 * rv_channel_requant. `packed`: the kernel's weights carry multipliers, so the struct does not.
 * A node all of whose ties may go up is 'fixed', whatever it was planned as.
 */
export function channelRequantStruct(r: ChannelRequant, packed = false): CStruct {
  const rounding = effectiveRounding(r);
  const exact = rounding === 'exact';
  return struct('rv_channel_requant', {
    multiplier: exact || packed ? null : int32Array(r.multipliers),
    even: rounding === 'even' ? { kind: 'array', type: 'uint8_t', data: r.even! } : null,
    exact: exact ? { kind: 'structs', type: 'rv_exact', items: r.exact!.map(exactStruct) } : null,
    rounding: roundingCode[rounding],
    leftShift: exact ? 0 : r.leftShift,
    shift: exact ? 1 : r.shift,
    zeroPoint: r.zeroPoint,
    clampMin: r.clampMin,
    clampMax: r.clampMax,
  });
}

export function effectiveRounding(r: ChannelRequant): Rounding {
  return r.rounding === 'even' && (r.even === null || r.even.every((e) => e === 0)) ? 'fixed' : r.rounding;
}

/** rv_conv_params around a kernel's own packing; `bias` null where the packing carries it. */
export function convStruct(
  node: Int8Node,
  graph: Int8Graph,
  weights: CValue,
  bias: CValue,
  requant?: CStruct,
): CStruct {
  const op: ConvOp = opOf(node, 'conv2d', 'convTranspose2d');
  const { window } = op;
  return struct('rv_conv_params', {
    weights,
    bias,
    requant: requant ?? channelRequantStruct(op.requant),
    inChannels: inputShape(node, graph).c,
    outChannels: outputShape(node, graph).c,
    groups: op.groups,
    kernelH: window.kernelH,
    kernelW: window.kernelW,
    strideH: window.strideH,
    strideW: window.strideW,
    dilationH: window.dilationH,
    dilationW: window.dilationW,
    padTop: window.padTop,
    padLeft: window.padLeft,
    inputZeroPoint: op.inputZeroPoint,
  });
}

/** rv_conv_partial_params around a slice's rv_conv_params; only the last slice requantises. */
export function partialStruct(
  node: Int8Node,
  graph: Int8Graph,
  weights: CValue,
  bias: CValue,
  requant: CStruct,
): CStruct {
  const { partial, requant: whole }: ConvOp = opOf(node, 'conv2d');
  const none = channelRequantStruct({ ...whole, rounding: 'fixed', even: null, exact: null }, true);
  return struct('rv_conv_partial_params', {
    conv: convStruct(node, graph, weights, bias, partial!.last ? requant : none),
    first: partial!.first ? 1 : 0,
    last: partial!.last ? 1 : 0,
  });
}

/** Axes on which an operand has extent 1 and the output has not: RV_BROADCAST_*. */
export function broadcastCode(operand: Shape, output: Shape): number {
  return (operand.h !== output.h ? 1 : 0) + (operand.w !== output.w ? 2 : 0) + (operand.c !== output.c ? 4 : 0);
}
