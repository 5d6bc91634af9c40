/**
 * Rounds the weights of a convolution one after the other, each rounding's error made good by the weights that are still
 * free (GPTQ, Frantar et al. 2022): with H the covariance of what the convolution reads, the error of the outputs
 * (w - q)t H (w - q) is least squares, and the Cholesky factor of H's inverse says how.
 */

import { cholesky, invertLower, solveCholesky } from './linear-algebra.js';
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
export function planRounding(m: Moments, damping: number): RoundingPlan | null {
  const { size: n, covariance } = m;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => covariance[b * n + b] - covariance[a * n + a] || a - b,
  );
  // The upper factor of the inverse: with the order reversed, the inverse of a lower factor, reversed back.
  const lower = factor(m, damping, (i) => order[n - 1 - i]);
  if (lower === null) return null;
  const inverse = invertLower(lower, n);
  const upper = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) upper[i * n + j] = inverse[(n - 1 - i) * n + (n - 1 - j)];
  return { size: n, order, upper };
}

/** Cholesky factor of the damped covariance, its rows and columns in another order. */
function factor(
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
  return cholesky(damped, n);
}

/** Cholesky factor of the damped covariance; null: no correction. */
export const planCorrection = (m: Moments, damping: number): Float64Array | null =>
  Number.isFinite(damping) ? factor(m, damping, (i) => i) : null;

/** w + w D (H + damping)^-1: the real weights whose outputs on quantised reads are closest to the float network's. */
export function correctedTarget(plan: Float64Array, m: Moments, w: Float64Array): Float64Array {
  const n = m.size;
  const shift = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const wi = w[i];
    if (wi === 0) continue;
    for (let j = 0; j < n; j++) shift[j] += wi * m.cross[i * n + j];
  }
  solveCholesky(plan, n, shift);
  return w.map((v, i) => v + shift[i]);
}

/** By how much corrected weights lower the mean squared error of their output on other samples. */
export function correctionGain(judge: Moments, w: Float64Array, corrected: Float64Array): number {
  const n = judge.size;
  const shift = corrected.map((v, i) => v - w[i]);
  let gain = 0;
  for (let i = 0; i < n; i++) {
    let cross = 0;
    let own = 0;
    for (let j = 0; j < n; j++) {
      cross += judge.cross[i * n + j] * shift[j];
      own += judge.covariance[i * n + j] * shift[j];
    }
    gain += 2 * w[i] * cross - shift[i] * own;
  }
  return gain;
}

/** Integer weights for the target, in [-127, 127]. */
export function roundSequentially(plan: RoundingPlan, target: Float64Array, scale: number): Int8Array {
  const { size: n, order, upper } = plan;
  const w = Float64Array.from(order, (at) => target[at] / scale);
  const codes = new Int8Array(n);
  for (let i = 0; i < n; i++) {
    const q = Math.max(-127, Math.min(127, Math.round(w[i])));
    codes[order[i]] = q;
    const error = (w[i] - q) / upper[i * n + i];
    if (error === 0) continue;
    const row = i * n;
    for (let j = i + 1; j < n; j++) w[j] -= error * upper[row + j];
  }
  return codes;
}
