/** Linear resize of the integer program. */

import type { LinearResize, ResizeOp } from '../../ir/int8-graph.js';
import { elements, type Shape } from '../../ir/tensor.js';
import { linearCode, linearCodeInFloat32, type Float32Resize } from '../../numerics/resize.js';

/** Integers where they are sure of the result, float32 elsewhere. */
export function resizeLinear(op: ResizeOp, linear: LinearResize, x: Int8Array, input: Shape, output: Shape): Int8Array {
  const { rows, columns, inputZeroPoint: zero } = op;
  const weight = rows.denominator * columns.denominator;
  return resized(op, x, input, output, (codes, y, column) => {
    const wy1 = rows.weight1[y];
    const wx1 = columns.weight1[column];
    const wx0 = columns.denominator - wx1;
    const top = (codes[0] - zero) * wx0 + (codes[1] - zero) * wx1;
    const bottom = (codes[2] - zero) * wx0 + (codes[3] - zero) * wx1;
    const sure = linearCode(top * (rows.denominator - wy1) + bottom * wy1, weight, linear);
    return sure ?? linearCodeInFloat32(codes, rows.float1[y], columns.float1[column], zero, linear);
  });
}

/** What linear resizing means: float32 everywhere. */
export function resizeLinearInFloat32(
  op: Pick<ResizeOp, 'rows' | 'columns' | 'inputZeroPoint'>,
  linear: Float32Resize,
  x: Int8Array,
  input: Shape,
  output: Shape,
): Int8Array {
  return resized(op, x, input, output, (codes, y, column) =>
    linearCodeInFloat32(codes, op.rows.float1[y], op.columns.float1[column], op.inputZeroPoint, linear),
  );
}

/** `code` gets the codes of the top left, top right, bottom left and bottom right neighbour. */
function resized(
  { rows, columns }: Pick<ResizeOp, 'rows' | 'columns'>,
  x: Int8Array,
  input: Shape,
  output: Shape,
  code: (codes: readonly number[], y: number, column: number) => number,
): Int8Array {
  const out = new Int8Array(elements(output));
  const at = (y: number, column: number, c: number): number => x[(y * input.w + column) * input.c + c];
  let to = 0;
  for (let y = 0; y < output.h; y++) {
    const [y0, y1] = [rows.index0[y], rows.index1[y]];
    for (let column = 0; column < output.w; column++) {
      const [x0, x1] = [columns.index0[column], columns.index1[column]];
      for (let c = 0; c < output.c; c++)
        out[to++] = code([at(y0, x0, c), at(y0, x1, c), at(y1, x0, c), at(y1, x1, c)], y, column);
    }
  }
  return out;
}
