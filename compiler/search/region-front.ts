/**
 * The best ways to run nodes [first, end) as one fused region: a dynamic program over units. For a price on ring bytes
 * and a cap on work bytes (tiles and scratch, of which only the largest counts) it finds the partition of least cost;
 * sweeping both gives candidates, which the caller measures exactly. Optimal for the model in which each ring's depth
 * depends on its neighbours alone (chains, residuals inside a unit); the exact depth comes from schedule/stream.ts.
 */

import type { ValueId } from '../ir/int8-graph.js';
import type { UnitOption, UnitTable } from './unit-table.js';

export interface RegionCandidate {
  readonly units: readonly UnitOption[];
  readonly executedMacs: number;
  readonly instructions: number;
  /** Rings and work by the model; whole tensors are the caller's. */
  readonly modelBytes: number;
}

const prices = [0, 0.5, 1, 2, 4, 7, 12, 20, 35, 60, 100, 200, 400, 1000, 1e5];

/**
 * @param isRing whether a value is a ring in this region (made inside it, or the streamed input).
 */
export function regionFront(
  table: UnitTable, first: number, end: number, isRing: (id: ValueId) => boolean,
): RegionCandidate[] {
  const options = usable(table, first, end);
  if (options === null) return [];
  const caps = workCaps(options);
  const found = new Map<string, RegionCandidate>();
  for (const cap of caps) {
    for (const price of prices) {
      for (const cost of [(u: UnitOption) => u.instructions, (u: UnitOption) => u.executedMacs * 2]) {
        const units = cheapest(options, first, end, cap, (u) => cost(u) + price * ringBytes(u, isRing));
        if (units === null) continue;
        const key = units.map((u) => `${u.first}:${u.end}:${u.unit.rowsPerCall}:${u.unit.colsPerTile}`).join(' ');
        if (!found.has(key)) found.set(key, candidate(units, isRing));
      }
    }
  }
  return paretoOf([...found.values()]);
}

function candidate(units: readonly UnitOption[], isRing: (id: ValueId) => boolean): RegionCandidate {
  let rings = 0;
  let work = 0;
  let executedMacs = 0;
  let instructions = 0;
  for (const u of units) {
    rings += ringBytes(u, isRing);
    work = Math.max(work, u.workBytes);
    executedMacs += u.executedMacs;
    instructions += u.instructions;
  }
  return { units, executedMacs, instructions, modelBytes: rings + work };
}

function ringBytes(u: UnitOption, isRing: (id: ValueId) => boolean): number {
  let bytes = u.outputRowsBytes;
  for (const ring of u.inputRings) if (isRing(ring.value)) bytes += ring.bytes;
  return bytes;
}

/** Options inside [first, end) by first node; null where some node has none. */
function usable(table: UnitTable, first: number, end: number): UnitOption[][] | null {
  const options: UnitOption[][] = [];
  for (let k = first; k < end; k++) {
    const list = table.from[k].filter((u) => u.end <= end);
    options.push(list);
  }
  return options.every((list) => list.length > 0) ? options : null;
}

/** A few caps on work bytes, from the least that any partition needs up to no cap. */
function workCaps(options: readonly (readonly UnitOption[])[]): number[] {
  const works = [...new Set(options.flat().map((u) => u.workBytes))].sort((a, b) => a - b);
  const picks = 10;
  const caps = new Set<number>([Infinity]);
  for (let i = 0; i < picks; i++) caps.add(works[Math.floor((i * (works.length - 1)) / (picks - 1))]);
  return [...caps].sort((a, b) => b - a);
}

function cheapest(
  options: readonly (readonly UnitOption[])[], first: number, end: number, cap: number, cost: (u: UnitOption) => number,
): UnitOption[] | null {
  const n = end - first;
  const best = new Array<number>(n + 1).fill(Infinity);
  const chosen = new Array<UnitOption | null>(n + 1).fill(null);
  best[0] = 0;
  for (let k = 0; k < n; k++) {
    if (best[k] === Infinity) continue;
    for (const u of options[k]) {
      if (u.workBytes > cap) continue;
      const at = u.end - first;
      const c = best[k] + cost(u);
      if (c < best[at]) {
        best[at] = c;
        chosen[at] = u;
      }
    }
  }
  if (best[n] === Infinity) return null;
  const units: UnitOption[] = [];
  for (let at = n; at > 0;) {
    const u = chosen[at]!;
    units.unshift(u);
    at = u.first - first;
  }
  return units;
}

/** Candidates that no other beats in bytes, MACs and instructions at once. */
function paretoOf(all: readonly RegionCandidate[]): RegionCandidate[] {
  const beats = (a: RegionCandidate, b: RegionCandidate): boolean =>
    a.modelBytes <= b.modelBytes && a.executedMacs <= b.executedMacs && a.instructions <= b.instructions
    && (a.modelBytes < b.modelBytes || a.executedMacs < b.executedMacs || a.instructions < b.instructions);
  return all.filter((c) => !all.some((other) => beats(other, c)));
}
