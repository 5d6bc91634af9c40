/** The exact SRAM of one region: rings from the simulated stream, whole tensors with their overlaps, tiles, scratch. */

import { type Int8Graph, type ValueId, valueOf, pixelBytesOf } from '../ir/int8-graph.js';
import { spanBound } from '../memory/lower-bound.js';
import type { Buffer, Overlap } from '../memory/problem.js';
import { counterBytes, simulateStream, unitRows } from '../schedule/stream.js';
import { streamBelowBytes } from '../schedule/stream-overlap.js';
import type { Liveness } from './liveness.js';
import type { UnitOption } from './unit-table.js';

/**
 * Least span of everything that lives while the region [first, end) runs, scratch included; what the placement then
 * reaches or nearly reaches.
 */
export function regionPeakBytes(
  graph: Int8Graph,
  live: Liveness,
  first: number,
  end: number,
  units: readonly UnitOption[],
  streamedInput: ValueId | null,
): number {
  const stream = simulateStream(graph, { kind: 'fused', units: units.map((u) => u.unit) }, streamedInput);
  const buffers: Buffer[] = [];
  const overlaps: Overlap[] = [];
  const add = (id: number, bytes: number): void => {
    buffers.push({ id, name: '', kind: 'activation', bytes, alignBytes: 4, firstStep: 0, endStep: 1 });
  };
  const wholeInputs = live.liveAt(first).filter((id) => id !== streamedInput);
  for (const id of wholeInputs) add(id, live.bytes(id));
  for (const id of stream.whole) add(id, live.bytes(id));
  for (const input of wholeInputs.filter((id) => live.lastRead(id) < end)) {
    for (const output of stream.whole) {
      overlaps.push({
        output,
        input,
        same: false,
        belowBytes: streamBelowBytes(graph, stream, input, output),
        aboveBytes: null,
      });
    }
  }
  let fixed = counterBytes * (units.length + (streamedInput === null ? 0 : 1));
  for (const [id, rows] of stream.ringRows) {
    const tensor = valueOf(graph, id);
    fixed += (rows * tensor.shape.w * pixelBytesOf(tensor) + 3) & ~3;
  }
  // The sums of a global pool live as long as its rows come.
  for (const g of stream.units) {
    if (unitRows(graph, g) !== valueOf(graph, g.output).shape.h) fixed += 4 * valueOf(graph, g.output).shape.c;
  }
  const work = Math.max(...units.map((u) => u.workBytes));
  return spanBound(buffers, overlaps, 4) + fixed + work;
}
