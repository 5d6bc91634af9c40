/** Resize: nearest copies codes, linear is a weighted sum of four. */

import type { Node, Resize } from '../ir/graph.js';
import type { Int8Value } from '../ir/int8-graph.js';
import type { Quant } from '../ir/tensor.js';
import { linearCode, planLinear } from '../numerics/resize.js';
import type { LowerContext } from './context.js';
import { overall } from './ranges.js';

export function lowerResize(ctx: LowerContext, node: Node, op: Resize): void {
  const input = ctx.operand(node, node.inputs[0]);
  const output = ctx.outputQuant(node);
  if (op.mode === 'linear') return lowerLinear(ctx, node, op, input, output);
  const { mode, rows, columns } = op;
  const id = ctx.requantised(node, input, output);
  ctx.emit(node, {
    op: { kind: 'resize', mode, rows, columns, inputZeroPoint: output.zeroPoint, linear: null },
    inputs: [id],
    range: ctx.range(id),
  });
}

function lowerLinear(
  ctx: LowerContext,
  node: Node,
  op: Resize,
  input: Int8Value & { readonly quant: Quant },
  output: Quant,
): void {
  const { mode, rows, columns } = op;
  const truncates = op.codeOrigin !== null;
  const inputZeroPoint = op.codeOrigin ?? input.quant.zeroPoint;
  const zeroPoint = op.codeOrigin ?? output.zeroPoint;
  const [inputScale, outputScale] = truncates ? [1, 1] : [input.quant.scale, output.scale];
  const weight = rows.denominator * columns.denominator;
  const range = ctx.range(input.id);
  const linear =
    planLinear({ rows, columns, inputZeroPoint }, { truncates, inputScale, outputScale, zeroPoint }, overall(range)) ??
    ctx.fail(
      node,
      'E404',
      `linear resizing by these factors needs weights over ${weight}, beyond int32`,
      "Choose output sizes in a simple ratio to the input's.",
    );
  // Float32 noise moves a result by at most one step.
  const end =
    (slack: number) =>
    (code: number): number => {
      const exact = linearCode(weight * (code - inputZeroPoint), weight, { ...linear, doubt: 0 })!;
      return linear.doubt === 0 ? exact : Math.max(-128, Math.min(127, exact + slack));
    };
  ctx.emit(node, {
    op: { kind: 'resize', mode, rows, columns, inputZeroPoint, linear },
    inputs: [input.id],
    range: { min: range.min.map(end(-1)), max: range.max.map(end(1)) },
  });
}
