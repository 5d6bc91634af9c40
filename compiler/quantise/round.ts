/**
 * Rounds the weights of a convolution one after the other, each rounding's error made good by the weights that are still
 * free (GPTQ, Frantar et al. 2022): with H the covariance of what the convolution reads, the error of the outputs
 * (w - q)t H (w - q) is least squares, and the Cholesky factor of H's inverse says how. Weights of a group's output
 * channels are rows of a matrix.
 */

import type { Convolver } from './engine/convolver.js';
import { cholesky, invertLower, timesMatrix, transposed } from './linear-algebra.js';
import type { Moments } from './moments.js';

/** What is shared by the output channels of one group. */
export interface RoundingPlan {
  readonly size: number;
  /** Position i is weight order[i]: those that matter most are rounded first. */
  readonly order: Int32Array;
  /** Rows of the upper Cholesky factor of H's inverse, in that order. */
  readonly upper: Float64Array;
}

/** `damping`: relative to the mean variance. Null where nothing varies. */
export function planRounding(convolver: Convolver, m: Moments, damping: number): RoundingPlan | null {
  const { size: n, covariance } = m;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => covariance[b * n + b] - covariance[a * n + a] || a - b,
  );
  // The upper factor of the inverse: with the order reversed, the inverse of a lower factor, reversed back.
  const lower = factor(convolver, m, damping, (i) => order[n - 1 - i]);
  if (lower === null) return null;
  const inverse = invertLower(convolver, lower, n);
  const upper = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) upper[i * n + j] = inverse[(n - 1 - i) * n + (n - 1 - j)];
  return { size: n, order, upper };
}

/** Cholesky factor of the damped covariance, its rows and columns in another order. */
function factor(
  convolver: Convolver,
  { size: n, covariance }: Moments,
  damping: number,
  position: (i: number) => number,
): Float64Array | null {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += covariance[i * n + i];
  if (!(trace > 0)) return null;
  const damped = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = position(i) * n;
    for (let j = 0; j < n; j++) damped[i * n + j] = covariance[row + position(j)];
    damped[i * n + i] += (damping * trace) / n;
  }
  return cholesky(convolver, damped, n);
}

/**
 * By damping: W + W D (H + damping)^-1, the real weights whose outputs on quantised reads are closest to the float
 * network's. W itself with an infinite damping.
 */
export function correction(convolver: Convolver, m: Moments, weights: Float64Array): (damping: number) => Float64Array {
  const n = m.size;
  let pulled: Float64Array | null = null;
  return (damping) => {
    const lower = Number.isFinite(damping) ? factor(convolver, m, damping, (i) => i) : null;
    if (lower === null) return weights;
    const inverse = invertLower(convolver, lower, n);
    pulled ??= timesMatrix(convolver, weights, m.cross, n);
    const shift = timesMatrix(convolver, timesMatrix(convolver, pulled, transposed(inverse, n), n), inverse, n);
    return weights.map((v, i) => v + shift[i]);
  };
}

/** By how much corrected weights lower the squared error of their outputs on other samples. */
export function correctionGain(
  convolver: Convolver,
  judge: Moments,
  weights: Float64Array,
): (corrected: Float64Array) => number {
  const pulled = timesMatrix(convolver, weights, judge.cross, judge.size);
  return (corrected) => {
    const shift = corrected.map((v, i) => v - weights[i]);
    const own = timesMatrix(convolver, shift, judge.covariance, judge.size);
    let gain = 0;
    for (let i = 0; i < shift.length; i++) gain += shift[i] * (2 * pulled[i] - own[i]);
    return gain;
  };
}

/** Positions that are rounded before the rest hears of their errors. */
const blockSize = 64;

/** Integer weights for the targets, in [-127, 127]; one scale a row. */
export function roundSequentially(
  convolver: Convolver,
  plan: RoundingPlan,
  targets: Float64Array,
  scales: ArrayLike<number>,
): Int8Array {
  const { size: n, order, upper } = plan;
  const rows = targets.length / n;
  const w = new Float64Array(rows * n);
  for (let r = 0; r < rows; r++) for (let i = 0; i < n; i++) w[r * n + i] = targets[r * n + order[i]] / scales[r];
  const codes = new Int8Array(rows * n);
  for (let from = 0; from < n; from += blockSize) {
    const to = Math.min(from + blockSize, n);
    const width = to - from;
    const errors = new Float32Array(rows * width);
    for (let r = 0; r < rows; r++) {
      const row = r * n;
      for (let i = from; i < to; i++) {
        const q = Math.max(-127, Math.min(127, Math.round(w[row + i])));
        codes[row + order[i]] = q;
        const error = (w[row + i] - q) / upper[i * n + i];
        errors[r * width + i - from] = error;
        if (error !== 0) for (let j = i + 1; j < to; j++) w[row + j] -= error * upper[i * n + j];
      }
    }
    const rest = n - to;
    if (rest === 0) break;
    const factors = new Float32Array(width * rest);
    for (let i = 0; i < width; i++)
      for (let j = 0; j < rest; j++) factors[i * rest + j] = upper[(from + i) * n + to + j];
    const moved = convolver.multiply(errors, factors, rows, width, rest);
    for (let r = 0; r < rows; r++) for (let j = 0; j < rest; j++) w[r * n + to + j] -= moved[r * rest + j];
  }
  return codes;
}
