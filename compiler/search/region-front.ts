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
  const choices = choicesOf(table, first, end, isRing);
  if (choices === null) return [];
  const found = new Map<string, RegionCandidate>();
  for (const price of prices) {
    for (const byMacs of [false, true]) {
      // Down the staircase of work bytes: each step just under the last.
      for (let cap = Infinity, steps = 0; steps < 24; steps++) {
        const units = cheapest(choices, end - first, cap, price, byMacs);
        if (units === null) break;
        const key = units.map((c) => c.key).join();
        if (!found.has(key)) found.set(key, candidate(units));
        cap = Math.floor(Math.max(...units.map((c) => c.option.workBytes)) * 0.985) - 1;
      }
    }
  }
  return paretoOf([...found.values()]);
}

/** A unit in a region, with its ring bytes there; positions count from the region's first node. */
interface Choice {
  readonly key: number;
  readonly option: UnitOption;
  readonly from: number;
  readonly to: number;
  readonly ringBytes: number;
}

function candidate(choices: readonly Choice[]): RegionCandidate {
  let rings = 0;
  let work = 0;
  let executedMacs = 0;
  let instructions = 0;
  for (const { option, ringBytes } of choices) {
    rings += ringBytes;
    work = Math.max(work, option.workBytes);
    executedMacs += option.executedMacs;
    instructions += option.instructions;
  }
  return { units: choices.map((c) => c.option), executedMacs, instructions, modelBytes: rings + work };
}

/** Options inside [first, end) by first node; null where some node has none. */
function choicesOf(table: UnitTable, first: number, end: number, isRing: (id: ValueId) => boolean): Choice[][] | null {
  let key = 0;
  const rings = new Map<ValueId, boolean>();
  const ring = (id: ValueId): boolean => {
    let known = rings.get(id);
    if (known === undefined) rings.set(id, known = isRing(id));
    return known;
  };
  const choices: Choice[][] = [];
  for (let k = first; k < end; k++) {
    const list: Choice[] = [];
    for (const option of table.from[k]) {
      if (option.end > end) continue;
      let ringBytes = option.outputRowsBytes;
      for (const r of option.inputRings) if (ring(r.value)) ringBytes += r.bytes;
      list.push({ key: key++, option, from: k - first, to: option.end - first, ringBytes });
    }
    if (list.length === 0) return null;
    choices.push(list);
  }
  return choices;
}

function cheapest(choices: readonly (readonly Choice[])[], n: number, cap: number, price: number, byMacs: boolean): Choice[] | null {
  const best = new Float64Array(n + 1).fill(Infinity);
  const chosen = new Array<Choice | null>(n + 1).fill(null);
  best[0] = 0;
  for (let k = 0; k < n; k++) {
    const base = best[k];
    if (base === Infinity) continue;
    for (const c of choices[k]) {
      if (c.option.workBytes > cap) continue;
      const cost = base + (byMacs ? 2 * c.option.executedMacs : c.option.instructions) + price * c.ringBytes;
      if (cost < best[c.to]) {
        best[c.to] = cost;
        chosen[c.to] = c;
      }
    }
  }
  if (best[n] === Infinity) return null;
  const units: Choice[] = [];
  for (let at = n; at > 0;) {
    const c = chosen[at]!;
    units.unshift(c);
    at = c.from;
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
