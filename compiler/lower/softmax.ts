/** Softmax and ArgMax over the channels of each pixel. */

import type { ArgMax, Node, Softmax } from '../ir/graph.js';
import { requantise } from '../numerics/apply.js';
import { planSoftmax, softmaxOne, softmaxTable } from '../numerics/softmax.js';
import type { LowerContext } from './context.js';

export function lowerSoftmax(ctx: LowerContext, node: Node, op: Softmax): void {
  if (op.log) ctx.fail(node, 'E204', 'LogSoftmax has no integer form', 'End the network before it: the largest logit is the largest log-probability.');
  const input = ctx.operand(node, node.inputs[0]);
  const output = ctx.outputQuant(node);
  const { zeroPoint } = output;
  const plan = planSoftmax(output.scale, { zeroPoint, clampMin: -128, clampMax: 127 });
  const { rounding, multiplier, leftShift, shift } = plan;
  const requant = { rounding, multiplier, leftShift, shift, exact: plan.exact?.[0] ?? null, zeroPoint, clampMin: -128, clampMax: 127 };
  const channels = input.shape.c;
  ctx.emit(node, {
    op: { kind: 'softmax', table: softmaxTable(input.quant.scale, channels), requant },
    inputs: [input.id],
    range: { min: new Int8Array(channels).fill(requantise(0, requant)), max: new Int8Array(channels).fill(requantise(softmaxOne, requant)) },
    deviations: plan.deviations,
  });
}

export function lowerArgMax(ctx: LowerContext, node: Node, op: ArgMax): void {
  const input = ctx.operand(node, node.inputs[0]);
  ctx.emit(node, { op: { kind: 'argMax', lastIndex: op.lastIndex }, inputs: [input.id], range: null });
}
