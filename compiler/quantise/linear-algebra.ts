/**
 * Dense linear algebra in double precision; matrices are row-major, n x n. Large ones are taken in blocks, whose products
 * the engine computes in float32: enough for what is damped.
 */

import type { Convolver } from './engine/convolver.js';

/** Rows of a block; smaller matrices are not cut. */
const blockRows = 64;

/** Lower triangle L with L Lt = A, of a symmetric positive definite A; null where it is not. */
export function cholesky(convolver: Convolver, a: Float64Array, n: number): Float64Array | null {
  const l = a.slice();
  for (let from = 0; from < n; from += blockRows) {
    const to = n < 2 * blockRows ? n : Math.min(from + blockRows, n);
    if (!factorBlock(l, n, from, to)) return null;
    if (to < n) reduceRest(convolver, l, n, from, to);
    if (to === n) break;
  }
  for (let i = 0; i < n; i++) l.fill(0, i * n + i + 1, (i + 1) * n);
  return l;
}

/** Columns from..to of the triangle, given that those before are taken off. */
function factorBlock(l: Float64Array, n: number, from: number, to: number): boolean {
  for (let j = from; j < to; j++) {
    const rowJ = j * n;
    for (let i = j; i < n; i++) {
      const rowI = i * n;
      let sum = l[rowI + j];
      for (let k = from; k < j; k++) sum -= l[rowI + k] * l[rowJ + k];
      if (i === j) {
        if (!(sum > 0)) return false;
        l[rowJ + j] = Math.sqrt(sum);
      } else l[rowI + j] = sum / l[rowJ + j];
    }
  }
  return true;
}

/** Takes the products of columns from..to off the rest below and right of them. */
function reduceRest(convolver: Convolver, l: Float64Array, n: number, from: number, to: number): void {
  const [rows, depth] = [n - to, to - from];
  const below = new Float32Array(rows * depth);
  const right = new Float32Array(depth * rows);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < depth; k++) {
      const v = l[(to + i) * n + from + k];
      below[i * depth + k] = v;
      right[k * rows + i] = v;
    }
  const product = convolver.multiply(below, right, rows, depth, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j <= i; j++) l[(to + i) * n + to + j] -= product[i * rows + j];
}

/** The inverse of a lower triangle. */
export function invertLower(convolver: Convolver, l: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let from = 0; from < n; from += blockRows) {
    const to = n < 2 * blockRows ? n : Math.min(from + blockRows, n);
    // Rows from..to: what the rows above contribute, then the block on the diagonal.
    if (from > 0) {
      const rows = to - from;
      const left = new Float32Array(rows * from);
      const above = new Float32Array(from * from);
      for (let i = 0; i < rows; i++) for (let k = 0; k < from; k++) left[i * from + k] = -l[(from + i) * n + k];
      for (let k = 0; k < from; k++) for (let j = 0; j <= k; j++) above[k * from + j] = inverse[k * n + j];
      const product = convolver.multiply(left, above, rows, from, from);
      for (let i = 0; i < rows; i++) for (let j = 0; j < from; j++) inverse[(from + i) * n + j] = product[i * from + j];
    }
    for (let i = from; i < to; i++) {
      const row = i * n;
      for (let k = from; k < i; k++) {
        const factor = l[row + k];
        if (factor === 0) continue;
        for (let j = 0; j <= k; j++) inverse[row + j] -= factor * inverse[k * n + j];
      }
      inverse[row + i] = 1;
      const scale = 1 / l[row + i];
      for (let j = 0; j <= i; j++) inverse[row + j] *= scale;
    }
    if (to === n) break;
  }
  return inverse;
}

/** rows x n times n x n. */
export function timesMatrix(convolver: Convolver, a: Float64Array, b: Float64Array, n: number): Float64Array {
  const rows = a.length / n;
  if (rows * n * n > 4096) return Float64Array.from(convolver.multiply(a, b, rows, n, n));
  const out = new Float64Array(a.length);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      for (let j = 0; j < n; j++) out[i * n + j] += factor * b[k * n + j];
    }
  return out;
}

export function transposed(a: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j * n + i] = a[i * n + j];
  return out;
}
