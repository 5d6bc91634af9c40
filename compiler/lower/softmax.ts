/** Softmax, LogSoftmax and ArgMax over the channels of each pixel. */

import type { ArgMax, Node, Softmax } from '../ir/graph.js';
import { requantise } from '../numerics/apply.js';
import { logSoftmaxDeviations, planLogSoftmax } from '../numerics/log-softmax.js';
import { planSoftmax, softmaxOne, softmaxTable, softmaxTableBits } from '../numerics/softmax.js';
import type { LowerContext } from './context.js';

export function lowerSoftmax(ctx: LowerContext, node: Node, op: Softmax): void {
  if (op.log) {
    lowerLogSoftmax(ctx, node);
    return;
  }
  const input = ctx.operand(node, node.inputs[0]);
  const output = ctx.outputQuant(node);
  const { zeroPoint } = output;
  const plan = planSoftmax(output.scale, { zeroPoint, clampMin: -128, clampMax: 127 });
  const { rounding, multiplier, leftShift, shift } = plan;
  const requant = {
    rounding,
    multiplier,
    leftShift,
    shift,
    exact: plan.exact?.[0] ?? null,
    zeroPoint,
    clampMin: -128,
    clampMax: 127,
  };
  const channels = input.shape.c;
  ctx.emit(node, {
    op: { kind: 'softmax', table: softmaxTable(input.quant.scale, channels), requant },
    inputs: [input.id],
    range: {
      min: new Int8Array(channels).fill(requantise(0, requant)),
      max: new Int8Array(channels).fill(requantise(softmaxOne, requant)),
    },
    deviations: plan.deviations,
  });
}

function lowerLogSoftmax(ctx: LowerContext, node: Node): void {
  const input = ctx.operand(node, node.inputs[0]);
  const { scale, zeroPoint } = ctx.outputQuant(node);
  const channels = input.shape.c;
  const form = planLogSoftmax(input.quant.scale, scale, channels);
  ctx.emit(node, {
    op: {
      kind: 'logSoftmax',
      table: softmaxTable(input.quant.scale, channels),
      tableBits: softmaxTableBits(channels),
      zeroPoint,
      ...form,
    },
    inputs: [input.id],
    range: { min: new Int8Array(channels).fill(-128), max: new Int8Array(channels).fill(zeroPoint) },
    deviations: logSoftmaxDeviations(form),
  });
}

export function lowerArgMax(ctx: LowerContext, node: Node, op: ArgMax): void {
  const input = ctx.operand(node, node.inputs[0]);
  // Codes in reverse order: the smallest becomes the largest, equal ones stay equal.
  const { scale, zeroPoint } = input.quant;
  const reversed = Int8Array.from({ length: 256 }, (_, i) => 127 - i);
  const compared = op.smallest
    ? ctx.emitBetween(
        node,
        'reversed',
        input.shape,
        { scale, zeroPoint: -1 - zeroPoint },
        ctx.tableEmission(input.id, reversed),
      )
    : input.id;
  ctx.emit(node, { op: { kind: 'argMax', lastIndex: op.lastIndex }, inputs: [compared], range: null });
}
