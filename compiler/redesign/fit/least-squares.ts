/**
 * Weights of one linear layer by ridge regression towards those that it has: they minimise the mean squared error of
 * its clamped results plus damping x |w - w0|^2. Where the wanted result stands at a bound of the clamp, whatever lies
 * beyond the bound is no error. The damping is the one that serves rows best that nothing was fitted to; normal
 * equations are summed in double precision.
 */

import type { Clamp } from '../../ir/graph.js';
import type { Convolver } from '../../quantise/engine/convolver.js';
import { cholesky, invertLower, timesMatrix } from '../../quantise/linear-algebra.js';

/** Rows x `size` reads, and rows x `outputs` wanted results. */
export interface Regression {
  readonly size: number;
  readonly outputs: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The first rows are fitted to, the others judge. */
  readonly fittedRows: number;
  readonly rows: number;
}

export interface Linear {
  /** outputs x size. */
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** Relative to the mean variance of the reads, largest first: each fit begins where the one before ended. */
export const dampings = [0.3, 0.03, 0.003, 0.0003] as const;
/** Passes over the rows, for each of which those beyond a bound are found anew. */
const passes = 6;
/** Likewise where every pass solves for the rows that count, which it does for one output of at most so many reads. */
const [exactPasses, mostExact] = [2, 64];
/** Rows whose products are summed in single precision before they join the sums in double. */
const chunkRows = 256;

/** What is missing: the wanted result less the clamped one. */
function missing(pred: number, wanted: number, { min, max }: Clamp): number {
  if (wanted <= min) return pred > min ? min - pred : 0;
  if (wanted >= max) return pred < max ? max - pred : 0;
  return wanted - pred;
}

/** By damping: weights, and squared error over the judging rows; the first entry is the layer as it was. */
export interface Attempt {
  readonly linear: Linear;
  readonly judgedError: number;
}

export function ridgeAttempts(
  convolver: Convolver,
  regression: Regression,
  start: Linear,
  clamp: Clamp,
): readonly Attempt[] {
  return new Ridge(convolver, regression, start, clamp).attempts();
}

class Ridge {
  readonly #convolver: Convolver;
  readonly #r: Regression;
  readonly #start: Linear;
  readonly #clamp: Clamp;
  readonly #mean: Float64Array;
  /** The reads less their mean over the rows that are fitted to. */
  readonly #x: Float32Array;

  constructor(convolver: Convolver, regression: Regression, start: Linear, clamp: Clamp) {
    this.#convolver = convolver;
    this.#r = regression;
    this.#start = start;
    this.#clamp = clamp;
    const { size: n, fittedRows, rows, x } = regression;
    this.#mean = new Float64Array(n);
    for (let i = 0, at = 0; i < fittedRows; i++) for (let k = 0; k < n; k++) this.#mean[k] += x[at++];
    for (let k = 0; k < n; k++) this.#mean[k] /= fittedRows;
    this.#x = new Float32Array(rows * n);
    for (let i = 0, at = 0; i < rows; i++) for (let k = 0; k < n; k++, at++) this.#x[at] = x[at] - this.#mean[k];
  }

  attempts(): readonly Attempt[] {
    const { size: n, outputs: m, fittedRows } = this.#r;
    const covariance = this.#product(this.#x, n, this.#x, n, fittedRows);
    let trace = 0;
    for (let k = 0; k < n; k++) trace += covariance[k * n + k];
    const weights = this.#start.weights.slice();
    // The bias of the centred reads.
    const bias = this.#start.bias.map((b, o) => {
      let sum = b;
      for (let k = 0; k < n; k++) sum += weights[o * n + k] * this.#mean[k];
      return sum;
    });
    const startBias = bias[0];
    const found: Attempt[] = [this.#attempt(weights, bias)];
    if (!(trace > 0)) return found;
    const isClamped = this.#clamp.min > -Infinity || this.#clamp.max < Infinity;
    for (const damping of dampings) {
      const ridge = (damping * trace) / n;
      if (isClamped && m === 1 && n <= mostExact) {
        for (let pass = 0; pass < exactPasses; pass++) this.#solveCounting(weights, bias, startBias, ridge);
        found.push(this.#attempt(weights, bias));
        continue;
      }
      const inverse = this.#inverse(covariance, ridge);
      if (inverse === null) break;
      for (let pass = 0; pass < (isClamped ? passes : 1); pass++) {
        const residual = this.#residual(weights, bias, 0, fittedRows);
        const pulled = this.#product(residual, m, this.#x, n, fittedRows);
        for (let o = 0; o < m; o++) {
          let shift = 0;
          for (let i = o; i < residual.length; i += m) shift += residual[i];
          bias[o] += shift / fittedRows;
          for (let k = 0; k < n; k++)
            pulled[o * n + k] -= ridge * (weights[o * n + k] - this.#start.weights[o * n + k]);
        }
        const step = timesMatrix(this.#convolver, pulled, inverse, n);
        for (let i = 0; i < step.length; i++) weights[i] += step[i];
      }
      found.push(this.#attempt(weights, bias));
    }
    return found;
  }

  /** Of one output: ridge regression over the rows that count with the weights as they are; changes them. */
  #solveCounting(weights: Float64Array, bias: Float64Array, startBias: number, ridge: number): void {
    const { size: n, fittedRows, y } = this.#r;
    const { min, max } = this.#clamp;
    const start = this.#start.weights;
    const x = this.#x;
    const size = n + 1;
    const normal = new Float64Array(size * size);
    const right = new Float64Array(size);
    const row = new Float64Array(size).fill(1);
    for (let i = 0, at = 0; i < fittedRows; i++, at += n) {
      let [now, before] = [bias[0], startBias];
      for (let k = 0; k < n; k++) {
        const v = x[at + k];
        now += weights[k] * v;
        before += start[k] * v;
      }
      const wanted = y[i] <= min ? min : y[i] >= max ? max : y[i];
      if ((wanted === min && now <= min) || (wanted === max && now >= max)) continue;
      for (let k = 0; k < n; k++) row[k] = x[at + k];
      const error = wanted - before;
      for (let j = 0; j < size; j++) {
        const v = row[j];
        right[j] += v * error;
        for (let k = 0; k <= j; k++) normal[j * size + k] += v * row[k];
      }
    }
    for (let j = 0; j < size; j++) {
      for (let k = 0; k < j; k++) normal[k * size + j] = normal[j * size + k];
      // The bias alone is free; a channel that no row asks for stays.
      normal[j * size + j] += fittedRows * (j < n ? ridge : 1e-9 * ridge);
    }
    const lower = cholesky(this.#convolver, normal, size);
    if (lower === null) return;
    const step = solved(lower, right, size);
    for (let k = 0; k < n; k++) weights[k] = start[k] + step[k];
    bias[0] = startBias + step[n];
  }

  #inverse(covariance: Float64Array, ridge: number): Float64Array | null {
    const n = this.#r.size;
    const damped = covariance.slice();
    for (let k = 0; k < n; k++) damped[k * n + k] += ridge;
    const lower = cholesky(this.#convolver, damped, n);
    if (lower === null) return null;
    const l = invertLower(this.#convolver, lower, n);
    return this.#product(Float32Array.from(l), n, Float32Array.from(l), n, n, 1);
  }

  /** at * b over rows, divided by their number unless said otherwise. */
  #product(a: Float32Array, m: number, b: Float32Array, n: number, rows: number, divisor = rows): Float64Array {
    const sum = new Float64Array(m * n);
    for (let from = 0; from < rows; from += chunkRows) {
      const to = Math.min(from + chunkRows, rows);
      const part = this.#convolver.crossProduct(a.subarray(from * m, to * m), b.subarray(from * n, to * n), to - from);
      for (let i = 0; i < sum.length; i++) sum[i] += part[i];
    }
    for (let i = 0; i < sum.length; i++) sum[i] /= divisor;
    return sum;
  }

  #residual(weights: Float64Array, bias: Float64Array, from: number, to: number): Float32Array {
    const { size: n, outputs: m, y } = this.#r;
    const across = new Float32Array(n * m);
    for (let o = 0; o < m; o++) for (let k = 0; k < n; k++) across[k * m + o] = weights[o * n + k];
    const x = this.#x.subarray(from * n, to * n);
    const pred = this.#convolver.multiply(x, across, to - from, n, m);
    const residual = new Float32Array((to - from) * m);
    for (let i = 0, o = 0, at = from * m; i < residual.length; i++, at++) {
      residual[i] = missing(pred[i] + bias[o], y[at], this.#clamp);
      if (++o === m) o = 0;
    }
    return residual;
  }

  #attempt(weights: Float64Array, bias: Float64Array): Attempt {
    const { size: n, fittedRows, rows } = this.#r;
    const residual = this.#residual(weights, bias, fittedRows, rows);
    let judgedError = 0;
    for (const e of residual) judgedError += e * e;
    const own = bias.map((b, o) => {
      let sum = b;
      for (let k = 0; k < n; k++) sum -= weights[o * n + k] * this.#mean[k];
      return sum;
    });
    return { linear: { weights: weights.slice(), bias: own }, judgedError };
  }
}

/** x with L Lt x = b. */
function solved(lower: Float64Array, b: Float64Array, n: number): Float64Array {
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i * n + k] * x[k];
    x[i] /= lower[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= lower[k * n + i] * x[k];
    x[i] /= lower[i * n + i];
  }
  return x;
}
