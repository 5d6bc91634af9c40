/**
 * LogSoftmax over integers (the algorithm of ir/int8-graph.ts). With d = max(x) - x[c] in input steps and S the sum of
 * exp(-d * inputScale), an output is u = (d * inputScale + ln S) / outputScale steps below zero: all of it in fixed
 * point of `shift` fraction bits, ln S by a logarithm to 26 bits. u is within d * 2^-(shift + 1) + 2^-shift of the
 * exact value, beside what the table of exponentials brings into S (numerics/softmax.ts).
 */

/** Fraction bits of the logarithm. */
export const logBits = 26;

/** Fixed point of a LogSoftmax. */
export interface LogSoftmaxForm {
  /** Distances beyond it saturate. */
  readonly farthest: number;
  readonly stepMultiplier: number;
  readonly logMultiplier: number;
  readonly logShift: number;
  readonly logLimit: number;
  readonly shift: number;
}

/** From here on every code is the lowest. */
const saturatedSteps = 256;

/** Scales positive and finite; t = min(d, farthest) * stepMultiplier + min(ln S, logLimit), and half a step, stay below 2^31. */
export function planLogSoftmax(inputScale: number, outputScale: number, channels: number): LogSoftmaxForm {
  const step = Math.min(inputScale / outputScale, saturatedSteps + 1);
  const farthest = Math.min(255, Math.ceil(saturatedSteps / step));
  const mostLog = Math.min(saturatedSteps, Math.log(channels) / outputScale);
  const shift = Math.floor(Math.log2((2 ** 31 - 1) / (farthest * step + mostLog + 2)));
  const factor = (Math.LN2 / outputScale) * 2 ** (shift - logBits);
  // A factor too large for its 31 bits belongs to scales whose every sum saturates.
  const logShift = Math.max(1, Math.min(62, 30 - Math.floor(Math.log2(factor))));
  return {
    farthest,
    stepMultiplier: Math.round(step * 2 ** shift),
    logMultiplier: Math.min(2 ** 31, Math.round(factor * 2 ** logShift)),
    logShift,
    logLimit: Math.ceil(mostLog * 2 ** shift) + 1,
    shift,
  };
}

/**
 * Values of t that may be rounded otherwise than the exact sum, at most, and how many there are: those within t's own
 * error of the edge between two codes.
 */
export function logSoftmaxDeviations(form: LogSoftmaxForm): { readonly off: number; readonly of: number } {
  const most = form.farthest * form.stepMultiplier + form.logLimit;
  const edges = Math.min(saturatedSteps, Math.ceil(most / 2 ** form.shift));
  return { off: Math.min(most, edges * (form.farthest + 4)), of: most + 1 };
}

/** floor(log2(x) * 2^26) for x in [1, 2^32), but for the last bit: a bit for each squaring. */
export function log2Fixed(x: number): number {
  const leading = Math.clz32(x);
  let log = BigInt(31 - leading);
  let mantissa = BigInt(x) << BigInt(leading);
  for (let k = 0; k < logBits; k++) {
    const square = (mantissa * mantissa) >> 31n;
    const bit = square >> 32n;
    log = (log << 1n) | bit;
    mantissa = square >> bit;
  }
  return Number(log);
}
