import { describe, expect, it } from 'vitest';
import { RegionFronts } from '../../../compiler/search/region-front.js';
import { paretoOptimal } from '../../../compiler/search/pareto-front.js';
import type { UnitOption, UnitTable } from '../../../compiler/search/unit-table.js';
import { SeededRandom } from '../../../compiler/util/random.js';

/** A chain whose node k reads value k and writes value k + 1; runs of up to three nodes in up to five ways. */
function randomTable(random: SeededRandom, nodes: number): UnitTable {
  const below = (n: number): number => random.next() % n;
  const from = Array.from({ length: nodes }, (_, first) => {
    const options: UnitOption[] = [];
    for (let end = first + 1; end <= Math.min(nodes, first + 3); end++) {
      for (let way = 0; way <= below(5); way++) {
        options.push({
          unit: { nodes: [], kernels: [], rowsPerCall: 1, colsPerTile: 0, slideColumns: false },
          first,
          end,
          workBytes: below(20),
          inputRings: [{ value: first, bytes: below(30) }],
          outputRowsBytes: below(4),
          executedMacs: below(6),
          instructions: below(12),
        });
      }
    }
    return options;
  });
  return { from };
}

function* partitions(table: UnitTable, first: number, end: number): Iterable<UnitOption[]> {
  if (first === end) yield [];
  for (const option of table.from[first] ?? []) {
    if (option.end <= end) for (const rest of partitions(table, option.end, end)) yield [option, ...rest];
  }
}

const sum = (units: readonly UnitOption[], figure: (u: UnitOption) => number): number =>
  units.reduce((s, u) => s + figure(u), 0);

describe('the front of a region', () => {
  it('holds the cheapest of all partitions by instructions and by MACs', () => {
    const random = new SeededRandom(7);
    for (let round = 0; round < 60; round++) {
      const table = randomTable(random, 6);
      const fronts = new RegionFronts(table);
      for (const [first, end] of [
        [0, 6],
        [1, 5],
        [2, 3],
      ]) {
        const isRing = (id: number): boolean => id > first;
        const ringBytes = (u: UnitOption): number => u.outputRowsBytes + (isRing(u.first) ? u.inputRings[0].bytes : 0);
        const all = [...partitions(table, first, end)];
        const front = fronts.of(first, end, isRing);
        expect(front.length === 0).toBe(all.length === 0);
        if (all.length === 0) continue;
        for (const c of front) {
          expect(c.modelBytes).toBe(sum(c.units, ringBytes) + Math.max(...c.units.map((u) => u.workBytes)));
          expect([c.executedMacs, c.instructions]).toEqual([
            sum(c.units, (u) => u.executedMacs),
            sum(c.units, (u) => u.instructions),
          ]);
        }
        const least = (
          of: readonly (readonly UnitOption[])[],
          figure: (units: readonly UnitOption[]) => number,
        ): number => Math.min(...of.map(figure));
        const found = front.map((c) => c.units);
        for (const figure of [(u: UnitOption) => u.instructions, (u: UnitOption) => u.executedMacs]) {
          expect(least(found, (units) => sum(units, figure))).toBe(least(all, (units) => sum(units, figure)));
        }
      }
    }
  });

  it('leaves out what another item beats in every figure', () => {
    const random = new SeededRandom(3);
    for (let round = 0; round < 200; round++) {
      const items = Array.from({ length: random.next() % 13 }, () => [0, 1, 2].map(() => random.next() % 5));
      const nowhereWorse = (a: readonly number[], b: readonly number[]): boolean => a.every((x, i) => x <= b[i]);
      const equal = (a: readonly number[], b: readonly number[]): boolean => nowhereWorse(a, b) && nowhereWorse(b, a);
      const strict = items.filter((b) => !items.some((a) => nowhereWorse(a, b) && !equal(a, b)));
      expect(paretoOptimal(items, (f) => f, true)).toEqual(strict);
      expect(paretoOptimal(items, (f) => f)).toEqual(
        strict.filter((b, k) => !strict.slice(0, k).some((a) => equal(a, b))),
      );
    }
  });
});
