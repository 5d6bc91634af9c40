/** Small dense linear algebra in double precision; matrices are row-major, n x n. */

/** Lower triangle L with L Lt = A, of a symmetric positive definite A; null where it is not. */
export function cholesky(a: Float64Array, n: number): Float64Array | null {
  const l = a.slice();
  for (let j = 0; j < n; j++) {
    const rowJ = j * n;
    for (let i = j; i < n; i++) {
      const rowI = i * n;
      let sum = l[rowI + j];
      for (let k = 0; k < j; k++) sum -= l[rowI + k] * l[rowJ + k];
      if (i === j) {
        if (!(sum > 0)) return null;
        l[rowJ + j] = Math.sqrt(sum);
      } else l[rowI + j] = sum / l[rowJ + j];
    }
  }
  for (let i = 0; i < n; i++) l.fill(0, i * n + i + 1, (i + 1) * n);
  return l;
}

/** The inverse of a lower triangle. */
export function invertLower(l: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let k = 0; k < i; k++) {
      const factor = l[row + k];
      if (factor === 0) continue;
      for (let j = 0; j <= k; j++) inverse[row + j] -= factor * inverse[k * n + j];
    }
    inverse[row + i] = 1;
    const scale = 1 / l[row + i];
    for (let j = 0; j <= i; j++) inverse[row + j] *= scale;
  }
  return inverse;
}

/** Solves L Lt x = b in place. */
export function solveCholesky(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[i * n + k] * b[k];
    b[i] = sum / l[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    const x = b[i] / l[i * n + i];
    b[i] = x;
    for (let k = 0; k < i; k++) b[k] -= l[i * n + k] * x;
  }
}
