/**
 * Runs a fused region on paper: which unit computes which rows when, and how many rows of each tensor must be held.
 *
 * The rule is the generated program's own: of all units whose input rows exist, the deepest (last in topological
 * order) computes its next batch; when none can, one row of a streamed network input is taken. Nothing runs before its
 * first row is there, whatever other inputs would allow: the program begins when a row comes. Greedy consumption
 * keeps each ring as shallow as its slowest consumer allows (a residual's delay, branches at different rates), and the
 * order does not depend on how many rows a caller pushes at a time.
 */

import { type Int8Graph, type ValueId, valueOf } from '../ir/int8-graph.js';
import { type Interval, isFedByRows } from './receptive-field.js';
import type { FusedRegion } from './schedule.js';
import { type UnitGeometry, backward, unitGeometry } from './unit.js';

/** One batch: unit `unit` computes output rows [y, y + rows) (a global pool: takes input rows [y, y + rows)). */
export interface UnitCall {
  readonly unit: number;
  readonly y: number;
  readonly rows: number;
}

export interface Stream {
  readonly units: readonly UnitGeometry[];
  /** Batches in execution order. */
  readonly calls: readonly UnitCall[];
  /** Tensors that live as rings, with their rows (at most the tensor's height). */
  readonly ringRows: ReadonlyMap<ValueId, number>;
  /** Tensors made here and stored whole: read after the region, or network outputs. */
  readonly whole: readonly ValueId[];
}

/** Rows that a unit works through: its output's, or its input's where it is a global pool fed row by row. */
export function unitRows(graph: Int8Graph, g: UnitGeometry): number {
  const node = g.nodes[0];
  return feedsGlobalPool(graph, g) ? valueOf(graph, node.inputs[0]).shape.h : valueOf(graph, g.output).shape.h;
}

/** Of the uint16 counters that a region keeps: rows done by each unit, rows taken of a streamed input. */
export const counterBytes = 2;

export const feedsGlobalPool = (graph: Int8Graph, g: UnitGeometry): boolean =>
  g.nodes.length === 1 && isFedByRows(g.nodes[0], graph);

/**
 * @param streamedInput the network input that is pushed row by row, or null.
 * Throws where the region cannot run (a unit waits for rows that never come): an internal error of the search.
 */
export function simulateStream(graph: Int8Graph, region: FusedRegion, streamedInput: ValueId | null): Stream {
  const units = region.units.map((u) => unitGeometry(graph, u));
  const inside = new Set(region.units.flatMap((u) => u.nodes));
  const networkOutputs = new Set(graph.outputs.map((o) => o.value));
  const readers = readersOf(graph);
  const made = new Map<ValueId, number>();
  units.forEach((g, k) => made.set(g.output, k));

  const rings: ValueId[] = [];
  const whole: ValueId[] = [];
  for (const id of made.keys()) {
    const outside = networkOutputs.has(id) || (readers.get(id) ?? []).some((n) => !inside.has(n));
    (outside ? whole : rings).push(id);
  }
  if (streamedInput !== null) rings.push(streamedInput);

  const total = units.map((g) => unitRows(graph, g));
  const done = units.map(() => 0);
  const available = new Map<ValueId, number>();
  for (const id of made.keys()) available.set(id, 0);
  if (streamedInput !== null) available.set(streamedInput, 0);
  const consumers = new Map<ValueId, number[]>();
  units.forEach((g, k) => {
    for (const id of g.external) if (available.has(id)) consumers.set(id, [...(consumers.get(id) ?? []), k]);
  });

  const batch = (k: number): number => Math.min(units[k].unit.rowsPerCall, total[k] - done[k]);
  const need = memoNeeds(graph, units);
  const ready = (k: number): boolean => {
    if (done[k] >= total[k]) return false;
    const windows = need(k, done[k], batch(k));
    return units[k].external.every((id) => (windows.get(id)?.hi ?? 0) <= (available.get(id) ?? Infinity));
  };
  const firstRead = memoFirstRead(units, total, need);
  const ringRows = new Map<ValueId, number>(rings.map((id) => [id, 0]));
  const measure = (id: ValueId): void => {
    const depth = ringRows.get(id);
    if (depth === undefined) return;
    const rows = available.get(id) ?? 0;
    let oldest = rows;
    for (const k of consumers.get(id) ?? []) {
      if (done[k] < total[k]) oldest = Math.min(oldest, firstRead(k, id)[done[k] / units[k].unit.rowsPerCall]);
    }
    if (rows - oldest > depth) ringRows.set(id, rows - oldest);
  };

  /** Takes a row of the streamed input; false where there is none. */
  const take = (): boolean => {
    if (streamedInput === null) return false;
    const pushed = available.get(streamedInput) ?? 0;
    if (pushed >= valueOf(graph, streamedInput).shape.h) return false;
    available.set(streamedInput, pushed + 1);
    measure(streamedInput);
    return true;
  };

  const calls: UnitCall[] = [];
  take();
  for (;;) {
    let k = units.length - 1;
    while (k >= 0 && !ready(k)) k--;
    if (k < 0) {
      if (take()) continue;
      break;
    }
    const rows = batch(k);
    calls.push({ unit: k, y: done[k], rows });
    const output = units[k].output;
    const pooled = feedsGlobalPool(graph, units[k]);
    // The batch is written while its inputs are still held: measure before the consumer's progress counts.
    if (!pooled) available.set(output, done[k] + rows);
    else if (done[k] + rows === total[k]) available.set(output, 1);
    measure(output);
    done[k] += rows;
  }
  const stuck = done.findIndex((rows, k) => rows < total[k]);
  if (stuck >= 0) throw new Error(`fused region: unit ${stuck} stops at row ${done[stuck]} of ${total[stuck]}`);
  for (const [id, rows] of ringRows) ringRows.set(id, Math.min(Math.max(rows, 1), valueOf(graph, id).shape.h));
  return { units, calls, ringRows, whole };
}

export function readersOf(graph: Int8Graph): Map<ValueId, number[]> {
  const readers = new Map<ValueId, number[]>();
  for (const node of graph.nodes) {
    for (const id of node.inputs) {
      const list = readers.get(id);
      if (list === undefined) readers.set(id, [node.id]);
      else list.push(node.id);
    }
  }
  return readers;
}

/** Rows of its inputs that unit `k` reads for rows [y, y + rows). */
type Needs = (k: number, y: number, rows: number) => ReadonlyMap<ValueId, Interval>;

function memoNeeds(graph: Int8Graph, units: readonly UnitGeometry[]): Needs {
  const memo = units.map(() => new Map<number, ReadonlyMap<ValueId, Interval>>());
  return (k, y, rows) => {
    const key = y * 65536 + rows;
    let windows = memo[k].get(key);
    if (windows === undefined) {
      const g = units[k];
      windows = feedsGlobalPool(graph, g)
        ? new Map([[g.external[0], { lo: y, hi: y + rows }]])
        : backward(graph, g, 'h', y, y + rows);
      memo[k].set(key, windows);
    }
    return windows;
  };
}

/**
 * By batch of unit `k`: the first row of an input which that batch or a later one reads. Most readers walk down their
 * input; gathers, reversed slices and reflected borders go back.
 */
function memoFirstRead(
  units: readonly UnitGeometry[],
  total: readonly number[],
  need: Needs,
): (k: number, id: ValueId) => readonly number[] {
  const memo = units.map(() => new Map<ValueId, readonly number[]>());
  return (k, id) => {
    const known = memo[k].get(id);
    if (known !== undefined) return known;
    const { rowsPerCall } = units[k].unit;
    const first = new Array<number>(Math.ceil(total[k] / rowsPerCall));
    for (let batch = first.length - 1, oldest = Infinity; batch >= 0; batch--) {
      const y = batch * rowsPerCall;
      oldest = Math.min(oldest, need(k, y, Math.min(rowsPerCall, total[k] - y)).get(id)?.lo ?? Infinity);
      first[batch] = oldest;
    }
    memo[k].set(id, first);
    return first;
  };
}
