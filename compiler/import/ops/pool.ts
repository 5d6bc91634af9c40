/** MaxPool, AveragePool and their global forms. */

import { noClamp } from '../../ir/graph.js';
import type { AveragePool, MaxPool } from '../../ir/graph.js';
import type { Shape } from '../../ir/tensor.js';
import { dilated, unitWindow } from '../../ir/window.js';
import type { Window } from '../../ir/window.js';
import type { NodeContext } from '../context.js';
import type { RawId } from '../raw-graph.js';
import { imageOf, imageResult } from './image.js';
import type { Image } from './image.js';
import { kernelShape, readWindow, requirePadsNotNegative, samePads, windowOutput } from './window.js';

export function convertMaxPool(ctx: NodeContext): void {
  ctx.onlyFirstOutput('the indices of MaxPool are not supported');
  const x = ctx.activation(0);
  if (ctx.domain(x) === 'index') ctx.unsupported('MaxPool of indices is not supported');
  const image = imageOf(ctx, x);
  imageResult(
    ctx,
    pool(ctx, image, (window) => ({ kind: 'maxPool', window, clamp: noClamp })),
    image.rank,
    x.type,
  );
}

export function convertAveragePool(ctx: NodeContext): void {
  const x = ctx.real(0);
  const image = imageOf(ctx, x);
  const countIncludePad = ctx.int('count_include_pad', 0) !== 0;
  imageResult(
    ctx,
    pool(ctx, image, (window) => averagePoolOp(window, countIncludePad)),
    image.rank,
    x.type,
  );
}

export function averagePoolOp(window: Window, countIncludePad: boolean): AveragePool {
  return { kind: 'averagePool', window, countIncludePad, clamp: noClamp };
}

/**
 * Pools an image with the node's window attributes. auto_pad SAME is ONNX Runtime's: pads are those of the kernel
 * without its dilation, and the number of windows follows from them as it does from explicit pads.
 */
export function pool(ctx: NodeContext, image: Image, makeOp: (window: Window) => MaxPool | AveragePool): RawId {
  const { h, w, c } = image.shape;
  const { window, autoPad } = readWindow(ctx, image.rank, kernelShape(ctx, image.rank), [h, w], (kernel) => kernel);
  requirePadsNotNegative(ctx, window);
  if (autoPad.startsWith('SAME')) {
    requireNotCropped(ctx, autoPad, h, window.kernelH, window.strideH, window.dilationH);
    requireNotCropped(ctx, autoPad, w, window.kernelW, window.strideW, window.dilationW);
  }
  const size = ctx.int('ceil_mode', 0) !== 0 ? ceilOutput(ctx, window, h, w) : windowOutput(ctx, window, h, w);
  requireTaps(ctx, size.h, window.kernelH, window.strideH, window.dilationH, window.padTop, h);
  requireTaps(ctx, size.w, window.kernelW, window.strideW, window.dilationW, window.padLeft, w);
  return ctx.builder.emit(makeOp(window), [image.value], { ...size, c }, ctx.origin);
}

/**
 * SAME pads may be negative where the kernel is smaller than its stride. Where that moves or cuts a window, ONNX
 * Runtime pools a cropped image or refuses, by version, and others do neither.
 */
function requireNotCropped(
  ctx: NodeContext,
  autoPad: string,
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
): void {
  const total = samePads(size, stride, kernel);
  const before = Math.trunc((autoPad === 'SAME_LOWER' ? total + 1 : total) / 2);
  if (before >= 0 && (total >= 0 || dilation === 1)) return;
  ctx.unsupported(
    `auto_pad ${autoPad} of a kernel of ${kernel} with a stride of ${stride} over ${size} elements means different things to different runtimes`,
    'Export the model with explicit pads.',
  );
}

/** Rounds up, but a last window that would start behind the image and its first pad is dropped, as ONNX Runtime does. */
function ceilOutput(ctx: NodeContext, window: Window, h: number, w: number): { h: number; w: number } {
  const size = (n: number, kernel: number, stride: number, dilation: number, before: number, after: number): number => {
    const out = Math.ceil((n + before + after - dilated(kernel, dilation)) / stride) + 1;
    if (out < 1)
      ctx.shapeProblem(
        `a kernel of ${dilated(kernel, dilation)} does not fit its padded input of ${n + before + after}`,
      );
    return (out - 1) * stride >= n + before ? out - 1 : out;
  };
  return {
    h: size(h, window.kernelH, window.strideH, window.dilationH, window.padTop, window.padBottom),
    w: size(w, window.kernelW, window.strideW, window.dilationW, window.padLeft, window.padRight),
  };
}

/** Every window must see at least one element of the image: a window of nothing but padding has no result. */
function requireTaps(
  ctx: NodeContext,
  out: number,
  kernel: number,
  stride: number,
  dilation: number,
  before: number,
  size: number,
): void {
  const starts = Array.from({ length: Math.min(out, Math.ceil(before / stride)) }, (_, i) => i * stride - before);
  for (const first of [...starts, (out - 1) * stride - before]) {
    // The first tap at or behind 0; taps are `dilation` apart.
    const tap = first >= 0 ? first : first + Math.ceil(-first / dilation) * dilation;
    if (tap >= size || tap > first + (kernel - 1) * dilation)
      ctx.unsupported('one of its windows lies wholly in the padding');
  }
}

export function convertGlobalPool(ctx: NodeContext): void {
  const isMax = ctx.node.op === 'GlobalMaxPool';
  const x = isMax ? ctx.activation(0) : ctx.real(0);
  const image = imageOf(ctx, x);
  const window = wholeImage(image.shape);
  const op = isMax ? ({ kind: 'maxPool', window, clamp: noClamp } as const) : averagePoolOp(window, false);
  imageResult(
    ctx,
    ctx.builder.emit(op, [image.value], { h: 1, w: 1, c: image.shape.c }, ctx.origin),
    image.rank,
    x.type,
  );
}

/** One window over everything. */
export function wholeImage(shape: Shape): Window {
  return { ...unitWindow, kernelH: shape.h, kernelW: shape.w };
}
