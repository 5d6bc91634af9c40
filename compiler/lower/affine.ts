/**
 * Operands that are constants in real numbers, not codes: x * k, x + k and their kin, with one k for each channel
 * (an unquantised per-channel constant, a BatchNormalization that could not be folded). A 1x1 depthwise convolution
 * with a weight of `unitWeight` and the real factor as its scale computes them; its bias holds the summand.
 */

import { quantiseNumber } from '../ir/codes.js';
import { noClamp, type Binary, type Conv2d, type Node } from '../ir/graph.js';
import { unitWindow } from '../ir/window.js';
import { divide, integer, rational, type Rational } from '../numerics/rational.js';
import { clampCodes } from './clamp.js';
import { emitConvolution } from './conv.js';
import { needsQuantisation, type LowerContext } from './context.js';
import { cornerRange } from './ranges.js';

/** The summand is rounded to 1 / unitWeight of the input's scale. */
const unitWeight = 64;

interface Affine {
  readonly factors: readonly Rational[];
  readonly summands: readonly number[];
}

export function lowerWithRealConstant(ctx: LowerContext, node: Node, op: Binary): void {
  const values = node.inputs.map((id) => ctx.source(id));
  const at = values.findIndex((v) => v.constant instanceof Float32Array);
  const constant = values[at];
  const activation = node.inputs[1 - at];
  const channels = ctx.shape(activation).c;
  const k = constant.constant;
  const perChannel = constant.shape.h === 1 && constant.shape.w === 1 && (constant.shape.c === channels || constant.shape.c === 1);
  if (!(k instanceof Float32Array) || !perChannel || ctx.shape(node.output).c !== channels) {
    return ctx.fail(node, 'E401', `its constant operand '${constant.name}' is not quantised and not one value a channel`, needsQuantisation);
  }
  const each = Array.from({ length: channels }, (_, c) => k[constant.shape.c === 1 ? 0 : c]);
  if (!each.every(Number.isFinite)) ctx.fail(node, 'E404', `its constant operand '${constant.name}' holds a value that is not finite`);
  if (op.fn === 'min' || op.fn === 'max') return lowerMinMaxWithReal(ctx, node, op, op.fn, activation, each);
  lowerAffine(ctx, node, op.clamp, activation, affineOf(ctx, node, op.fn, each, at === 0));
}

function affineOf(ctx: LowerContext, node: Node, fn: 'add' | 'sub' | 'mul' | 'div', k: readonly number[], constantFirst: boolean): Affine {
  const ones = k.map(() => integer(1));
  const zeros = k.map(() => 0);
  switch (fn) {
    case 'add': return { factors: ones, summands: k };
    case 'sub': return constantFirst ? { factors: k.map(() => integer(-1)), summands: k } : { factors: ones, summands: k.map((v) => -v) };
    case 'mul': return { factors: k.map(rational), summands: zeros };
    case 'div':
      if (constantFirst) ctx.fail(node, 'E203', 'division by an int8 tensor is not supported');
      if (k.includes(0)) ctx.fail(node, 'E404', 'it divides by zero');
      return { factors: k.map((v) => divide(integer(1), rational(v))), summands: zeros };
  }
}

/** y = clamp(factor[c] * x + summand[c]). */
function lowerAffine(ctx: LowerContext, node: Node, clamp: Conv2d['clamp'], activation: number, { factors, summands }: Affine): void {
  const input = ctx.operand(node, activation);
  const channels = input.shape.c;
  const data = Int8Array.from(factors, (f) => (f.numerator === 0n ? 0 : unitWeight));
  const op: Conv2d = {
    kind: 'conv2d', window: unitWindow, groups: channels, outChannels: channels, clamp,
    weights: { kind: 'quantised', data, scales: new Float32Array(channels).fill(1) }, bias: null,
  };
  emitConvolution(ctx, node, op, {
    input: input.id,
    inputQuant: input.quant,
    output: ctx.outputQuant(node),
    data,
    scales: factors.map((f) => (f.numerator === 0n ? integer(1) : divide(f, integer(unitWeight)))),
    bias: summands.every((s) => s === 0) ? null : { data: Float32Array.from(summands), scales: null },
  });
}

/** A 1x1 depthwise convolution whose weights are real numbers: factor and summand a channel. */
export function lowerRealDepthwise(ctx: LowerContext, node: Node, op: Conv2d): boolean {
  const { weights, window, bias } = op;
  const channels = ctx.shape(node.inputs[0]).c;
  const pointwise = window.kernelH === 1 && window.kernelW === 1 && window.strideH === 1 && window.strideW === 1 &&
    window.padTop + window.padBottom + window.padLeft + window.padRight === 0;
  if (weights.kind !== 'float' || !pointwise || op.groups !== channels || op.outChannels !== channels) return false;
  const summand = (c: number): number => (bias === null ? 0 : bias.scales === null ? bias.data[c] : bias.data[c] * bias.scales[c]);
  lowerAffine(ctx, node, op.clamp, node.inputs[0], {
    factors: Array.from(weights.data, rational),
    summands: Array.from({ length: channels }, (_, c) => summand(c)),
  });
  return true;
}

/** Quantisation is monotone: the constant's codes stand for it. */
function lowerMinMaxWithReal(ctx: LowerContext, node: Node, op: Binary, kind: 'min' | 'max', activation: number, k: readonly number[]): void {
  const output = ctx.outputQuant(node);
  const { clampMin, clampMax } = clampCodes(op.clamp ?? noClamp, output);
  const x = ctx.requantised(node, ctx.operand(node, activation), output, { min: clampMin, max: clampMax });
  const codes = Int8Array.from(k, (v) => Math.min(Math.max(quantiseNumber(v, output), clampMin), clampMax));
  const constant = ctx.constant(`${node.name}:constant`, { h: 1, w: 1, c: codes.length }, output, codes);
  const range = cornerRange(ctx.range(x), ctx.range(constant), codes.length, kind === 'min' ? Math.min : Math.max);
  ctx.emit(node, { op: { kind }, inputs: [x, constant], range });
}
