/** Resize: nearest copies codes, linear is an exact weighted sum of four. */

import type { Node, Resize } from '../ir/graph.js';
import { requantise } from '../numerics/apply.js';
import { divide, integer, multiply, rational } from '../numerics/rational.js';
import type { LowerContext } from './context.js';
import { overall } from './ranges.js';
import { planSingle } from './single.js';

export function lowerResize(ctx: LowerContext, node: Node, op: Resize): void {
  const input = ctx.operand(node, node.inputs[0]);
  const output = ctx.outputQuant(node);
  const { mode, rows, columns } = op;
  if (mode === 'nearest') {
    const id = ctx.requantised(node, input, output);
    const { zeroPoint } = output;
    return ctx.emit(node, { op: { kind: 'resize', mode, rows, columns, inputZeroPoint: zeroPoint, requant: null }, inputs: [id], range: ctx.range(id) });
  }
  const { zeroPoint } = input.quant;
  const weight = rows.denominator * columns.denominator;
  if (weight * 256 >= 2 ** 31) {
    ctx.fail(node, 'E404', `linear resizing by these factors needs weights over ${weight}, beyond int32`, 'Choose output sizes in a simple ratio to the input\'s.');
  }
  const range = ctx.range(input.id);
  const { min, max } = overall(range);
  const { requant, deviations } = planSingle(
    {
      scale: divide(rational(input.quant.scale), multiply(rational(output.scale), integer(weight))),
      lo: weight * (min - zeroPoint),
      hi: weight * (max - zeroPoint),
    },
    { zeroPoint: output.zeroPoint, clampMin: -128, clampMax: 127 },
  );
  const end = (code: number): number => requantise(weight * (code - zeroPoint), requant);
  ctx.emit(node, {
    op: { kind: 'resize', mode, rows, columns, inputZeroPoint: zeroPoint, requant },
    inputs: [input.id],
    range: { min: range.min.map(end), max: range.max.map(end) },
    deviations,
  });
}
