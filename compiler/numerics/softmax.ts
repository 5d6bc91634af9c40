/**
 * Softmax over integers (the algorithm of ir/int8-graph.ts): a table of exp(-d * scale) in fixed point, and the
 * requantisation of y, about p * 2^29 for a probability p. With k fraction bits in the table, y is within
 * (channels / 2 + 1) * 2^(29-k) + 2 of the exact value: about channels^2 * 2^-32 + 2^-28 of a probability.
 */

import { divide, integer, rational } from './rational.js';
import { planRequant, type OutputCodes, type RequantPlan } from './requantise.js';
import { compareSteps, evenSteps, scaleOf, staircase } from './staircase.js';

/** Bits of y's fraction. */
const probabilityBits = 29;
export const softmaxOne = 2 ** probabilityBits;
/** Channels at most: that many small entries, each rounded to nothing, are up to 1/256 of a probability. */
export const softmaxChannels = 4096;

/** k of softmaxTable. */
export const softmaxTableBits = (channels: number): number => Math.floor(Math.log2((2 ** 31 - 1) / channels));

/** table[d] = exp(-d * scale) * 2^k, k as large as keeps a sum over `channels` entries below 2^31. */
export function softmaxTable(scale: number, channels: number): Uint32Array {
  const bits = softmaxTableBits(channels);
  return Uint32Array.from({ length: 256 }, (_, d) => Math.round(Math.exp(-d * scale) * 2 ** bits));
}

export type SoftmaxRequant = Pick<RequantPlan, 'rounding' | 'leftShift' | 'shift' | 'exact' | 'deviations'> & {
  readonly multiplier: number;
};

/**
 * Output steps of a probability of 1: a whole number, floor(1 / scale) in float32, as ONNX Runtime's kernel has it (254
 * for the 1 / 255 that its own quantiser writes). Null for scales above 1, which have no whole step.
 */
export function stepsOfOne(outputScale: number): number | null {
  const steps = Math.floor(Math.fround(1 / outputScale));
  return steps >= 1 ? steps : null;
}

/** Whether a probability of 1 is that many steps exactly, but for float32's rounding of the scale. */
export const isWholeSteps = (outputScale: number): boolean =>
  stepsOfOne(outputScale) === null || Math.abs(1 / outputScale - stepsOfOne(outputScale)!) < 1e-3;

/** Requantisation of y in [0, 2^29] to probabilities of the given scale. */
export function planSoftmax(outputScale: number, output: OutputCodes): SoftmaxRequant {
  const steps = stepsOfOne(outputScale);
  if (steps !== null) {
    const dyadic = dyadicForm(steps, output);
    if (dyadic !== null) return dyadic;
  }
  const one = steps === null ? divide(integer(1), rational(outputScale)) : integer(steps);
  const plan = planRequant([{ scale: divide(one, integer(softmaxOne)), lo: 0, hi: softmaxOne }], output, {
    encodeConstants: false,
  });
  return { ...plan, multiplier: plan.multipliers[0], exact: plan.exact };
}

/**
 * Scale steps / 2^29: ties are real there (half of the channels at 1/512 each), and t = y * steps >> dropped keeps
 * them; what is dropped is below y's own error.
 */
function dyadicForm(steps: number, output: OutputCodes): SoftmaxRequant | null {
  const bits = Math.ceil(Math.log2(steps + 1));
  const shift = Math.min(22, probabilityBits - bits);
  const dropped = probabilityBits - shift;
  // t = floor((y << 1) * steps * 2^(31 - dropped) / 2^32); 2^29 << 1 and t + (zp << n) stay in int32.
  const multiplier = steps * 2 ** (31 - dropped);
  const fits = shift >= 1 && (softmaxOne * steps) / 2 ** dropped + 130 * 2 ** shift < 2 ** 31;
  if (!fits) return null;
  const scale = scaleOf({ numerator: BigInt(steps), denominator: BigInt(softmaxOne) });
  const truth = staircase(scale, 0, softmaxOne, output.clampMin - output.zeroPoint, output.clampMax - output.zeroPoint);
  const { off } = compareSteps(truth, evenSteps(multiplier, 1, shift));
  return { rounding: 'even', multiplier, leftShift: 1, shift, exact: null, deviations: { off, of: softmaxOne + 1 } };
}
