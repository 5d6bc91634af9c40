/** BatchNormalization as a scale and a shift a channel. */

import type { Constant } from '../constant.js';
import { dimsOf } from '../context.js';
import type { NodeContext } from '../context.js';
import { channelInnermost } from './elementwise.js';

export function convertBatchNormalization(ctx: NodeContext): void {
  if (ctx.int('training_mode', 0) !== 0 || ctx.readsFurtherOutputs) {
    ctx.unsupported('training mode is not supported', 'Export the model for inference (model.eval()).');
  }
  const x = ctx.real(0);
  const dims = dimsOf(x);
  if (dims.length < 2) ctx.shapeProblem(`its input [${dims.join(', ')}] has no channel axis`);
  const channels = dims[1];
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => parameter(ctx, ctx.constant(i), channels, i));
  const epsilon = ctx.float('epsilon', 1e-5);
  const scale = Float64Array.from({ length: channels }, (_, c) => gamma[c] / Math.sqrt(variance[c] + epsilon));
  const shift = Float64Array.from({ length: channels }, (_, c) => beta[c] - mean[c] * scale[c]);
  if (![...scale, ...shift].every(Number.isFinite)) ctx.unsupported('its parameters give values that are not finite');
  const placed = channelInnermost(ctx, x.view, 1);
  const value = ctx.builder.emit(
    { kind: 'affine', scale, shift },
    [placed.value],
    ctx.builder.shape(placed.value),
    ctx.origin,
  );
  ctx.result({ ...placed, value }, x.type);
}

function parameter(ctx: NodeContext, c: Constant, channels: number, index: number): ArrayLike<number> {
  if (c.data.length !== channels)
    ctx.shapeProblem(`parameter '${ctx.node.inputs[index]}' has ${c.data.length} values for ${channels} channels`);
  return c.data;
}
