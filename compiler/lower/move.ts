/** Operators that move codes: inputs are brought to the output's quantisation first. */

import { quantiseNumber } from '../ir/codes.js';
import type { Concat, Gather, Node, Pad, Reshape, Slice, Transpose } from '../ir/graph.js';
import type { Int8Op, Int8Value } from '../ir/int8-graph.js';
import { elements, type Quant } from '../ir/tensor.js';
import { concat, gather, pad, slice, transpose } from '../reference/int8/move.js';
import type { LowerContext } from './context.js';
import { movedRange } from './ranges.js';

type Move = Concat | Slice | Pad | Transpose | Gather | Reshape;

export function lowerMove(ctx: LowerContext, node: Node, op: Move): void {
  const output = ctx.outputQuant(node);
  const operands = node.inputs.map((id) => ctx.operand(node, id));
  const shape = ctx.shape(node.output);
  // A table goes where fewer codes pass through it.
  const later = operands.length === 1 && op.kind !== 'pad' && elements(shape) < elements(operands[0].shape);
  if (later) return moveThenRequantise(ctx, node, op, operands[0], output);
  const ids = operands.map((x) => ctx.requantised(node, x, output));
  emitMove(ctx, node, op, ids, output);
}

function moveThenRequantise(
  ctx: LowerContext,
  node: Node,
  op: Move,
  input: Int8Value & { readonly quant: Quant },
  output: Quant,
): void {
  const table = ctx.requantisationOf(input, output);
  if (table === null) return emitMove(ctx, node, op, [input.id], output);
  const shape = ctx.shape(node.output);
  const moved = ctx.emitBetween(node, op.kind, shape, input.quant, emissionOf(ctx, node, op, [input.id], input.quant));
  ctx.emit(node, ctx.tableEmission(moved, table));
}

function emitMove(ctx: LowerContext, node: Node, op: Move, ids: readonly number[], output: Quant): void {
  ctx.emit(node, emissionOf(ctx, node, op, ids, output));
}

function emissionOf(ctx: LowerContext, node: Node, op: Move, ids: readonly number[], quant: Quant) {
  const shapes = ids.map((id) => ctx.shape(id));
  const output = ctx.shape(node.output);
  const lowered: Int8Op = op.kind === 'pad' ? { ...op, value: quantiseNumber(op.value, quant) } : op;
  const move = (tensors: Int8Array[]): Int8Array => {
    switch (lowered.kind) {
      case 'concat':
        return concat(lowered.axis, tensors, shapes, output);
      case 'slice':
        return slice(lowered.start, lowered.step, tensors[0], shapes[0], output);
      case 'pad':
        return pad(lowered, lowered.value, tensors[0], shapes[0], output);
      case 'transpose':
        return transpose(lowered.dims, lowered.perm, tensors[0]);
      case 'gather':
        return gather(lowered.axis, lowered.indices, tensors[0], shapes[0], output);
      default:
        return tensors[0];
    }
  };
  return {
    op: lowered,
    inputs: ids,
    range: movedRange(
      ids.map((id) => ctx.range(id)),
      shapes,
      output.c,
      move,
    ),
  };
}
