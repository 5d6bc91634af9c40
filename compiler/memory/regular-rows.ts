/**
 * Which rows of a layer tell its safe distances (overlap.ts). Away from the image's borders a kernel does for every row
 * what it did a few rows before (at most `longestPeriod`: it may take pixels or rows by twos and threes), with all reads
 * moved by one constant and all writes by another. So for a write in row a before a read in row b >= a both quantities
 * that the distances maximise are linear in a and in b, within one phase of each; over such a triangle of (a, b) a
 * linear function is largest at a corner: both rows among the first, both among the last, or one each. The same holds
 * for calls of several rows. Hence the rows near either end, with those that borders touch, say as much as all of them.
 */

import { type Int8Graph, type Int8Node, valueOf } from '../ir/int8-graph.js';
import { dilated } from '../ir/window.js';

/** Rows after which every kernel's order repeats: pairs and threes of rows or pixels. */
const longestPeriod = 6;
/** Output pixels of an irregular layer that are listed one by one: as many bytes fill any microcontroller. */
const mostIrregularPixels = 2 ** 22;

/** Rows at either end that may differ from those between them, two periods included; null where no rule is known. */
export function regularMargin(node: Int8Node, graph: Int8Graph): number | null {
  const { op } = node;
  const height = valueOf(graph, node.output).shape.h;
  switch (op.kind) {
    case 'conv2d':
    case 'maxPool':
    case 'averagePool':
    case 'poolSums': {
      const { padTop, strideH, kernelH, dilationH } = op.window;
      const above = Math.ceil(padTop / strideH);
      const lastInside = Math.floor(
        (valueOf(graph, node.inputs[0]).shape.h + padTop - dilated(kernelH, dilationH)) / strideH,
      );
      // A row more for kernels that stage input rows as they go.
      return Math.max(above, height - 1 - lastInside) + 1 + 2 * longestPeriod;
    }
    case 'softmax':
    case 'logSoftmax':
    case 'argMax':
    case 'floatPixels':
    case 'slice':
      return 2 * longestPeriod;
    case 'pad':
      return op.mode === 'constant'
        ? Math.max(op.before.h, height - op.before.h - valueOf(graph, node.inputs[0]).shape.h) + 2 * longestPeriod
        : null;
    default:
      return null;
  }
}

/** Irregular layers with an event for every pixel, where there are too many of them. */
export function isTooIrregular(node: Int8Node, graph: Int8Graph): boolean {
  const { h, w } = valueOf(graph, node.output).shape;
  return (
    ['resize', 'gather', 'pad'].includes(node.op.kind) &&
    regularMargin(node, graph) === null &&
    h * w > mostIrregularPixels
  );
}

/** Of the numbers [first, first + count): the first and the last `margin` of them; all where those meet. */
export function* edgeRows(first: number, count: number, margin: number): Iterable<number> {
  const gap = count > 2 * margin;
  for (let k = 0; k < (gap ? margin : count); k++) yield first + k;
  for (let k = gap ? count - margin : count; k < count; k++) yield first + k;
}
