/** Concat and Split. */

import type { ElementType } from '../constant.js';
import type { NodeContext } from '../context.js';
import { NodeProblem } from '../problems.js';
import type { View } from '../raw-builder.js';
import { dimOrder, freshDims, shapeOf, sizeOf } from '../view.js';
import { isolateAxis, naturalOrder } from './axis.js';
import { sliceAxis } from './slice.js';

export function convertConcat(ctx: NodeContext): void {
  const entries = ctx.node.inputs.map((name, i) => (name === '' ? null : ctx.operand(i))).filter((e) => e !== null);
  if (entries.length === 0) ctx.shapeProblem('it has no inputs');
  const type: ElementType = entries[0].type;
  const domains = new Set(entries.map((e) => ctx.domain(e)));
  if (domains.size > 1) throw new NodeProblem('E403', 'some of its inputs are quantised and some are not');
  if (domains.has('codes') && entries.some((e) => e.type !== type))
    throw new NodeProblem('E403', 'its inputs mix int8 and uint8');
  const views = entries.map((e) => e.view);
  const rank = views[0].dims.length;
  ctx.result(concatViews(ctx, views, ctx.axis(ctx.int('axis', 1), rank)), type);
}

export function concatViews(ctx: NodeContext, parts: readonly View[], axis: number): View {
  const shapes = parts.map(shapeOf);
  for (const s of shapes) {
    if (s.length !== shapes[0].length || s.some((n, i) => i !== axis && n !== shapes[0][i])) {
      ctx.shapeProblem(`shapes [${shapes[0].join(', ')}] and [${s.join(', ')}] do not join along axis ${axis}`);
    }
  }
  if (parts.length === 1) return parts[0];
  const order = commonOrder(ctx, parts, axis);
  const position = order.indexOf(axis);
  const placed = parts.map((p) => placeForConcat(ctx, p, order, position));
  const { builder, origin } = ctx;
  const letter = placed[0].axis;
  const values = placed.map((p) => p.value);
  const first = builder.shape(values[0]);
  const total = values.reduce((sum, v) => sum + builder.shape(v)[letter], 0);
  const value = builder.emit({ kind: 'concat', axis: letter }, values, { ...first, [letter]: total }, origin);
  const outShape = shapes[0].map((n, i) => (i === axis ? shapes.reduce((sum, s) => sum + s[axis], 0) : n));
  const dims = freshDims(outShape);
  return { value, physical: order.flatMap((i) => dims[i]), dims };
}

/** A memory order that needs no move of the first tensor of the network among the inputs; constants move for nothing. */
function commonOrder(ctx: NodeContext, parts: readonly View[], axis: number): number[] {
  const tensors = parts.filter((p) => ctx.builder.values[p.value].constant === null);
  const orders = (tensors.length > 0 ? tensors : parts).map(dimOrder).filter((o) => o !== null);
  const natural = naturalOrder(parts[0]);
  // Only the axis itself can be missing in one of them, where its size is 1.
  const order = [...(orders.find((o) => o.includes(axis)) ?? orders[0] ?? natural)];
  if (order.includes(axis)) return order;
  const behind = natural.slice(natural.indexOf(axis) + 1).find((i) => order.includes(i));
  order.splice(behind === undefined ? order.length : order.indexOf(behind), 0, axis);
  return order;
}

/** An input with memory (dimensions before the axis, axis, dimensions behind it); h, w, c of an image are kept. */
function placeForConcat(
  ctx: NodeContext,
  part: View,
  order: readonly number[],
  position: number,
): { value: number; axis: 'h' | 'w' | 'c' } {
  const dims = (from: number, to?: number) => order.slice(from, to).map((i) => part.dims[i]);
  const before = dims(0, position);
  const run = part.dims[order[position]];
  const after = dims(position + 1);
  const { builder, origin } = ctx;
  if (after.length === 0) {
    const lists = before;
    const view = builder.arrange(part, [lists.slice(0, -1).flat(), lists.slice(-1).flat(), run], origin);
    return { value: view.value, axis: 'c' };
  }
  if (before.length === 0 && after.length === 2) {
    const view = builder.arrange(part, [run, after[0], after[1]], origin);
    return { value: view.value, axis: 'h' };
  }
  const view = builder.arrange(part, [before.flat(), run, after.flat()], origin);
  return { value: view.value, axis: 'w' };
}

/** Split into equal or given sizes: one slice an output. */
export function convertSplit(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const axis = ctx.axis(ctx.int('axis', 0), x.view.dims.length);
  const size = sizeOf(x.view.dims[axis]);
  const count = ctx.node.outputs.length;
  const given = ctx.intsAttributeOrInput('split', 1);
  const even = Math.ceil(size / (ctx.int('num_outputs', count) || 1));
  const sizes = given ?? Array.from({ length: count }, (_, i) => Math.min(even, size - even * i));
  if (sizes.length !== count || sizes.some((n) => !(n >= 1)) || sizes.reduce((a, b) => a + b, 0) !== size) {
    ctx.shapeProblem(`it cannot split ${size} elements into ${count} parts of [${sizes.join(', ')}]`);
  }
  let start = 0;
  const isolated = isolateAxis(ctx, x.view, axis);
  for (let i = 0; i < count; i++) {
    if (ctx.node.outputs[i] !== '') {
      const tensor = ctx.node.outputs[i];
      const view = sliceAxis(ctx, isolated.view, axis, start, 1, sizes[i], { ...ctx.origin, tensor });
      ctx.set(i, { kind: 'activation', view, type: x.type });
    }
    start += sizes[i];
  }
}
