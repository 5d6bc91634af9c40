/** ReduceMean, ReduceMax and ReduceSum as pools over the reduced part of memory. */

import { noClamp } from '../../ir/graph.js';
import type { Conv2d } from '../../ir/graph.js';
import { unitWindow } from '../../ir/window.js';
import type { Window } from '../../ir/window.js';
import type { NodeContext } from '../context.js';
import { dimsOf } from '../context.js';
import type { View } from '../raw-builder.js';
import type { RawId } from '../raw-graph.js';
import { runStart } from '../view.js';
import type { Factor } from '../view.js';
import { naturalOrder } from './axis.js';
import { averagePoolOp } from './pool.js';

export function convertReduce(ctx: NodeContext): void {
  const x = ctx.node.op === 'ReduceMax' ? ctx.activation(0) : ctx.real(0);
  if (ctx.domain(x) === 'index') ctx.unsupported('reducing indices is not supported');
  const rank = dimsOf(x).length;
  const given = ctx.intsAttributeOrInput('axes', 1);
  const isEmpty = given === null || given.length === 0;
  if (isEmpty && ctx.int('noop_with_empty_axes', 0) !== 0) return ctx.result(x.view, x.type);
  const axes = isEmpty ? x.view.dims.map((_, i) => i) : ctx.axes(given, rank);
  const reduced = reduceView(ctx, x.view, axes);
  const keep = ctx.int('keepdims', 1) !== 0;
  const dims = reduced.dims.flatMap((d, i) => (!axes.includes(i) ? [d] : keep ? [[]] : []));
  ctx.result({ value: reduced.value, physical: reduced.physical, dims }, x.type);
}

/** Reduces dimensions, leaving them at size 1. */
function reduceView(ctx: NodeContext, x: View, axes: readonly number[]): View {
  const { builder, origin } = ctx;
  const isReduced = (v: View): Set<Factor> => new Set(axes.flatMap((a) => v.dims[a]));
  let view = x;
  let run = isReduced(view);
  if (run.size > 0 && runStart(view, [...run], false) < 0) {
    // Reduced dimensions stand apart: bring them together, in front of the ones kept.
    const order = naturalOrder(view);
    const kept = order.filter((i) => !axes.includes(i)).flatMap((i) => view.dims[i]);
    view = builder.arrange(view, [[], [...run], kept], origin);
    run = isReduced(view);
  }
  const start = run.size === 0 ? 0 : runStart(view, [...run], false);
  const own = builder.ownGroups(view);
  const spatial =
    own?.[2].every((f) => !run.has(f)) &&
    own.slice(0, 2).every((g) => g.every((f) => run.has(f)) || g.every((f) => !run.has(f)));
  const placed = spatial
    ? view
    : builder.arrange(
        view,
        [
          view.physical.slice(0, start),
          view.physical.slice(start, start + run.size),
          view.physical.slice(start + run.size),
        ],
        origin,
      );
  const { h, w, c } = builder.shape(placed.value);
  const groups = builder.ownGroups(placed) ?? [[], [], []];
  const kernelH = groups[0].some((f) => run.has(f)) ? h : 1;
  const kernelW = groups[1].some((f) => run.has(f)) ? w : 1;
  const window: Window = { ...unitWindow, kernelH, kernelW };
  const value = reduceOver(ctx, placed.value, window, { h: h / kernelH, w: w / kernelW, c });
  return {
    value,
    physical: placed.physical.filter((f) => !run.has(f)),
    dims: placed.dims.map((d, i) => (axes.includes(i) ? [] : d)),
  };
}

function reduceOver(
  ctx: NodeContext,
  source: RawId,
  window: Window,
  shape: { h: number; w: number; c: number },
): RawId {
  const { builder, origin } = ctx;
  switch (ctx.node.op) {
    case 'ReduceMean':
      return builder.emit(averagePoolOp(window, false), [source], shape, origin);
    case 'ReduceMax':
      return builder.emit({ kind: 'maxPool', window, clamp: noClamp }, [source], shape, origin);
    case 'ReduceSum':
      return builder.emit(onesDepthwise(window, shape.c), [source], shape, origin);
    default:
      return ctx.unsupported(`${ctx.node.op} is not supported`);
  }
}

/** A depthwise convolution whose weights are all exactly 1. */
function onesDepthwise(window: Window, channels: number): Conv2d {
  const data = new Int8Array(channels * window.kernelH * window.kernelW).fill(1);
  return {
    kind: 'conv2d',
    window,
    groups: channels,
    outChannels: channels,
    weights: { kind: 'quantised', data, scales: new Float32Array(channels).fill(1) },
    bias: null,
    clamp: noClamp,
  };
}
