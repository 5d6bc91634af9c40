/** Pooling. */

import type { AveragePool, MaxPool, Node } from '../ir/graph.js';
import type { Requant } from '../ir/int8-graph.js';
import { sameQuant } from '../ir/tensor.js';
import { requantise } from '../numerics/apply.js';
import { divide, integer, multiply, rational } from '../numerics/rational.js';
import { poolDivisor } from '../reference/int8/pool.js';
import { clampCodes } from './clamp.js';
import type { LowerContext } from './context.js';
import { imageOf, type CodeRange } from './ranges.js';
import { planSingle } from './single.js';
import { requantisationTable } from './table.js';

/** The largest code is the largest real value; a change of quantisation follows, on the smaller tensor. */
export function lowerMaxPool(ctx: LowerContext, node: Node, op: MaxPool): void {
  const input = ctx.operand(node, node.inputs[0]);
  const output = ctx.outputQuant(node);
  const { clampMin, clampMax } = clampCodes(op.clamp, output);
  const range = ctx.range(input.id);
  if (sameQuant(input.quant, output)) {
    const clamp = (code: number): number => Math.min(Math.max(code, clampMin), clampMax);
    ctx.emit(node, {
      op: { kind: 'maxPool', window: op.window, clampMin, clampMax },
      inputs: [input.id],
      range: imageOf(range, clamp),
    });
    return;
  }
  const pooled = ctx.emitBetween(node, 'max', ctx.shape(node.output), input.quant, {
    op: { kind: 'maxPool', window: op.window, clampMin: -128, clampMax: 127 },
    inputs: [input.id],
    range,
  });
  const table = requantisationTable(input.quant, output, clampMin, clampMax);
  ctx.emit(node, ctx.tableEmission(pooled, table));
}

/** One requantisation for each number of taps that a window can have. */
export function lowerAveragePool(ctx: LowerContext, node: Node, op: AveragePool): void {
  const input = ctx.operand(node, node.inputs[0]);
  const output = ctx.outputQuant(node);
  const codes = { zeroPoint: output.zeroPoint, ...clampCodes(op.clamp, output) };
  const range = ctx.range(input.id);
  const least = range.min.reduce((m, v) => Math.min(m, v), 127) - input.quant.zeroPoint;
  const most = range.max.reduce((m, v) => Math.max(m, v), -128) - input.quant.zeroPoint;
  const divisors = divisorsOf(op, input.shape, ctx.shape(node.output));
  let off = 0;
  let of = 0;
  const requants = divisors.map((divisor): Requant => {
    const { requant, deviations } = planSingle(
      {
        scale: divide(rational(input.quant.scale), multiply(rational(output.scale), integer(divisor))),
        // With padding in the divisor some of its taps may be outside the image: they add nothing.
        lo: divisor * (op.countIncludePad ? Math.min(least, 0) : least),
        hi: divisor * (op.countIncludePad ? Math.max(most, 0) : most),
      },
      codes,
    );
    off += deviations.off;
    of += deviations.of;
    return requant;
  });
  const bounds = (bound: Int8Array, pick: (...codes: number[]) => number): Int8Array =>
    bound.map((code) =>
      pick(
        ...requants.flatMap((requant, i) => {
          const acc = divisors[i] * (code - input.quant.zeroPoint);
          return [requantise(acc, requant), ...(op.countIncludePad ? [requantise(0, requant)] : [])];
        }),
      ),
    );
  const result: CodeRange = { min: bounds(range.min, Math.min), max: bounds(range.max, Math.max) };
  ctx.emit(node, {
    op: {
      kind: 'averagePool',
      window: op.window,
      countIncludePad: op.countIncludePad,
      inputZeroPoint: input.quant.zeroPoint,
      divisors: Int32Array.from(divisors),
      requants,
    },
    inputs: [input.id],
    range: result,
    deviations: { off, of },
  });
}

/** Every divisor that occurs, in increasing order. */
export function divisorsOf(
  op: AveragePool,
  input: { h: number; w: number; c: number },
  output: { h: number; w: number },
): number[] {
  const seen = new Set<number>();
  const { window, countIncludePad } = op;
  // The divisor is (rows) * (columns): one column of windows and one row of them show all factors.
  const column = { ...window, kernelW: 1, strideW: 1, dilationW: 1, padLeft: 0, padRight: 0 };
  const row = { ...window, kernelH: 1, strideH: 1, dilationH: 1, padTop: 0, padBottom: 0 };
  const rows = new Set(Array.from({ length: output.h }, (_, y) => poolDivisor(column, input, countIncludePad, y, 0)));
  const columns = new Set(Array.from({ length: output.w }, (_, x) => poolDivisor(row, input, countIncludePad, 0, x)));
  for (const r of rows) for (const c of columns) seen.add(r * c);
  return [...seen].sort((a, b) => a - b);
}
