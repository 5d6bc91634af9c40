/**
 * Softmax over integers (the algorithm of ir/int8-graph.ts): a table of exp(-d * scale) in fixed point, and the
 * requantisation of y, about p * 2^29 for a probability p. With k fraction bits in the table, y is within
 * (channels / 2 + 1) * 2^(29-k) + 2 of the exact value: about channels^2 * 2^-32 + 2^-28 of a probability.
 */

import { divide, integer, multiply, rational, reduce, type Rational } from './rational.js';
import { planRequant, type OutputCodes, type RequantPlan } from './requantise.js';
import { compareSteps, evenSteps, scaleOf, staircase } from './staircase.js';

/** Bits of y's fraction. */
const probabilityBits = 29;
export const softmaxOne = 2 ** probabilityBits;

/** k of softmaxTable. */
export const softmaxTableBits = (channels: number): number => Math.floor(Math.log2((2 ** 31 - 1) / channels));

/** table[d] = exp(-d * scale) * 2^k, k as large as keeps a sum over `channels` entries below 2^31. */
export function softmaxTable(scale: number, channels: number): Uint32Array {
  const bits = softmaxTableBits(channels);
  return Uint32Array.from({ length: 256 }, (_, d) => Math.round(Math.exp(-d * scale) * 2 ** bits));
}

export type SoftmaxRequant = Pick<RequantPlan, 'rounding' | 'leftShift' | 'shift' | 'exact' | 'deviations'> & { readonly multiplier: number };

/** Requantisation of y in [0, 2^29] to probabilities of the given scale. */
export function planSoftmax(outputScale: number, output: OutputCodes): SoftmaxRequant {
  const scale = divide(integer(1), multiply(rational(outputScale), integer(softmaxOne)));
  const dyadic = powerOfTwoForm(reduce(scale), output);
  if (dyadic !== null) return dyadic;
  const plan = planRequant([{ scale, lo: 0, hi: softmaxOne }], output, { encodeConstants: false });
  return { ...plan, multiplier: plan.multipliers[0], exact: plan.exact };
}

/**
 * Scale 2^-j: ties are real there (half of the channels at 1/512 each), and t = y >> dropped keeps them; what is
 * dropped is below y's own error.
 */
function powerOfTwoForm(scale: Rational, output: OutputCodes): SoftmaxRequant | null {
  if (scale.numerator !== 1n) return null;
  const exponent = scale.denominator.toString(2).length - 1;
  if (2n ** BigInt(exponent) !== scale.denominator) return null;
  const shift = Math.min(22, exponent - 1);
  const dropped = exponent - shift;
  // t = floor((y << 1) * 2^(31 - dropped) / 2^32) = y >> dropped; 2^29 << 1 and t + (zp << n) stay in int32.
  const multiplier = 2 ** (31 - dropped);
  const fits = shift >= 1 && dropped >= 1 && dropped <= 31 && softmaxOne / 2 ** dropped + 130 * 2 ** shift < 2 ** 31;
  if (!fits) return null;
  const truth = staircase(scaleOf(scale), 0, softmaxOne, output.clampMin - output.zeroPoint, output.clampMax - output.zeroPoint);
  const { off } = compareSteps(truth, evenSteps(multiplier, 1, shift));
  return { rounding: 'even', multiplier, leftShift: 1, shift, exact: null, deviations: { off, of: softmaxOne + 1 } };
}
