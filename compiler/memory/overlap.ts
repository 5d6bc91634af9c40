/**
 * The exact distance at which a step's output may overlap an input that dies at the step, so that no unread byte is
 * overwritten. It follows from the order in which the kernel touches memory (Kernel.accesses), for a whole layer:
 * calls of `rowsPerCall` rows, first to last (ascending) or last to first (descending), each call walking as it does.
 *
 * With d = offset(output) - offset(input), a write of output bytes [w0, w1) before a read of input bytes [r0, r1)
 * destroys something iff r0 - w1 < d < r1 - w0. Over all such (write, later read) pairs of the walk:
 *
 *   below  d <= -max(w1 - r0)        above  d >= max(r1 - w0)
 *
 * An event's reads come before its own writes. Exact as far as the events are: brute force agrees byte by byte in the
 * tests. O(events), of a few rows alone where a layer's rows are alike (regular-rows.ts).
 */

import { type Int8Graph, type Int8Node, valueOf } from '../ir/int8-graph.js';
import type { AccessEvent, Kernel, RowFilter } from '../machine/kernel.js';
import { edgeRows, isTooIrregular, regularMargin } from './regular-rows.js';

/** Both distances as in Overlap; a kernel that has read everything before it writes gives -Infinity. */
export interface SafeDistances {
  readonly belowBytes: number;
  readonly aboveBytes: number;
}

/** Events of the call for output rows [y, y + rows). */
export type CallEvents = (y: number, rows: number) => Iterable<AccessEvent>;

/** Positions of the calls that matter, of `calls` in all. */
export type CallFilter = (calls: number) => Iterable<number>;
const allCalls: CallFilter = (calls) => Array.from({ length: calls }, (_, k) => k);

/** Events of a whole layer: blocks of rowsPerCall rows counted from the first row, the last one shorter. */
export function* layerEvents(
  events: CallEvents,
  height: number,
  rowsPerCall: number,
  direction: 'ascending' | 'descending',
  which: CallFilter = allCalls,
): Iterable<AccessEvent> {
  const calls = Math.ceil(height / rowsPerCall);
  for (const k of which(calls)) {
    const y = (direction === 'ascending' ? k : calls - 1 - k) * rowsPerCall;
    yield* events(y, Math.min(rowsPerCall, height - y));
  }
}

export interface LayerWalk {
  readonly kernel: Kernel;
  readonly node: Int8Node;
  readonly input: number;
  /** Rows of the output. */
  readonly height: number;
  readonly rowsPerCall: number;
  readonly direction: 'ascending' | 'descending';
}

/** Safe distances of layers, each computed once: plans of one graph are tried with different views. */
export class LayerDistances {
  private readonly memo = new Map<string, SafeDistances>();

  constructor(private readonly graph: Int8Graph) {}

  of(walk: LayerWalk): SafeDistances {
    const key = [walk.kernel.id, walk.node.id, walk.input, walk.height, walk.rowsPerCall, walk.direction].join();
    let distances = this.memo.get(key);
    if (distances === undefined) this.memo.set(key, (distances = layerDistances(this.graph, walk)));
    return distances;
  }
}

/** The safe distances of a whole layer. */
export function layerDistances(
  graph: Int8Graph,
  { kernel, node, input, height, rowsPerCall, direction }: LayerWalk,
): SafeDistances {
  if (isTooIrregular(node, graph)) {
    // Apart from one another: far from anything that fits a microcontroller, and slow to list.
    const bytes = (id: number): number =>
      valueOf(graph, id).shape.h * valueOf(graph, id).shape.w * valueOf(graph, id).shape.c * 4;
    return { belowBytes: bytes(node.output), aboveBytes: bytes(node.inputs[input]) };
  }
  const margin = regularMargin(node, graph);
  const rows: RowFilter | undefined = margin === null ? undefined : (y, count) => edgeRows(y, count, margin);
  const calls: CallFilter | undefined =
    margin === null ? undefined : (count) => edgeRows(0, count, Math.ceil(margin / rowsPerCall) + 2);
  const events: CallEvents = (y, count) => kernel.accesses(node, graph, input, y, count, rows);
  return safeDistances(layerEvents(events, height, rowsPerCall, direction, calls));
}

/** The safe distances of one walk; only the one that the direction suits is of use mostly, but both hold for it. */
export function safeDistances(walk: Iterable<AccessEvent>): SafeDistances {
  const events = [...walk];
  let lowestRead = Infinity;
  let highestRead = -Infinity;
  let belowBytes = -Infinity;
  let aboveBytes = -Infinity;
  // Backwards: lowestRead and highestRead are those of all later events.
  for (let k = events.length - 1; k >= 0; k--) {
    const { readFrom, readTo, writtenFrom, writtenTo } = events[k];
    if (writtenFrom < writtenTo && lowestRead < highestRead) {
      belowBytes = Math.max(belowBytes, writtenTo - lowestRead);
      aboveBytes = Math.max(aboveBytes, highestRead - writtenFrom);
    }
    if (readFrom < readTo) {
      lowestRead = Math.min(lowestRead, readFrom);
      highestRead = Math.max(highestRead, readTo);
    }
  }
  return { belowBytes, aboveBytes };
}
