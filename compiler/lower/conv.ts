/** Convolutions: scales to multipliers, bias and input zero point into one int32, constant channels exactly. */

import type { Bias, Conv2d, ConvTranspose2d, Node } from '../ir/graph.js';
import type { ConvOp } from '../ir/int8-graph.js';
import { requantiseChannel } from '../numerics/apply.js';
import {
  absolute,
  add,
  divide,
  integer,
  multiply,
  negate,
  rational,
  roundHalfEven,
  toNumber,
  type Rational,
} from '../numerics/rational.js';
import { realBias, unitsOf, unitsOfSingleTap, type BiasUnits } from '../numerics/bias.js';
import { planRequant, type ChannelRange } from '../numerics/requantise.js';
import { clampCodes } from './clamp.js';
import type { LowerContext } from './context.js';
import { including, type CodeRange } from './ranges.js';

type Convolution = Conv2d | ConvTranspose2d;

/** One output channel before its multiplier is chosen. */
export interface Channel extends ChannelRange {
  /** In accumulator units, input zero point folded in. */
  readonly bias: number;
  /** Sum of the weights' magnitudes, factor included. */
  readonly magnitude: number;
  /** Weights are to be multiplied by this: -1 turns a negative scale positive, larger ones give the bias finer units. */
  readonly factor: number;
  /** What rounding the bias to the accumulator's unit moves, in output steps. */
  readonly lostSteps: number;
  /** Of a channel with a single tap: codes that get another result by that. */
  readonly moved: number;
  /** Where it is asked for: what is to be added to the sum's result, in output steps, for the exact bias. */
  readonly rest?: Rational;
}

/** Constant facts of a convolution, shared by its channels. */
export interface Convolved {
  readonly weights: Int8Array | Int16Array;
  readonly scales: Float32Array;
  readonly bias: Bias | null;
  readonly inputZeroPoint: number;
  readonly inputScale: Rational;
  readonly outputScale: Rational;
  /** Codes that taps can read, padding included. */
  readonly range: CodeRange;
  readonly groups: number;
  /** Whether what the int32 bias cannot hold is kept beside it. */
  readonly keepsRest: boolean;
}

/**
 * A convolution's channels, in steps of `outputScale`, before anything is chosen. `keepsRest`: what a
 * channel's int32 bias loses stands beside it (all of the bias, where the channel has no weights).
 */
export function prepareConvolution(
  ctx: LowerContext,
  node: Node,
  op: Convolution,
  outputScale: Rational,
  keepsRest = false,
) {
  const input = ctx.operand(node, node.inputs[0]);
  if (op.weights.kind === 'float')
    ctx.fail(
      node,
      'E401',
      'its weights are not quantised',
      'Quantise the weights to int8, per tensor or per output channel.',
    );
  const { window, groups, outChannels } = op;
  const reads = ctx.range(input.id);
  const padded =
    op.kind === 'convTranspose2d' || window.padTop + window.padBottom + window.padLeft + window.padRight > 0;
  const facts: Convolved = {
    weights: op.weights.data,
    scales: op.weights.scales,
    bias: op.bias,
    groups,
    inputZeroPoint: input.quant.zeroPoint,
    inputScale: rational(input.quant.scale),
    outputScale,
    range: padded ? including(reads, input.quant.zeroPoint) : reads,
    keepsRest,
  };
  requireFinite(ctx, node, facts);
  const channels = Array.from({ length: outChannels }, (_, o) => prepareChannel(ctx, node, facts, o));
  return { input, facts, channels };
}

export function lowerConvolution(ctx: LowerContext, node: Node, op: Convolution): void {
  const output = ctx.outputQuant(node);
  const { input, facts, channels } = prepareConvolution(ctx, node, op, rational(output.scale));
  warnOfLostBias(ctx, node, channels);
  const plan = planRequant(
    channels,
    { zeroPoint: output.zeroPoint, ...clampCodes(op.clamp, output) },
    { encodeConstants: true },
  );
  const { rounding, multipliers, leftShift, shift, even, exact, zeroPoint, clampMin, clampMax, constants } = plan;
  const requant = { rounding, multipliers, leftShift, shift, even, exact, zeroPoint, clampMin, clampMax };
  const weights = scaledWeights(
    facts,
    channels.map(({ factor }, o) => (constants[o] === null ? factor : 0)),
  );
  const bias = Int32Array.from(channels, (channel, o) => constants[o] ?? requireInt32(ctx, node, channel));
  const ends = channels.map((channel, o) =>
    [channel.lo, channel.hi].map((acc) => requantiseChannel(constants[o] ?? acc, requant, o)),
  );
  const { window, groups } = op;
  const lowered: ConvOp = {
    kind: op.kind,
    window,
    groups,
    weights,
    bias,
    inputZeroPoint: input.quant.zeroPoint,
    requant,
  };
  ctx.emit(node, {
    op: lowered,
    inputs: [input.id],
    range: { min: Int8Array.from(ends, (e) => Math.min(...e)), max: Int8Array.from(ends, (e) => Math.max(...e)) },
    macs: macsOf(ctx, node, op),
    deviations: { off: channels.reduce((n, c) => n + c.moved, plan.deviations.off), of: plan.deviations.of },
  });
}

/** The weights with each channel's factor. */
export function scaledWeights(facts: Convolved, factors: readonly number[]): Int8Array | Int16Array {
  const length = facts.weights.length / factors.length;
  const weights = facts.weights.slice();
  factors.forEach((by, o) => {
    if (by !== 1) for (let i = o * length; i < (o + 1) * length; i++) weights[i] *= by;
  });
  return weights;
}

export function macsOf(ctx: LowerContext, node: Node, op: Convolution): number {
  const { h, w } = op.kind === 'conv2d' ? ctx.source(node.output).shape : ctx.shape(node.inputs[0]);
  return h * w * op.weights.data.length;
}

export function warnOfLostBias(ctx: LowerContext, node: Node, channels: readonly Channel[]): void {
  const lostSteps = channels.reduce((most, c) => Math.max(most, c.lostSteps), 0);
  if (lostSteps > tolerableLoss) {
    ctx.warn(
      node,
      'W404',
      `its bias is not a multiple of input scale x weight scale: rounding it moves results by up to ${lostSteps.toFixed(2)} output steps`,
      'Store the bias as int32 with scale = input scale x weight scale.',
    );
  }
}

function requireFinite(ctx: LowerContext, node: Node, { scales, bias }: Convolved): void {
  const scale = scales.findIndex((s) => !Number.isFinite(s) || s === 0);
  if (scale >= 0)
    ctx.fail(
      node,
      'E402',
      `the weight scale of its channel ${scale} is ${scales[scale]}`,
      'A weight scale must be finite and not 0.',
    );
  const wrong =
    bias === null ? -1 : Array.from(bias.data).findIndex((b, o) => !Number.isFinite(b * (bias.scales?.[o] ?? 1)));
  if (wrong >= 0) ctx.fail(node, 'E404', `the bias of its channel ${wrong} is not finite`);
}

/** Output steps that a bias may lose to the accumulator's unit. */
const tolerableLoss = 0.05;

/** The bias, once it is sure that no partial sum leaves int32, in whatever order a kernel takes the taps. */
export function requireInt32(ctx: LowerContext, node: Node, channel: Channel): number {
  const most = Math.abs(channel.bias) + 128 * channel.magnitude;
  if (most >= 2 ** 31) {
    ctx.fail(
      node,
      'E405',
      `its accumulator could reach ${most}, beyond int32`,
      'Check the bias and the weights of this layer.',
    );
  }
  return channel.bias;
}

function prepareChannel(ctx: LowerContext, node: Node, facts: Convolved, o: number): Channel {
  const { weights, scales, range, groups, inputZeroPoint, outputScale } = facts;
  const outChannels = scales.length;
  const length = weights.length / outChannels;
  const groupIn = range.min.length / groups;
  const firstIn = Math.floor(o / (outChannels / groups)) * groupIn;
  let sum = 0;
  let low = 0;
  let high = 0;
  let least = 0;
  let most = 0;
  let magnitude = 0;
  for (let i = 0, c = 0; i < length; i++) {
    const w = weights[o * length + i];
    sum += w;
    if (w < least) least = w;
    if (w > most) most = w;
    magnitude += w < 0 ? -w : w;
    const a = w * range.min[firstIn + c];
    const b = w * range.max[firstIn + c];
    low += Math.min(a, b);
    high += Math.max(a, b);
    if (++c === groupIn) c = 0;
  }
  const unit = multiply(facts.inputScale, rational(scales[o]));
  const scale = divide(unit, outputScale);
  if (magnitude === 0) {
    const real = biasOf(facts, o, unit);
    if (facts.keepsRest) return { ...constantChannel(0), rest: divide(real, outputScale) };
    // The result is the quantised bias, whatever the unit of the accumulator.
    return constantChannel(resultOf(real, outputScale));
  }
  const limit = weights instanceof Int16Array ? 32767 : 127;
  const room = limit / Math.max(most, -least);
  const { units, lost, factor, moved } = biasUnits(facts, o, unit, scale, room, length === 1 ? { low, high } : null);
  if (!Number.isFinite(units)) {
    // Too large for the accumulator, but then it mostly leaves a single result.
    const end = (acc: number): number =>
      resultOf(add(biasOf(facts, o, unit), multiply(unit, integer(acc - inputZeroPoint * sum))), outputScale);
    if (end(low) === end(high) && !facts.keepsRest) return constantChannel(end(low));
    ctx.fail(
      node,
      'E405',
      `the bias of its channel ${o} does not fit int32 in units of input scale x weight scale`,
      'Check the bias and the scales of this layer.',
    );
  }
  // Negating -128 leaves int8: such a channel keeps its weights and takes a negative multiplier.
  const sign = scale.numerator < 0n && -least <= limit ? -1 : 1;
  const bias = sign * (units - inputZeroPoint * sum * factor);
  const [from, to] = sign > 0 ? [low * factor, high * factor] : [-high * factor, -low * factor];
  const rest = add(
    divide(biasOf(facts, o, unit), outputScale),
    negate(multiply(scale, { numerator: BigInt(units), denominator: BigInt(factor) })),
  );
  return {
    ...(facts.keepsRest ? { rest } : {}),
    scale: divide(sign > 0 ? scale : negate(scale), integer(factor)),
    lo: bias + from,
    hi: bias + to,
    bias,
    magnitude: magnitude * factor,
    factor: sign * factor,
    lostSteps: facts.keepsRest ? 0 : (lost * toNumber(absolute(scale))) / factor,
    moved: facts.keepsRest ? 0 : moved,
  };
}

/** A channel whose accumulator is its result. */
const constantChannel = (r: number): Channel => ({
  scale: integer(1),
  lo: r,
  hi: r,
  bias: r,
  magnitude: 0,
  factor: 1,
  lostSteps: 0,
  moved: 0,
});

const biasOf = ({ bias }: Convolved, o: number, unit: Rational): Rational =>
  bias === null ? integer(0) : realBias(bias.data[o], bias.scales?.[o] ?? null, unit);

/** A real value in output steps, cut off where every zero point saturates. */
function resultOf(real: Rational, outputScale: Rational): number {
  return Math.min(Math.max(Number(roundHalfEven(divide(real, outputScale))), -1024), 1024);
}

/** The bias in accumulator units; `single`: the least and the largest product of the channel's only tap with a code. */
function biasUnits(
  facts: Convolved,
  o: number,
  unit: Rational,
  scale: Rational,
  room: number,
  single: { low: number; high: number } | null,
): BiasUnits {
  const { bias, weights, inputZeroPoint } = facts;
  if (bias === null || bias.data[o] === 0) return { units: 0, lost: 0, factor: 1, moved: 0 };
  const exact = divide(biasOf(facts, o, unit), unit);
  if (single === null) return unitsOf(exact, toNumber(absolute(scale)), room);
  const weight = weights[o];
  const [from, to] = weight > 0 ? [single.low, single.high] : [single.high, single.low];
  return unitsOfSingleTap(exact, scale, room, {
    weight,
    from: from / weight - inputZeroPoint,
    to: to / weight - inputZeroPoint,
  });
}
