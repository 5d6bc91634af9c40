/** Products of matrices in doubles, in blocks that stay in registers. */

/** Rows of weights, one for each output channel, padded to whole blocks. */
export interface PackedRows {
  /** [rows rounded up to a multiple of blockRows][depth] */
  readonly data: Float64Array;
  readonly rows: number;
  readonly depth: number;
}

const blockRows = 4;

/** Weights [rows][depth] for `multiply`. */
export function packRows(weights: Float32Array, rows: number, depth: number): PackedRows {
  const data = new Float64Array(Math.ceil(rows / blockRows) * blockRows * depth);
  data.set(weights);
  return { data, rows, depth };
}

/**
 * out[p * stride + first + n] = start[n] + sum over k of a[p][k] * b[n][k], for `pixels` rows of `a`; `a` has an even
 * number of rows allocated.
 */
export function multiply(
  a: Float64Array,
  pixels: number,
  b: PackedRows,
  start: Float64Array | null,
  out: Float32Array,
  outAt: number,
  stride: number,
): void {
  const { rows, depth } = b;
  const w = b.data;
  for (let n = 0; n < rows; n += blockRows) {
    const [w0, w1, w2, w3] = [n * depth, (n + 1) * depth, (n + 2) * depth, (n + 3) * depth];
    const columns = Math.min(blockRows, rows - n);
    const [s0, s1, s2, s3] = start === null ? [0, 0, 0, 0] : [start[n], start[n + 1], start[n + 2], start[n + 3]];
    for (let p = 0; p < pixels; p += 2) {
      let [c00, c01, c02, c03] = [s0, s1, s2, s3];
      let [c10, c11, c12, c13] = [s0, s1, s2, s3];
      const [a0, a1] = [p * depth, (p + 1) * depth];
      for (let k = 0; k < depth; k++) {
        const [x0, x1] = [a[a0 + k], a[a1 + k]];
        const [v0, v1, v2, v3] = [w[w0 + k], w[w1 + k], w[w2 + k], w[w3 + k]];
        c00 += x0 * v0;
        c01 += x0 * v1;
        c02 += x0 * v2;
        c03 += x0 * v3;
        c10 += x1 * v0;
        c11 += x1 * v1;
        c12 += x1 * v2;
        c13 += x1 * v3;
      }
      const at = outAt + p * stride + n;
      out[at] = c00;
      if (columns > 1) out[at + 1] = c01;
      if (columns > 2) out[at + 2] = c02;
      if (columns > 3) out[at + 3] = c03;
      if (p + 1 === pixels) continue;
      out[at + stride] = c10;
      if (columns > 1) out[at + stride + 1] = c11;
      if (columns > 2) out[at + stride + 2] = c12;
      if (columns > 3) out[at + stride + 3] = c13;
    }
  }
}
