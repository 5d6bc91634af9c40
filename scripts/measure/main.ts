/** What `npm run measure` does: which numbers are asked for, and of which code they are afterwards. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measuredSources, measuredWith } from '../../compiler/machine/measured/sources.js';
import { measureFootprints } from './footprints.js';
import { fitCosts } from './instructions.js';
import { hashOf, measuredNumbers, sourcesOf, staleNumbers } from './sources.js';

export interface MeasureOptions {
  readonly stale: boolean;
  readonly check: boolean;
  readonly instructions: boolean;
  readonly footprints: boolean;
  /** Null: all. */
  readonly cores: readonly string[] | null;
  readonly kernels: readonly string[] | null;
  readonly verbose: boolean;
}

const folder = fileURLToPath(new URL('../../compiler/machine/measured', import.meta.url));

/** The exit code. */
export async function measure(options: MeasureOptions): Promise<number> {
  const stale = staleNumbers(measuredSources);
  if (options.check) {
    for (const [id, numbers] of stale) console.log(`${id}: ${numbers.join(', ')}`);
    console.log(stale.size === 0 ? 'every number is of this code' : `${stale.size} stale: npm run measure -- --stale`);
    return stale.size === 0 ? 0 : 1;
  }
  const tools = toolVersions();
  const everything =
    !options.stale && options.instructions && options.footprints && options.cores === null && options.kernels === null;
  const older = Object.entries(tools).filter(([name, version]) => measuredWith[name] !== version);
  if (!everything && older.length > 0) {
    console.error(
      `the tables are of ${older.map(([name]) => measuredWith[name]).join(', ')}, here is ` +
        `${older.map(([, version]) => version).join(', ')}: measure everything, npm run measure without options`,
    );
    return 1;
  }
  const wanted = (id: string, number: string): boolean =>
    (options.kernels?.includes(id) ?? true) && (!options.stale || stale.get(id)?.includes(number) === true);
  const table: Record<string, Record<string, string>> = Object.fromEntries(
    Object.entries(measuredSources).map(([id, numbers]) => [id, { ...numbers }]),
  );
  const measured = (id: string, number: string): void => {
    (table[id] ??= {})[number] = hashOf(sourcesOf(id));
  };
  const write = (): void => writeFileSync(join(folder, 'sources.ts'), fileText(tools, table));
  if (options.footprints) {
    for (const id of measureFootprints(folder, (id) => wanted(id, 'footprint'))) measured(id, 'footprint');
    write();
  }
  if (options.instructions)
    await fitCosts({
      file: join(folder, 'instruction-weights.ts'),
      coreIds: options.cores,
      wanted,
      verbose: options.verbose,
      measured: (id, costs) => {
        measured(id, costs);
        write();
      },
    });
  return 0;
}

function toolVersions(): Readonly<Record<string, string>> {
  const first = (tool: string): string => spawnSync(tool, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];
  return {
    compiler: `arm-none-eabi-gcc ${/\d+\.\d+\.\d+/.exec(first('arm-none-eabi-gcc').replace(/\(.*?\)/, ''))?.[0]}`,
    emulator: `QEMU ${/\d+\.\d+\.\d+/.exec(first('qemu-system-arm'))?.[0]}`,
  };
}

export function fileText(
  tools: Readonly<Record<string, string>>,
  table: Readonly<Record<string, Readonly<Record<string, string>>>>,
): string {
  const known = [...measuredNumbers().entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const row = ([id, numbers]: readonly [string, readonly string[]]): string => {
    const hashes = numbers.flatMap((n) => (table[id]?.[n] === undefined ? [] : [`${n}: '${table[id][n]}'`]));
    return `  ${id}: { ${hashes.join(', ')} },`;
  };
  return [
    '/**',
    ' * Written by `npm run measure`: of which code the numbers beside this file were measured, as hashes (scripts/measure/sources.ts),',
    ' * and with what. A number whose hash is not that of the code any more is stale: `npm run measure -- --check` lists them.',
    ' */',
    '',
    'export const measuredWith: Readonly<Record<string, string>> = {',
    ...Object.entries(tools).map(([name, version]) => `  ${name}: '${version}',`),
    '};',
    '',
    "/** By kernel or code around kernels: 'footprint', and the classes of cores whose instructions were counted. */",
    'export const measuredSources: Readonly<Record<string, Readonly<Record<string, string>>>> = {',
    ...known.map(row),
    '};',
    '',
  ].join('\n');
}
