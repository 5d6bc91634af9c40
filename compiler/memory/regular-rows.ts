/**
 * Which rows of a layer tell its safe distances (overlap.ts). Away from the image's borders a kernel does for every row
 * what it did a few rows before (at most `longestPeriod`: it may take pixels or rows by twos and threes), with all reads
 * moved by one constant and all writes by another. So for a write in row a before a read in row b >= a both quantities
 * that the distances maximise are linear in a and in b, within one phase of each; over such a triangle of (a, b) a
 * linear function is largest at a corner: both rows among the first, both among the last, or one each. The same holds
 * for calls of several rows. Hence the rows near either end, with those that borders touch, say as much as all of them.
 */

import { type Int8Graph, type Int8Node, valueOf } from '../ir/int8-graph.js';
import { operatorOf } from '../ir/operators/index.js';

/** Rows after which every kernel's order repeats: pairs and threes of rows or pixels. */
const longestPeriod = 6;
/** Output pixels of an irregular layer that are listed one by one: as many bytes fill any microcontroller. */
const mostIrregularPixels = 2 ** 22;

/** Rows at either end that may differ from those between them, two periods included; null where no rule is known. */
export function regularMargin({ op, inputs, output }: Int8Node, graph: Int8Graph): number | null {
  const border = operatorOf(op).borderRows(op, valueOf(graph, inputs[0]).shape, valueOf(graph, output).shape);
  return border === null ? null : border + 2 * longestPeriod;
}

/** Irregular layers with an event for every pixel, where there are too many of them. */
export function isTooIrregular(node: Int8Node, graph: Int8Graph): boolean {
  const { h, w } = valueOf(graph, node.output).shape;
  return operatorOf(node.op).orderByPixel && regularMargin(node, graph) === null && h * w > mostIrregularPixels;
}

/** Of the numbers [first, first + count): the first and the last `margin` of them; all where those meet. */
export function* edgeRows(first: number, count: number, margin: number): Iterable<number> {
  const gap = count > 2 * margin;
  for (let k = 0; k < (gap ? margin : count); k++) yield first + k;
  for (let k = gap ? count - margin : count; k < count; k++) yield first + k;
}
