import type { Shape } from '../tensor.js';
import { clip, type Interval, named, type Operator, positionwise } from './operator.js';

export interface PadOp {
  readonly kind: 'pad';
  readonly mode: 'constant' | 'reflect' | 'edge';
  readonly before: Shape;
  readonly after: Shape;
  /** The int8 code of the constant. */
  readonly value: number;
}

export const pad: Operator<PadOp> = {
  ...positionwise,
  reads: (op, axis, lo, hi, input) => padInterval(op.mode, lo - op.before[axis], hi - op.before[axis], input[axis]),
  tiles: false,
  borderRows: (op, input, output) =>
    op.mode === 'constant' ? Math.max(op.before.h, output.h - op.before.h - input.h) : null,
  orderByPixel: true,
  ...named('pad'),
};

/** Positions that a padded window [lo, hi), counted from the image's first, takes from the image. */
function padInterval(mode: PadOp['mode'], lo: number, hi: number, extent: number): Interval {
  if (mode === 'constant') return clip(lo, hi, extent);
  const last = extent - 1;
  if (mode === 'edge') return { lo: Math.min(Math.max(lo, 0), last), hi: Math.min(Math.max(hi - 1, 0), last) + 1 };
  // Reflected more than once: the whole image, at most.
  if (lo < -last || hi - 1 > 2 * last) return { lo: 0, hi: extent };
  const ends = [lo, hi - 1].map((i) => (i < 0 ? -i : i > last ? 2 * last - i : i));
  return { lo: lo < 0 && hi > 0 ? 0 : Math.min(...ends), hi: lo <= last && hi > last ? extent : Math.max(...ends) + 1 };
}
