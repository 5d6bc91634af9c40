import type { ResizeAxis } from '../graph.js';
import type { Requant } from '../requant.js';
import { extremes, type Operator, positionwise } from './operator.js';

/**
 * nearest: a copy by index; `linear` is null.
 *
 * linear: ONNX Runtime's float32 arithmetic. With float1 the weights of the second row and column, float0 = 1 - float1,
 * every operation rounded to float32:
 *
 *   v = ((w00 * a + w01 * b) + w10 * c) + w11 * d    of the top left, top right, bottom left, bottom right neighbour,
 *   a = (x - inputZeroPoint) * inputScale,           w10 = rows' float1 * columns' float0 and so on
 *   q = roundHalfEven(v / outputScale) + zp, or with `truncates` trunc(v) + zp;  then clamped
 *
 * Sums of a few small weights meet ties (half pixels of a resize by two: one element in sixteen), and there the
 * float32 noise decides: exact arithmetic would differ from every other implementation in half of them. Elsewhere
 * integers give the same code, and kernels use them: acc = sum of (x - inputZeroPoint) * wy * wx with the integer
 * weights, a = acc (truncates: 2 * acc - sign * (W - 1), W the product of the denominators),
 *
 *   t = floor((a << l) * M / 2^32) + (zp << n) + 2^(n-1);  q = t >> n, unless ((t + doubt) mod 2^n) < 2 * doubt:
 *
 * then v decides. `doubt` is 0 where no accumulator needs it (numerics/resize.ts bounds the noise).
 */
export interface ResizeOp {
  readonly kind: 'resize';
  readonly mode: 'nearest' | 'linear';
  readonly rows: ResizeAxis;
  readonly columns: ResizeAxis;
  readonly inputZeroPoint: number;
  readonly linear: LinearResize | null;
}

export interface LinearResize {
  /** Rounding 'fixed'. */
  readonly requant: Requant;
  readonly truncates: boolean;
  /** float32 */
  readonly inputScale: number;
  readonly outputScale: number;
  /** Units of 2^-shift steps. */
  readonly doubt: number;
}

export const resize: Operator<ResizeOp> = {
  ...positionwise,
  reads: (op, axis, lo, hi) => {
    const { index0, index1 } = axis === 'h' ? op.rows : op.columns;
    return extremes(index0, op.mode === 'linear' ? index1 : null, lo, hi);
  },
  tiles: false,
  orderByPixel: true,
  word: () => 'resize',
  label: (op) => `resize ${op.mode}`,
};
