/** One ONNX dimension as one of the axes h, w, c of memory. */

import type { NodeContext } from '../context.js';
import type { View } from '../raw-builder.js';
import { channelsLastOrder, runStart, sameFactors } from '../view.js';
import type { Factor } from '../view.js';

export interface AxisView {
  readonly view: View;
  /** The (h, w, c) axis of the view's value that dimension is. */
  readonly axis: 'h' | 'w' | 'c';
}

const letters = ['h', 'w', 'c'] as const;

/** Memory order by dimension that suits images (channels last), else the ONNX tensor's own. */
export function naturalOrder(view: View): number[] {
  const rank = view.dims.length;
  return rank === 3 || rank === 4 ? channelsLastOrder(rank) : view.dims.map((_, i) => i);
}

/**
 * The view with `dim` standing as a whole axis of memory: as it is where the dimension's factors stand together, moved
 * to the natural order otherwise. A dimension of size 1 counts as axis w of an image in front of everything.
 */
export function isolateAxis(ctx: NodeContext, x: View, dim: number): AxisView {
  let view = x;
  let start = runStart(view, view.dims[dim], true);
  if (start < 0) {
    view = rearrangeDims(ctx, view, naturalOrder(view));
    start = runStart(view, view.dims[dim], true);
  }
  const run = view.dims[dim];
  const own = ctx.builder.ownGroups(view);
  const at = own === null ? -1 : own.findIndex((g) => g.length > 0 && sameFactors(g, run));
  if (at >= 0) return { view, axis: letters[at] };
  const before = view.physical.slice(0, run.length === 0 ? 0 : start);
  const after = view.physical.slice(before.length + run.length);
  if (after.length === 0) return { view: ctx.builder.arrange(view, [[], before, run], ctx.origin), axis: 'c' };
  return { view: ctx.builder.arrange(view, [before, run, after], ctx.origin), axis: 'w' };
}

/** Memory in the given order of dimensions. */
function rearrangeDims(ctx: NodeContext, view: View, order: readonly number[]): View {
  const lists: (readonly Factor[])[] = order.map((i) => view.dims[i]).filter((d) => d.length > 0);
  const groups = [lists.slice(0, -2).flat(), lists.slice(-2, -1).flat(), lists.slice(-1).flat()] as const;
  return ctx.builder.arrange(view, groups, ctx.origin);
}
