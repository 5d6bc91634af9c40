/** Conv and ConvTranspose, in one and two dimensions. */

import { noClamp } from '../../ir/graph.js';
import type { Bias, Weights } from '../../ir/graph.js';
import { dilated } from '../../ir/window.js';
import type { Constant } from '../constant.js';
import { product, sourceOffsets, stridesOf } from '../constant.js';
import type { Activation, NodeContext } from '../context.js';
import { maxWindow } from '../limits.js';
import type { RawId } from '../raw-graph.js';
import { imageOf, imageResult } from './image.js';
import type { Image } from './image.js';
import { makeBias, makeWeights } from './weights.js';
import { kernelShape, readWindow, requirePadsNotNegative, windowOutput } from './window.js';

export function convertConv(ctx: NodeContext): void {
  const x = ctx.real(0);
  const weights = ctx.constant(1);
  const bias = makeBias(ctx, ctx.optionalConstant(2), weights.dims[0], ctx.node.inputs[2]);
  const image = imageOf(ctx, x);
  imageResult(ctx, convolve(ctx, image, weights, ctx.node.inputs[1], bias), image.rank, x.type);
}

/** Weights [out, in / groups, ...kernel]; `name` is theirs, for messages. */
export function convolve(ctx: NodeContext, image: Image, constant: Constant, name: string, bias: Bias | null): RawId {
  const { rank, shape } = image;
  const dims = constant.dims;
  if (dims.length !== rank)
    ctx.shapeProblem(`weights of shape [${dims.join(', ')}] do not suit an input of rank ${rank}`);
  const kernel = kernelShape(ctx, rank, dims);
  const groups = ctx.int('group', 1);
  const [out, inPerGroup] = dims;
  if (out < 1 || groups < 1 || inPerGroup * groups !== shape.c || out % groups !== 0) {
    ctx.shapeProblem(`weights of shape [${dims.join(', ')}] in ${groups} groups do not suit ${shape.c} input channels`);
  }
  const { window } = readWindow(ctx, rank, kernel, [shape.h, shape.w]);
  requirePadsNotNegative(ctx, window);
  const size = windowOutput(ctx, window, shape.h, shape.w);
  // OI(H)W -> OHWI
  const s = stridesOf(dims);
  const offsets =
    rank === 4
      ? sourceOffsets([out, kernel[0], kernel[1], inPerGroup], [s[0], s[2], s[3], s[1]])
      : sourceOffsets([out, kernel[1], inPerGroup], [s[0], s[2], s[1]]);
  const weights = makeWeights(ctx, constant, name, offsets, product(kernel) * inPerGroup);
  return ctx.builder.emit(
    { kind: 'conv2d', window, groups, outChannels: out, weights, bias, clamp: noClamp },
    [image.value],
    { ...size, c: out },
    ctx.origin,
  );
}

export function convertConvTranspose(ctx: NodeContext): void {
  const x: Activation = ctx.real(0);
  const constant = ctx.constant(1);
  const image = imageOf(ctx, x);
  const { rank, shape } = image;
  const dims = constant.dims;
  if (dims.length !== rank)
    ctx.shapeProblem(`weights of shape [${dims.join(', ')}] do not suit an input of rank ${rank}`);
  const kernel = kernelShape(ctx, rank, dims);
  const groups = ctx.int('group', 1);
  const outPerGroup = dims[1];
  if (dims[0] !== shape.c || groups < 1 || shape.c % groups !== 0 || outPerGroup < 1) {
    ctx.shapeProblem(`weights of shape [${dims.join(', ')}] in ${groups} groups do not suit ${shape.c} input channels`);
  }
  const out = outPerGroup * groups;
  const { window, size } = transposedWindow(ctx, image, kernel);
  const inPerGroup = shape.c / groups;
  const taps = kernel[0] * kernel[1];
  const offsets = new Int32Array(out * taps * inPerGroup);
  let next = 0;
  for (let o = 0; o < out; o++) {
    const group = Math.floor(o / outPerGroup);
    for (let tap = 0; tap < taps; tap++) {
      for (let i = 0; i < inPerGroup; i++)
        offsets[next++] = ((group * inPerGroup + i) * outPerGroup + (o % outPerGroup)) * taps + tap;
    }
  }
  const weights: Weights = makeWeights(ctx, constant, ctx.node.inputs[1], offsets, taps * inPerGroup);
  const bias = makeBias(ctx, ctx.optionalConstant(2), out, ctx.node.inputs[2]);
  const value = ctx.builder.emit(
    { kind: 'convTranspose2d', window, groups, outChannels: out, weights, bias, clamp: noClamp },
    [image.value],
    { ...size, c: out },
    ctx.origin,
  );
  imageResult(ctx, value, rank, x.type);
}

/**
 * size = (in - 1) * stride + extent - pads + output_padding. With output_shape, or SAME (in * stride), the pads follow
 * from the size. Where that is more than the input reaches, output_shape adds rows that no input reaches; SAME does
 * not, as in ONNX Runtime.
 */
function transposedWindow(ctx: NodeContext, image: Image, kernel: readonly [number, number]) {
  const { rank, shape } = image;
  const { window, autoPad } = readWindow(ctx, rank, kernel, [shape.h, shape.w]);
  const entries = (name: string): readonly number[] | null => {
    const values = ctx.ints(name);
    if (values === null) return null;
    const tail = values.slice(-(rank - 2));
    if (tail.length !== rank - 2)
      ctx.shapeProblem(`attribute ${name} has ${values.length} entries for ${rank - 2} spatial axes`);
    return rank === 4 ? tail : [name === 'output_shape' ? 1 : 0, tail[0]];
  };
  const outputPadding = entries('output_padding') ?? [0, 0];
  const outputShape = entries('output_shape');
  const axis = (i: 0 | 1) => {
    const [input, k, stride, dilation, before, after] =
      i === 0
        ? [shape.h, window.kernelH, window.strideH, window.dilationH, window.padTop, window.padBottom]
        : [shape.w, window.kernelW, window.strideW, window.dilationW, window.padLeft, window.padRight];
    const full = (input - 1) * stride + dilated(k, dilation) + outputPadding[i];
    if (outputPadding[i] < 0 || outputPadding[i] > maxWindow)
      ctx.unsupported(`output_padding ${outputPadding[i]} is out of range`);
    const wanted = outputShape?.[i] ?? (autoPad.startsWith('SAME') ? Math.min(input * stride, full) : null);
    if (wanted === null) return { size: full - before - after, before, after };
    const total = Math.max(0, full - wanted);
    const half = Math.floor(total / 2);
    const start = autoPad === 'SAME_UPPER' ? half : total - half;
    return { size: wanted, before: start, after: total - start };
  };
  const [y, x] = [axis(0), axis(1)];
  if (y.size < 1 || x.size < 1) ctx.shapeProblem(`its output would be ${y.size} x ${x.size}`);
  const padded = { ...window, padTop: y.before, padLeft: x.before, padBottom: y.after, padRight: x.after };
  requirePadsNotNegative(ctx, padded);
  return { window: padded, size: { h: y.size, w: x.size } };
}
