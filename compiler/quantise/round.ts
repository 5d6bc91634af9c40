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
  /** Rows of the upper Cholesky factor of H's inverse, in that order, or null where nothing varies. */
  readonly upper: Float64Array;
  /** Cholesky factor of the covariance damped for the correction of the target, in the weights' own order. */
  readonly correction: Float64Array | null;
}

/** Damping relative to the mean variance. */
export interface Damping {
  readonly rounding: number;
  /** Infinite: the target is the float weight. */
  readonly target: number;
}

export function planRounding(m: Moments, damping: Damping): RoundingPlan | null {
  const { size: n, covariance } = m;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += covariance[i * n + i];
  if (!(trace > 0)) return null;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => covariance[b * n + b] - covariance[a * n + a] || a - b,
  );
  const damped = (by: number, position: (i: number) => number): Float64Array => {
    const h = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      const row = position(i) * n;
      for (let j = 0; j < n; j++) h[i * n + j] = covariance[row + position(j)];
      h[i * n + i] += (by * trace) / n;
    }
    return h;
  };
  // The upper factor of the inverse: with the order reversed, the inverse of a lower factor, reversed back.
  const lower = cholesky(
    damped(damping.rounding, (i) => order[n - 1 - i]),
    n,
  );
  if (lower === null) return null;
  const inverse = invertLower(lower, n);
  const upper = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) upper[i * n + j] = inverse[(n - 1 - i) * n + (n - 1 - j)];
  const correction = Number.isFinite(damping.target)
    ? cholesky(
        damped(damping.target, (i) => i),
        n,
      )
    : null;
  return { size: n, order, upper, correction };
}

/** w + w D (H + damping)^-1: the real weights whose outputs on quantised reads are closest to the float network's. */
export function correctedTarget(plan: RoundingPlan, m: Moments, w: Float64Array): Float64Array {
  const n = plan.size;
  if (plan.correction === null) return w;
  const shift = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const wi = w[i];
    if (wi === 0) continue;
    for (let j = 0; j < n; j++) shift[j] += wi * m.cross[i * n + j];
  }
  solveCholesky(plan.correction, n, shift);
  return w.map((v, i) => v + shift[i]);
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
