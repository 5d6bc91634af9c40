/** Add, Sub, Mul, Min and Max of two tensors. */

import type { Binary, Node } from '../ir/graph.js';
import { addCodes, requantise } from '../numerics/apply.js';
import { planAdd } from '../numerics/add.js';
import { divide, multiply, negate, rational } from '../numerics/rational.js';
import { clampCodes } from './clamp.js';
import type { LowerContext } from './context.js';
import { cornerRange, overall } from './ranges.js';
import { planSingle } from './single.js';

export function lowerBinary(ctx: LowerContext, node: Node, op: Binary): void {
  switch (op.fn) {
    case 'add':
    case 'sub':
      return lowerAdd(ctx, node, op);
    case 'mul':
      return lowerMul(ctx, node, op);
    case 'min':
    case 'max':
      return lowerMinMax(ctx, node, op, op.fn);
    case 'div':
      return ctx.fail(
        node,
        'E204',
        'division of two int8 tensors is not supported',
        'Multiply by a precomputed reciprocal, or keep the divisor constant.',
      );
  }
}

function lowerAdd(ctx: LowerContext, node: Node, op: Binary): void {
  const [a, b] = node.inputs.map((id) => ctx.operand(node, id));
  const output = ctx.outputQuant(node);
  const scale = rational(output.scale);
  const ratio = (s: number) => divide(rational(s), scale);
  const form = planAdd(
    { ratio: ratio(a.quant.scale), zeroPoint: a.quant.zeroPoint, ...overall(ctx.range(a.id)) },
    {
      ratio: op.fn === 'sub' ? negate(ratio(b.quant.scale)) : ratio(b.quant.scale),
      zeroPoint: b.quant.zeroPoint,
      ...overall(ctx.range(b.id)),
    },
    { zeroPoint: output.zeroPoint, ...clampCodes(op.clamp, output) },
  );
  const { deviations, ...arithmetic } = form;
  ctx.emit(node, {
    op: { kind: 'add', ...arithmetic },
    inputs: [a.id, b.id],
    range: cornerRange(ctx.range(a.id), ctx.range(b.id), ctx.shape(node.output).c, (p, q) => addCodes(form, p, q)),
    deviations,
  });
}

function lowerMul(ctx: LowerContext, node: Node, op: Binary): void {
  const [a, b] = node.inputs.map((id) => ctx.operand(node, id));
  const output = ctx.outputQuant(node);
  const [rangeA, rangeB] = [ctx.range(a.id), ctx.range(b.id)];
  const product = (p: number, q: number): number => (p - a.quant.zeroPoint) * (q - b.quant.zeroPoint);
  const [boundA, boundB] = [overall(rangeA), overall(rangeB)];
  const corners = [boundA.min, boundA.max].flatMap((p) => [boundB.min, boundB.max].map((q) => product(p, q)));
  const { requant, deviations } = planSingle(
    {
      scale: divide(multiply(rational(a.quant.scale), rational(b.quant.scale)), rational(output.scale)),
      lo: Math.min(...corners),
      hi: Math.max(...corners),
    },
    { zeroPoint: output.zeroPoint, ...clampCodes(op.clamp, output) },
  );
  ctx.emit(node, {
    op: { kind: 'mul', zeroPointA: a.quant.zeroPoint, zeroPointB: b.quant.zeroPoint, requant },
    inputs: [a.id, b.id],
    range: cornerRange(rangeA, rangeB, ctx.shape(node.output).c, (p, q) => requantise(product(p, q), requant)),
    deviations,
  });
}

/** Quantisation is monotone: the minimum of the operands' codes, once both have the output's quantisation. */
function lowerMinMax(ctx: LowerContext, node: Node, op: Binary, kind: 'min' | 'max'): void {
  const output = ctx.outputQuant(node);
  const { clampMin, clampMax } = clampCodes(op.clamp, output);
  const ids = node.inputs.map((id) =>
    ctx.requantised(node, ctx.operand(node, id), output, { min: clampMin, max: clampMax }),
  );
  const select = kind === 'min' ? Math.min : Math.max;
  const range = cornerRange(ctx.range(ids[0]), ctx.range(ids[1]), ctx.shape(node.output).c, select);
  ctx.emit(node, { op: { kind }, inputs: ids, range });
}
