/** Linear resize of the integer program. */

import { requantise } from '../../numerics/apply.js';
import type { Requant, ResizeOp } from '../../ir/int8-graph.js';
import { elements, type Shape } from '../../ir/tensor.js';

/** acc = sum over the four neighbours of (x - zero point) * row weight * column weight, in int32. */
export function resizeLinear(op: ResizeOp, requant: Requant, x: Int8Array, input: Shape, output: Shape): Int8Array {
  const out = new Int8Array(elements(output));
  const at = (y: number, col: number, c: number): number => x[(y * input.w + col) * input.c + c] - op.inputZeroPoint;
  let to = 0;
  for (let y = 0; y < output.h; y++) {
    const y0 = op.rows.index0[y];
    const y1 = op.rows.index1[y];
    const wy1 = op.rows.weight1[y];
    const wy0 = op.rows.denominator - wy1;
    for (let col = 0; col < output.w; col++) {
      const x0 = op.columns.index0[col];
      const x1 = op.columns.index1[col];
      const wx1 = op.columns.weight1[col];
      const wx0 = op.columns.denominator - wx1;
      for (let c = 0; c < output.c; c++) {
        const top = at(y0, x0, c) * wx0 + at(y0, x1, c) * wx1;
        const bottom = at(y1, x0, c) * wx0 + at(y1, x1, c) * wx1;
        out[to++] = requantise(top * wy0 + bottom * wy1, requant);
      }
    }
  }
  return out;
}
