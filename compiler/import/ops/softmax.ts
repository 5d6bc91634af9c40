/** Softmax, LogSoftmax and ArgMax over dimensions that stand innermost in memory. */

import type { NodeContext } from '../context.js';
import { dimsOf } from '../context.js';
import type { View } from '../raw-builder.js';
import { runStart, sameFactors } from '../view.js';
import type { Factor } from '../view.js';
import { channelsInnermost } from './elementwise.js';

/** Softmax over `axes` together; their internal order in memory does not matter. */
export function softmaxView(ctx: NodeContext, view: View, axes: readonly number[], log: boolean): View {
  const placed = innermost(
    ctx,
    view,
    axes.flatMap((a) => view.dims[a]),
    false,
  );
  const value = ctx.builder.emit({ kind: 'softmax', log }, [placed.value], ctx.builder.shape(placed.value), ctx.origin);
  return { ...placed, value };
}

/** The view with exactly the given factors as the (h, w, c) shape's c. */
function innermost(ctx: NodeContext, view: View, run: readonly Factor[], ordered: boolean): View {
  const start = runStart(view, run, ordered);
  if (start >= 0 && start + run.length === view.physical.length) {
    const inner = view.physical.slice(start);
    const own = ctx.builder.ownGroups(view);
    if (own !== null && sameFactors(own[2], inner)) return view;
    return ctx.builder.arrange(view, [[], view.physical.slice(0, start), inner], ctx.origin);
  }
  return channelsInnermost(ctx, view, run);
}

export function convertSoftmax(ctx: NodeContext): void {
  const x = ctx.real(0);
  const rank = x.view.dims.length;
  if (rank === 0) ctx.shapeProblem('its input is a scalar');
  // Before opset 13 everything from the axis on is one vector, and the default axis is 1.
  const joined = ctx.opset < 13;
  const axis = ctx.axis(ctx.int('axis', joined ? Math.min(1, rank - 1) : -1), rank);
  const axes = joined ? Array.from({ length: rank - axis }, (_, i) => axis + i) : [axis];
  ctx.result(softmaxView(ctx, x.view, axes, ctx.node.op === 'LogSoftmax'), x.type);
}

export function convertArgMax(ctx: NodeContext): void {
  const x = ctx.activation(0);
  if (ctx.domain(x) === 'index') ctx.unsupported(`${ctx.node.op} of indices is not supported`);
  const dims = dimsOf(x);
  const axis = ctx.axis(ctx.int('axis', 0), dims.length);
  const placed = innermost(ctx, x.view, x.view.dims[axis], true);
  const { h, w } = ctx.builder.shape(placed.value);
  const lastIndex = ctx.int('select_last_index', 0) !== 0;
  const smallest = ctx.node.op === 'ArgMin';
  const value = ctx.builder.emit(
    { kind: 'argMax', smallest, lastIndex },
    [placed.value],
    { h, w, c: 1 },
    ctx.origin,
    'index',
  );
  const keep = ctx.int('keepdims', 1) !== 0;
  const reduced: View = {
    value,
    physical: placed.physical.filter((f) => !placed.dims[axis].includes(f)),
    dims: placed.dims.flatMap((d, i) => (i !== axis ? [d] : keep ? [[]] : [])),
  };
  ctx.result(reduced, 'int64');
}
