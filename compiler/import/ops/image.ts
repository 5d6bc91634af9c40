/** Tensors as images: [1, c, h, w] or [1, c, w] over memory in the order h, w, c. */

import type { Shape } from '../../ir/tensor.js';
import type { Activation, NodeContext } from '../context.js';
import { dimsOf } from '../context.js';
import type { ElementType } from '../constant.js';
import type { View } from '../raw-builder.js';
import type { RawId } from '../raw-graph.js';
import { channelsLastOrder, layoutOf } from '../view.js';

export interface Image {
  readonly value: RawId;
  readonly shape: Shape;
  /** 3: a sequence with h = 1; 4: an image. */
  readonly rank: 3 | 4;
}

/** The tensor in memory order h, w, c; a transpose stands in front only where it lies otherwise. */
export function imageOf(ctx: NodeContext, x: Activation): Image {
  const dims = dimsOf(x);
  const rank = dims.length;
  if (rank !== 3 && rank !== 4) {
    ctx.unsupported(
      `its input has rank ${rank}: [${dims.join(', ')}]; one- and two-dimensional images ([1, c, w], [1, c, h, w]) are supported`,
    );
  }
  if (dims[0] !== 1) ctx.unsupported(`its input has a batch of ${dims[0]}; a batch of 1 is supported`);
  const d = x.view.dims;
  const groups = rank === 4 ? ([d[2], d[3], d[1]] as const) : ([[], d[2], d[1]] as const);
  const view = ctx.builder.arrange(x.view, groups, ctx.origin);
  return { value: view.value, shape: ctx.builder.shape(view.value), rank: rank as 3 | 4 };
}

/** Memory in the order h, w, c as the ONNX tensor [1, c, h, w] or [1, c, w]. */
export function imageView(ctx: NodeContext, value: RawId, rank: 3 | 4): View {
  const { h, w, c } = ctx.builder.shape(value);
  return { value, ...layoutOf(rank === 4 ? [1, c, h, w] : [1, c, w], channelsLastOrder(rank)) };
}

/** The result of an operator on images, as the ONNX tensor of the same rank. */
export function imageResult(ctx: NodeContext, value: RawId, rank: 3 | 4, type: ElementType): void {
  ctx.result(imageView(ctx, value, rank), type);
}
