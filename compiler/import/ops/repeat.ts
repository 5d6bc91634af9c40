/** Expand and Tile: elements along an axis, repeated. */

import type { NodeContext } from '../context.js';
import { dimsOf } from '../context.js';
import { maxRank, maxResizedAxis } from '../limits.js';
import { padRank } from '../view.js';
import { gatherAxis } from './slice.js';

export function convertExpand(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const dims = dimsOf(x);
  const target = Array.from(ctx.constant(1).data);
  const rank = Math.max(dims.length, target.length);
  if (rank > maxRank) ctx.shapeProblem(`rank ${rank} is too large`);
  const padded = [...new Array<number>(rank - dims.length).fill(1), ...dims];
  const wanted = [...new Array<number>(rank - target.length).fill(1), ...target];
  if (padded.some((n, i) => n !== 1 && wanted[i] !== 1 && wanted[i] !== n)) {
    ctx.shapeProblem(`[${dims.join(', ')}] does not expand to [${target.join(', ')}]`);
  }
  repeat(
    ctx,
    rank,
    padded.map((n, i) => (n === 1 ? wanted[i] : 1)),
  );
}

export function convertTile(ctx: NodeContext): void {
  const rank = dimsOf(ctx.activation(0)).length;
  const repeats = Array.from(ctx.constant(1).data);
  if (repeats.length !== rank) ctx.shapeProblem(`${repeats.length} repeats for a tensor of rank ${rank}`);
  repeat(ctx, rank, repeats);
}

function repeat(ctx: NodeContext, rank: number, repeats: readonly number[]): void {
  const x = ctx.activation(0);
  let view = { value: x.view.value, ...padRank(x.view, rank) };
  for (const [axis, times] of repeats.entries()) {
    const size = view.dims[axis].reduce((n, f) => n * f.size, 1);
    if (!Number.isInteger(times) || times < 1 || (times > 1 && size * times > maxResizedAxis))
      ctx.shapeProblem(`repeating an axis of ${size} elements ${times} times`);
    if (times > 1)
      view = gatherAxis(
        ctx,
        view,
        axis,
        Array.from({ length: size * times }, (_, i) => i % size),
      );
  }
  ctx.result(view, x.type);
}
