/** Convolutions: scales to multipliers, bias and input zero point into one int32, constant channels exactly. */

import type { Bias, Conv2d, ConvTranspose2d, Node } from '../ir/graph.js';
import type { ConvOp } from '../ir/int8-graph.js';
import type { Quant } from '../ir/tensor.js';
import { requantiseChannel } from '../numerics/apply.js';
import { absolute, divide, integer, multiply, negate, rational, roundHalfEven, toNumber, type Rational } from '../numerics/rational.js';
import { realBias } from '../numerics/bias.js';
import { planRequant, type ChannelRange } from '../numerics/requantise.js';
import { clampCodes } from './clamp.js';
import type { LowerContext } from './context.js';
import { including, type CodeRange } from './ranges.js';

type Convolution = Conv2d | ConvTranspose2d;

/** One output channel before its multiplier is chosen. */
interface Channel extends ChannelRange {
  /** In accumulator units, input zero point folded in. */
  readonly bias: number;
  /** Sum of the weights' magnitudes. */
  readonly magnitude: number;
  /** Weights are to be negated (a negative scale turned positive). */
  readonly flip: boolean;
}

export function lowerConvolution(ctx: LowerContext, node: Node, op: Convolution): void {
  const input = ctx.operand(node, node.inputs[0]);
  const output = ctx.outputQuant(node);
  if (op.weights.kind === 'float') ctx.fail(node, 'E401', 'its weights are not quantised', 'Quantise the weights to int8, per tensor or per output channel.');
  const { data, scales } = op.weights;
  emitConvolution(ctx, node, op, { input: input.id, data, scales: Array.from(scales, rational), bias: op.bias, inputQuant: input.quant, output });
}

export interface ConvolutionParts {
  readonly input: number;
  readonly inputQuant: Quant;
  readonly output: Quant;
  /** OHWI */
  readonly data: Int8Array | Int16Array;
  /** Real value of a weight's unit, one per output channel, not zero. */
  readonly scales: readonly Rational[];
  readonly bias: Bias | null;
}

export function emitConvolution(ctx: LowerContext, node: Node, op: Convolution, parts: ConvolutionParts): void {
  const { window, groups, outChannels } = op;
  const { inputQuant, output } = parts;
  const length = parts.data.length / outChannels;
  const reads = ctx.range(parts.input);
  const padded = op.kind === 'convTranspose2d' || window.padTop + window.padBottom + window.padLeft + window.padRight > 0;
  const range = padded ? including(reads, inputQuant.zeroPoint) : reads;
  const channels: Channel[] = [];
  let lostSteps = 0;
  for (let o = 0; o < outChannels; o++) {
    const { channel, lost } = prepareChannel(ctx, node, parts, range, o, length, groups, outChannels);
    channels.push(channel);
    lostSteps = Math.max(lostSteps, lost);
  }
  if (lostSteps > 0.05) {
    ctx.warn(node, 'W401', `its bias is not a multiple of input scale x weight scale: rounding it moves results by up to ${lostSteps.toFixed(2)} output steps`,
      'Store the bias as int32 with scale = input scale x weight scale.');
  }
  const codes = clampCodes(op.clamp, output);
  const plan = planRequant(channels, { zeroPoint: output.zeroPoint, ...codes }, { encodeConstants: true });
  const weights = parts.data.slice();
  const bias = new Int32Array(outChannels);
  channels.forEach((channel, o) => {
    const constant = plan.constants[o];
    if (constant !== null) weights.fill(0, o * length, (o + 1) * length);
    else if (channel.flip) for (let i = o * length; i < (o + 1) * length; i++) weights[i] = -weights[i];
    bias[o] = constant ?? requireInt32(ctx, node, channel);
  });
  const { rounding, multipliers, leftShift, shift, even, exact, zeroPoint, clampMin, clampMax } = plan;
  const requant = { rounding, multipliers, leftShift, shift, even, exact, zeroPoint, clampMin, clampMax };
  const ends = channels.map((channel, o) => {
    const constant = plan.constants[o];
    return [channel.lo, channel.hi].map((acc) => requantiseChannel(constant ?? acc, requant, o));
  });
  const lowered: ConvOp = { kind: op.kind, window, groups, weights, bias, inputZeroPoint: inputQuant.zeroPoint, requant };
  const pixels = op.kind === 'conv2d' ? ctx.source(node.output).shape : ctx.shape(parts.input);
  ctx.emit(node, {
    op: lowered,
    inputs: [parts.input],
    range: { min: Int8Array.from(ends, (e) => Math.min(...e)), max: Int8Array.from(ends, (e) => Math.max(...e)) },
    macs: pixels.h * pixels.w * parts.data.length,
    deviations: plan.deviations,
  });
}

/** The bias, once it is sure that no partial sum leaves int32, in whatever order a kernel takes the taps. */
function requireInt32(ctx: LowerContext, node: Node, channel: Channel): number {
  const most = Math.abs(channel.bias) + 128 * channel.magnitude;
  if (most >= 2 ** 31) {
    ctx.fail(node, 'E405', `its accumulator could reach ${most}, beyond int32`, 'Check the bias and the weights of this layer.');
  }
  return channel.bias;
}

function prepareChannel(
  ctx: LowerContext, node: Node, parts: ConvolutionParts, range: CodeRange, o: number, length: number, groups: number, outChannels: number,
): { channel: Channel; lost: number } {
  const { data, inputQuant, output } = parts;
  const groupIn = range.min.length / groups;
  const firstIn = Math.floor(o / (outChannels / groups)) * groupIn;
  let sum = 0;
  let low = 0;
  let high = 0;
  let least = 127;
  let magnitude = 0;
  for (let i = 0, c = 0; i < length; i++) {
    const w = data[o * length + i];
    sum += w;
    least = Math.min(least, w);
    magnitude += Math.abs(w);
    const a = w * range.min[firstIn + c];
    const b = w * range.max[firstIn + c];
    low += a < b ? a : b;
    high += a < b ? b : a;
    if (++c === groupIn) c = 0;
  }
  const unit = multiply(rational(inputQuant.scale), parts.scales[o]);
  const outputScale = rational(output.scale);
  if (magnitude === 0) {
    // All weights are zero: the result is the quantised bias, whatever the unit of the accumulator.
    const real = parts.bias === null ? integer(0) : realBias(parts.bias.data[o], parts.bias.scales?.[o] ?? null, unit);
    const r = Number(roundHalfEven(divide(real, outputScale)));
    const steps = Math.min(Math.max(r, -1024), 1024);
    return { channel: { scale: integer(1), lo: steps, hi: steps, bias: steps, magnitude: 0, flip: false }, lost: 0 };
  }
  const { units, lost } = biasUnits(parts.bias, o, unit);
  const scale = divide(unit, outputScale);
  const bias = units - inputQuant.zeroPoint * sum;
  // Negating -128 leaves int8: such a channel keeps its weights and takes a negative multiplier.
  const flip = scale.numerator < 0n && (data instanceof Int16Array || least > -128);
  const channel = flip
    ? { scale: negate(scale), lo: -(bias + high), hi: -(bias + low), bias: -bias, magnitude, flip }
    : { scale, lo: bias + low, hi: bias + high, bias, magnitude, flip };
  if (!Number.isFinite(units)) ctx.fail(node, 'E405', `its bias ${o} does not fit int32 in units of input scale x weight scale`);
  return { channel, lost: lost * toNumber(absolute(scale)) };
}

/** The bias in accumulator units, nearest integer, and what was lost, in units. */
function biasUnits(bias: Bias | null, o: number, unit: Rational): { units: number; lost: number } {
  if (bias === null || bias.data[o] === 0) return { units: 0, lost: 0 };
  const exact = divide(realBias(bias.data[o], bias.scales?.[o] ?? null, unit), unit);
  const units = Number(roundHalfEven(exact));
  if (Math.abs(units) > 2 ** 40) return { units: Infinity, lost: 0 };
  return { units, lost: Math.abs(toNumber({ numerator: exact.numerator - BigInt(units) * exact.denominator, denominator: exact.denominator })) };
}
