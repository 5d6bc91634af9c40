/** The measured numbers: each says of which code it is. Stale ones are named; `npm run measure -- --check` fails on them before a release. */

import { expect, it } from 'vitest';
import { measuredSources, measuredWith } from '../../../compiler/machine/measured/sources.js';
import {
  fromDisk,
  hashOf,
  measuredNumbers,
  type ReadFile,
  sourcesOf,
  staleNumbers,
} from '../../../scripts/measure/sources.js';

const id = 'rv_add_s8';
const changed =
  (path: string, change: (text: string) => string): ReadFile =>
  (asked) =>
    asked === path ? change(fromDisk(asked)!) : fromDisk(asked);

it('says of every number, and of nothing else, which code it was measured on, and with what', () => {
  const numbers = (table: Iterable<readonly [string, readonly string[]]>): string[] =>
    [...table].flatMap(([of, names]) => names.map((name) => `${of} ${name}`)).sort();
  const recorded = Object.entries(measuredSources).map(([of, hashes]) => [of, Object.keys(hashes)] as const);
  expect(numbers(recorded)).toEqual(numbers(measuredNumbers()));
  expect(Object.keys(measuredWith)).toEqual(['compiler', 'emulator']);
  expect(Object.values(measuredWith).filter((version) => !/^\S.* \d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

it('names the numbers whose code is another by now', ({ annotate }) => {
  const stale = staleNumbers(measuredSources);
  for (const [of, numbers] of stale) annotate(`stale: ${of} (${numbers.join(', ')}); npm run measure -- --stale`);
  if (stale.size > 0)
    console.warn(`${stale.size} kernels or emitters have changed since they were measured: npm run measure -- --check`);
  expect([...stale.keys()].filter((of) => !(of in measuredSources))).toEqual([]);
});

it('finds a number stale when its code, a header of its code, or a header of that changes', () => {
  const numbers = measuredNumbers().get(id)!;
  const table = { [id]: Object.fromEntries(numbers.map((number) => [number, hashOf(sourcesOf(id))])) };
  const staleWith = (path: string, change: (text: string) => string): readonly string[] =>
    staleNumbers(table, changed(path, change)).get(id) ?? [];
  expect(sourcesOf(id)).toContain('runtime-c/include/rv_types.h');
  for (const path of sourcesOf(id)) {
    expect(
      staleWith(path, (text) => `${text}\nint other;\n`),
      path,
    ).toEqual(numbers);
    expect(
      staleWith(path, (text) => `/* Other words. */\n${text.replace(/\n/g, '\n\n')}`),
      path,
    ).toEqual([]);
  }
});

it('takes the code around kernels to be what the emitter writes', () => {
  expect(sourcesOf('unit')).toEqual(
    expect.arrayContaining(['compiler/codegen/fused.ts', 'templates/model.c.hbs', 'runtime-c/include/rv_stream.h']),
  );
});
