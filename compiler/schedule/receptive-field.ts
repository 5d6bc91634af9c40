/**
 * Receptive-field calculus: which rows (columns) of an input a window of output rows (columns) reads. Exact for
 * every operator; half-open intervals, clipped to the image, so that border tiles never claim padding.
 * The generalisation of MCUNetV2's backward rule (Lin et al. 2021, section 3) to any window, any pad, resampling,
 * transposed convolution and broadcast operands.
 */

import { type Int8Graph, type Int8Node, valueOf } from '../ir/int8-graph.js';
import { operatorOf } from '../ir/operators/index.js';
import { type Axis, type Interval, readsBroadcast } from '../ir/operators/operator.js';

export type { Axis, Interval };

/**
 * Positions of input `inputIndex` along `axis` which the output positions [lo, hi) read; empty (lo == hi) where
 * they read none. Complexity O(1), for Resize and Gather O(hi - lo).
 */
export function inputInterval(
  node: Int8Node,
  graph: Int8Graph,
  inputIndex: number,
  axis: Axis,
  lo: number,
  hi: number,
): Interval {
  if (lo >= hi) return { lo: 0, hi: 0 };
  const { op } = node;
  const operator = operatorOf(op);
  const input = valueOf(graph, node.inputs[inputIndex]).shape;
  const output = valueOf(graph, node.output).shape;
  // The operands of an epilogue are read where the result is written.
  if (inputIndex > 0 && operator.epilogue(op) !== null) return readsBroadcast(op, axis, lo, hi, input, output, 0);
  let before = 0;
  if (operator.partAxis(op) === axis)
    for (let i = 0; i < inputIndex; i++) before += valueOf(graph, node.inputs[i]).shape[axis];
  return operator.reads(op, axis, lo, hi, input, output, before);
}

/** Whether some output position lies so far outside the image that it reads nothing of it along `axis`. */
export function readsPaddingAlone(node: Int8Node, graph: Int8Graph, axis: Axis): boolean {
  const last = valueOf(graph, node.output).shape[axis] - 1;
  return [0, last].some((at) =>
    node.inputs.some((id, index) => {
      if (valueOf(graph, id).constant !== null) return false;
      const need = inputInterval(node, graph, index, axis, at, at + 1);
      return need.lo >= need.hi;
    }),
  );
}

/** One output position that reads the whole image, and that can be fed row by row into sums (global pooling). */
export function isFedByRows(node: Int8Node, graph: Int8Graph): boolean {
  const operator = operatorOf(node.op);
  const window = operator.window(node.op);
  if (!operator.sumsRows || window === null || node.inputs.length > 1) return false;
  const input = valueOf(graph, node.inputs[0]).shape;
  const output = valueOf(graph, node.output).shape;
  return (
    output.h === 1 &&
    output.w === 1 &&
    window.padTop === 0 &&
    window.padLeft === 0 &&
    window.kernelH >= input.h &&
    window.kernelW >= input.w &&
    window.dilationH === 1 &&
    window.dilationW === 1
  );
}
