/** Non-negative least squares: Lawson and Hanson 1974, chapter 23. */

/**
 * x >= 0 that minimises |A x - b|, A given by rows. The normal equations are solved on the active columns; columns are
 * scaled to length 1 first.
 */
export function nonNegativeLeastSquares(rows: readonly (readonly number[])[], b: readonly number[]): number[] {
  const n = rows[0].length;
  const scale = Array.from({ length: n }, (_, j) => Math.sqrt(rows.reduce((s, r) => s + r[j] * r[j], 0)));
  const used = scale.map((s, j) => (s > 0 ? j : -1)).filter((j) => j >= 0);
  const a = rows.map((r) => used.map((j) => r[j] / scale[j]));
  const gram = used.map((_, i) => used.map((__, j) => a.reduce((s, r) => s + r[i] * r[j], 0)));
  const right = used.map((_, i) => a.reduce((s, r, k) => s + r[i] * b[k], 0));
  const passive = new Set<number>();
  let x = used.map(() => 0);
  const gradient = (): number[] => right.map((v, i) => v - gram[i].reduce((s, g, j) => s + g * x[j], 0));
  for (let round = 0; round < 20 * n; round++) {
    const w = gradient();
    const candidates = w.map((v, i) => [v, i] as const).filter(([v, i]) => !passive.has(i) && v > 1e-10);
    if (candidates.length === 0) break;
    const [, entering] = candidates.reduce((best, c) => (c[0] > best[0] ? c : best));
    passive.add(entering);
    for (;;) {
      const active = [...passive].sort((p, q) => p - q);
      const z = solve(
        active.map((i) => active.map((j) => gram[i][j] + (i === j ? 1e-9 : 0))),
        active.map((i) => right[i]),
      );
      if (z.every((v) => v > 1e-12)) {
        x = used.map(() => 0);
        active.forEach((i, k) => {
          x[i] = z[k];
        });
        break;
      }
      let step = 1;
      active.forEach((i, k) => {
        if (z[k] <= 1e-12) step = Math.min(step, x[i] / (x[i] - z[k] || 1));
      });
      active.forEach((i, k) => {
        x[i] += step * (z[k] - x[i]);
      });
      for (const i of active) if (x[i] <= 1e-12) passive.delete(i);
      if (passive.size === 0) break;
    }
  }
  const result = new Array<number>(n).fill(0);
  used.forEach((j, i) => {
    result[j] = x[i] / scale[j];
  });
  return result;
}

/** Gaussian elimination with row pivoting. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const m = matrix.map((row, i) => [...row, right[i]]);
  const n = m.length;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(m[r][c]) > Math.abs(m[pivot][c])) pivot = r;
    [m[c], m[pivot]] = [m[pivot], m[c]];
    for (let r = c + 1; r < n; r++) {
      const f = m[r][c] / m[c][c];
      for (let k = c; k <= n; k++) m[r][k] -= f * m[c][k];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let r = n - 1; r >= 0; r--) {
    x[r] = (m[r][n] - m[r].slice(r + 1, n).reduce((s, v, k) => s + v * x[r + 1 + k], 0)) / m[r][r];
  }
  return x;
}
