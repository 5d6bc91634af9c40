/** Slice, Gather and Pad: parts of a tensor along whole axes. */

import type { Activation, NodeContext } from '../context.js';
import { dimsOf } from '../context.js';
import { scalarOf } from '../constant.js';
import type { Constant } from '../constant.js';
import { maxElements } from '../limits.js';
import type { Origin, View } from '../raw-builder.js';
import type { Pad } from '../../ir/graph.js';
import type { Shape } from '../../ir/tensor.js';
import { sizeOf } from '../view.js';
import type { Factor } from '../view.js';
import type { RawId } from '../raw-graph.js';
import { isolateAxis } from './axis.js';
import { imageOf, imageView } from './image.js';
import { reshapeView } from './reshape.js';

/** The view with the factors of one dimension replaced after an operator changed its size. */
function resizedDim(view: View, value: number, dim: number, size: number): View {
  const fresh: Factor[] = size === 1 ? [] : [{ size }];
  const old = view.dims[dim];
  // Where the dimension stood: in place of its first factor; a dimension of size 1 had none.
  const at = old.length === 0 ? -1 : view.physical.indexOf(old[0]);
  const physical =
    at < 0 ? [...view.physical] : [...view.physical.slice(0, at), ...fresh, ...view.physical.slice(at + old.length)];
  return { value, physical, dims: view.dims.map((d, i) => (i === dim ? fresh : d)) };
}

/** Elements start, start + step, ... of one dimension. */
export function sliceAxis(
  ctx: NodeContext,
  x: View,
  dim: number,
  start: number,
  step: number,
  count: number,
  origin: Origin,
): View {
  if (start === 0 && step === 1 && count === sizeOf(x.dims[dim])) return x;
  const { view, axis } = isolateAxis(ctx, x, dim);
  const shape = { ...ctx.builder.shape(view.value), [axis]: count };
  const value = ctx.builder.emit(
    {
      kind: 'slice',
      start: { h: 0, w: 0, c: 0, [axis]: start },
      step: { h: 1, w: 1, c: 1, [axis]: step },
    },
    [view.value],
    shape,
    origin,
  );
  return resizedDim(view, value, dim, count);
}

/** First element, and how many, of start:end:step over `size` elements, as ONNX (and Python) clamp them. */
function sliceRange(start: number, end: number, step: number, size: number): { start: number; count: number } {
  const wrap = (i: number): number => (i < 0 ? i + size : i);
  if (step > 0) {
    const from = Math.max(0, Math.min(size, wrap(start)));
    const to = Math.max(0, Math.min(size, wrap(end)));
    return { start: from, count: Math.max(0, Math.ceil((to - from) / step)) };
  }
  const from = Math.max(-1, Math.min(size - 1, wrap(start)));
  const to = Math.max(-1, Math.min(size - 1, wrap(end)));
  return { start: from, count: Math.max(0, Math.ceil((from - to) / -step)) };
}

export interface SliceSpec {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Slice's attributes (opset 1) or inputs (10 and later), resolved against a shape. */
export function sliceSpecs(ctx: NodeContext, dims: readonly number[]): SliceSpec[] {
  const starts = ctx.intsAttributeOrInput('starts', 1) ?? [];
  const ends = ctx.intsAttributeOrInput('ends', 2) ?? [];
  const axes = ctx.intsAttributeOrInput('axes', 3) ?? starts.map((_, i) => i);
  const steps = ctx.has(4) ? Array.from(ctx.constant(4).data) : starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    ctx.shapeProblem(
      `it has ${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps`,
    );
  }
  return starts.map((start, i) => {
    const axis = ctx.axis(axes[i], dims.length);
    const step = steps[i];
    if (!Number.isInteger(step) || step === 0) ctx.shapeProblem(`step ${step} is not valid`);
    return { axis, step, ...sliceRange(start, ends[i], step, dims[axis]) };
  });
}

export function convertSlice(ctx: NodeContext): void {
  const x = ctx.activation(0);
  let view = x.view;
  for (const { axis, start, step, count } of sliceSpecs(ctx, dimsOf(x))) {
    if (count === 0) ctx.shapeProblem(`it leaves nothing of axis ${axis}`);
    view = sliceAxis(ctx, view, axis, start, step, count, ctx.origin);
  }
  ctx.result(view, x.type);
}

/** Indices along one axis: a slice where they are evenly spaced. */
export function convertGather(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const dims = dimsOf(x);
  const axis = ctx.axis(ctx.int('axis', 0), dims.length);
  const constant = ctx.constant(1);
  const indices = gatherIndices(ctx, constant, dims[axis]);
  const view = gatherAxis(ctx, x.view, axis, indices);
  ctx.result(reshapeView(ctx, view, [...dims.slice(0, axis), ...constant.dims, ...dims.slice(axis + 1)]), x.type);
}

export function gatherIndices(ctx: NodeContext, constant: Constant, size: number): number[] {
  return Array.from(constant.data, (i) => {
    const index = i < 0 ? i + size : i;
    if (!Number.isInteger(index) || index < 0 || index >= size)
      ctx.shapeProblem(`index ${i} is outside an axis of ${size}`);
    return index;
  });
}

/** The given elements of one dimension, in any order and number. */
export function gatherAxis(ctx: NodeContext, x: View, dim: number, indices: readonly number[]): View {
  if (indices.length === 0) ctx.shapeProblem('it gathers nothing');
  const step = indices.length > 1 ? indices[1] - indices[0] : 1;
  if (step !== 0 && indices.every((v, i) => v === indices[0] + i * step)) {
    return sliceAxis(ctx, x, dim, indices[0], step, indices.length, ctx.origin);
  }
  const { view, axis } = isolateAxis(ctx, x, dim);
  const shape = { ...ctx.builder.shape(view.value), [axis]: indices.length };
  const value = ctx.builder.emit(
    { kind: 'gather', axis, indices: Int32Array.from(indices) },
    [view.value],
    shape,
    ctx.origin,
  );
  if (view.dims[dim].length > 0) return resizedDim(view, value, dim, indices.length);
  // A dimension of size 1 repeated: its factor stands where isolateAxis put the axis.
  const fresh = { size: indices.length };
  const before =
    axis === 'h'
      ? 0
      : (ctx.builder
          .ownGroups(view)
          ?.slice(0, axis === 'w' ? 1 : 2)
          .flat().length ?? 0);
  const physical = [...view.physical.slice(0, before), fresh, ...view.physical.slice(before)];
  return { value, physical, dims: view.dims.map((d, i) => (i === dim ? [fresh] : d)) };
}

export function convertPad(ctx: NodeContext): void {
  const x = ctx.activation(0);
  if (ctx.domain(x) === 'index') ctx.unsupported('padding of indices is not supported');
  const dims = dimsOf(x);
  const rank = dims.length;
  const mode = ctx.string('mode', 'constant') || 'constant';
  if (mode !== 'constant' && mode !== 'reflect' && mode !== 'edge') ctx.unsupported(`mode '${mode}' is not supported`);
  const pads = ctx.intsAttributeOrInput('pads', 1) ?? ctx.intsAttributeOrInput('paddings', 1) ?? [];
  const axes = ctx.has(3) ? ctx.axes(Array.from(ctx.constant(3).data), rank) : dims.map((_, i) => i);
  if (pads.length !== 2 * axes.length) ctx.shapeProblem(`it has ${pads.length} pads for ${axes.length} axes`);
  const value = padValue(ctx);
  let view = x.view;
  const amounts = axes.map((axis, i) => ({ axis, before: pads[i], after: pads[i + axes.length] }));
  for (const { axis, before, after } of amounts) {
    if (Math.abs(before) > maxElements || Math.abs(after) > maxElements)
      ctx.shapeProblem(`pads [${pads.join(', ')}] are out of range`);
    if (dims[axis] + before + after < 1) ctx.shapeProblem(`pads [${pads.join(', ')}] leave nothing of axis ${axis}`);
    if (mode === 'reflect' && Math.max(before, after) >= dims[axis])
      ctx.shapeProblem(`reflecting ${Math.max(before, after)} of ${dims[axis]} elements`);
    // Negative pads crop.
    if (before < 0 || after < 0) {
      const start = Math.max(0, -before);
      const end = dims[axis] - Math.max(0, -after);
      if (end <= start) ctx.unsupported('it crops a whole axis before padding it');
      view = sliceAxis(ctx, view, axis, start, 1, end - start, ctx.origin);
    }
  }
  ctx.result(
    padView(
      ctx,
      x,
      view,
      amounts.map((a) => ({ axis: a.axis, before: Math.max(0, a.before), after: Math.max(0, a.after) })),
      mode,
      value,
    ),
    x.type,
  );
}

function padValue(ctx: NodeContext): number {
  if (ctx.node.attributes.has('value')) return ctx.float('value', 0);
  if (!ctx.has(2)) return 0;
  const value = scalarOf(ctx.constant(2));
  return value ?? ctx.shapeProblem('its constant_value is not a scalar');
}

interface PadAmount {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/** All axes in one node where the tensor is an image, one node an axis otherwise. */
function padView(
  ctx: NodeContext,
  x: Activation,
  view: View,
  amounts: readonly PadAmount[],
  mode: Pad['mode'],
  value: number,
): View {
  const used = amounts.filter((a) => a.before > 0 || a.after > 0);
  if (used.length === 0) return view;
  const rank = view.dims.length;
  const pad = (source: RawId, before: Shape, after: Shape): RawId => {
    const { h, w, c } = ctx.builder.shape(source);
    const shape = { h: h + before.h + after.h, w: w + before.w + after.w, c: c + before.c + after.c };
    return ctx.builder.emit({ kind: 'pad', mode, before, after, value }, [source], shape, ctx.origin);
  };
  if ((rank === 3 || rank === 4) && view.dims[0].length === 0 && used.every((a) => a.axis > 0)) {
    const image = imageOf(ctx, { ...x, view });
    const of = (axis: number): PadAmount => used.find((a) => a.axis === axis) ?? { axis, before: 0, after: 0 };
    const [c, h, w] = rank === 4 ? [of(1), of(2), of(3)] : [of(1), { before: 0, after: 0 }, of(2)];
    const padded = pad(image.value, { h: h.before, w: w.before, c: c.before }, { h: h.after, w: w.after, c: c.after });
    return imageView(ctx, padded, image.rank);
  }
  let result = view;
  for (const amount of used) {
    if (result.dims[amount.axis].length === 0)
      ctx.unsupported(`padding axis ${amount.axis}, which has one element, is not supported`);
    const isolated = isolateAxis(ctx, result, amount.axis);
    const none = { h: 0, w: 0, c: 0 };
    const padded = pad(
      isolated.view.value,
      { ...none, [isolated.axis]: amount.before },
      { ...none, [isolated.axis]: amount.after },
    );
    const size = sizeOf(result.dims[amount.axis]) + amount.before + amount.after;
    result = resizedDim(isolated.view, padded, amount.axis, size);
  }
  return result;
}
