/**
 * How far below a whole tensor that dies in a fused region the region's whole output may start, so that no row is
 * overwritten before its last reader has passed: rows are written and read in ascending order on both sides.
 */

import { type Int8Graph, type ValueId, valueOf, pixelBytesOf } from '../ir/int8-graph.js';
import { feedsGlobalPool, type Stream } from './stream.js';
import { backward } from './unit.js';

/**
 * Least distance offset(input) - offset(output) in bytes; may be negative. Each batch counts as reading all its rows
 * after it has written its own: safe for every kernel and tile order, at most one batch above the least.
 */
export function streamBelowBytes(graph: Int8Graph, stream: Stream, input: ValueId, output: ValueId): number {
  const rowBytes = (id: ValueId): number => valueOf(graph, id).shape.w * pixelBytesOf(valueOf(graph, id));
  const inRow = rowBytes(input);
  const outRow = rowBytes(output);
  // Lowest input row that the calls from t on read.
  let lowest = Infinity;
  let below = -Infinity;
  for (let t = stream.calls.length - 1; t >= 0; t--) {
    const { unit, y, rows } = stream.calls[t];
    const g = stream.units[unit];
    if (g.external.includes(input)) {
      const lo = feedsGlobalPool(graph, g) ? y : (backward(graph, g, 'h', y, y + rows).get(input)?.lo ?? Infinity);
      lowest = Math.min(lowest, lo);
    }
    if (g.output === output && lowest !== Infinity) {
      const writtenRows = feedsGlobalPool(graph, g) ? 1 : y + rows;
      below = Math.max(below, writtenRows * outRow - lowest * inRow);
    }
  }
  // Nothing is written before the last read: the tensors may lie anyhow as far as order goes.
  return below === -Infinity ? -(valueOf(graph, input).shape.h * inRow) : below;
}
