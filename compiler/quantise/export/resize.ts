/** The attributes with which ONNX's Resize samples as a resolved one does. */

import type { Resize, ResizeAxis } from '../../ir/graph.js';
import type { Shape } from '../../ir/tensor.js';
import { type CoordinateMode, linearAxis, type NearestMode, nearestAxis } from '../../import/ops/resize-axis.js';
import type { Attribute } from './writer.js';

const coordinateModes: readonly CoordinateMode[] = [
  'asymmetric',
  'half_pixel',
  'pytorch_half_pixel',
  'align_corners',
  'tf_half_pixel_for_nn',
];
const nearestModes: readonly NearestMode[] = ['floor', 'round_prefer_floor', 'round_prefer_ceil', 'ceil'];

/** Null where no combination of modes gives the same samples. */
export function resizeAttributes(op: Resize, input: Shape, output: Shape): Readonly<Record<string, Attribute>> | null {
  for (const coordinates of coordinateModes) {
    if (op.mode === 'linear') {
      const axis = (from: number, to: number) =>
        linearAxis(from, to, { numerator: to, denominator: from }, coordinates);
      if (sameAxis(op.rows, axis(input.h, output.h)) && sameAxis(op.columns, axis(input.w, output.w)))
        return { mode: 'linear', coordinate_transformation_mode: coordinates };
      continue;
    }
    for (const nearest of nearestModes) {
      const axis = (from: number, to: number) =>
        nearestAxis(from, to, { numerator: to, denominator: from }, coordinates, nearest);
      if (sameAxis(op.rows, axis(input.h, output.h)) && sameAxis(op.columns, axis(input.w, output.w)))
        return { mode: 'nearest', coordinate_transformation_mode: coordinates, nearest_mode: nearest };
    }
  }
  return null;
}

function sameAxis(a: ResizeAxis, b: ResizeAxis): boolean {
  const alike = (p: ArrayLike<number>, q: ArrayLike<number>): boolean =>
    p.length === q.length && Array.from(p).every((v, i) => v === q[i]);
  return (
    a.denominator === b.denominator &&
    alike(a.index0, b.index0) &&
    alike(a.index1, b.index1) &&
    alike(a.weight1, b.weight1) &&
    alike(a.float1, b.float1)
  );
}
