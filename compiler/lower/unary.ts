/** Functions of one tensor: tables. */

import type { Node, PRelu, Unary } from '../ir/graph.js';
import { requantise, requantiseChannel } from '../numerics/apply.js';
import { divide, multiply, rational } from '../numerics/rational.js';
import { planRequant } from '../numerics/requantise.js';
import { isIdentity, type LowerContext } from './context.js';
import { imageOf, overall, type CodeRange } from './ranges.js';
import { planSingle } from './single.js';
import { tableOf } from './table.js';

export function lowerUnary(ctx: LowerContext, node: Node, op: Unary): void {
  const input = ctx.operand(node, node.inputs[0]);
  const { codes, nearTies } = tableOf(op.expr, input.quant, ctx.outputQuant(node));
  const range = ctx.range(input.id);
  ctx.emit(node, {
    // A function that changes no reachable code is free.
    op: isIdentity(codes, range) ? { kind: 'reshape' } : { kind: 'lut', table: codes },
    inputs: [input.id],
    range: imageOf(range, (code) => codes[code + 128]),
    deviations: { off: nearTies, of: 256 },
  });
}

export function lowerPRelu(ctx: LowerContext, node: Node, op: PRelu): void {
  const input = ctx.operand(node, node.inputs[0]);
  const output = ctx.outputQuant(node);
  if (!op.slopes.every(Number.isFinite)) ctx.fail(node, 'E404', 'one of its slopes is not finite');
  const codes = { zeroPoint: output.zeroPoint, clampMin: -128, clampMax: 127 };
  const range = ctx.range(input.id);
  const { min, max } = overall(range);
  const factor = divide(rational(input.quant.scale), rational(output.scale));
  const least = Math.min(min - input.quant.zeroPoint, -1);
  const positive = planSingle({ scale: factor, lo: 0, hi: Math.max(max - input.quant.zeroPoint, 0) }, codes);
  const {
    constants: _,
    deviations,
    ...negative
  } = planRequant(
    Array.from(op.slopes, (slope) => ({ scale: multiply(rational(slope), factor), lo: least, hi: -1 })),
    codes,
    { encodeConstants: false },
  );
  const apply = (code: number, channel: number): number => {
    const acc = code - input.quant.zeroPoint;
    return acc >= 0 ? requantise(acc, positive.requant) : requantiseChannel(acc, negative, channel);
  };
  ctx.emit(node, {
    op: { kind: 'prelu', inputZeroPoint: input.quant.zeroPoint, positive: positive.requant, negative },
    inputs: [input.id],
    range: perChannel(range, apply),
    deviations: { off: positive.deviations.off + deviations.off, of: positive.deviations.of + deviations.of },
  });
}

function perChannel(range: CodeRange, f: (code: number, channel: number) => number): CodeRange {
  const result = { min: range.min.slice(), max: range.max.slice() };
  range.min.forEach((low, c) => {
    const single = imageOf({ min: Int8Array.of(low), max: Int8Array.of(range.max[c]) }, (code) => f(code, c));
    result.min[c] = single.min[0];
    result.max[c] = single.max[0];
  });
  return result;
}
