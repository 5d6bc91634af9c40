/** Runs a program on an emulated Cortex-M, with one of the plugins of runtime-c/port/qemu. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readAsset } from '../assets/assets.js';
import { ExitCode, RivuletError } from '../diagnostics.js';
import type { MachinePlan } from './machine.js';
import { run, toolMissing } from './process.js';

export type Plugin = 'rv_count' | 'rv_trace' | 'rv_access';

/** Path of the compiled plugin; null where the host has no C compiler. It is made anew in the working folder: a tenth of a second. */
export async function buildPlugin(plugin: Plugin, folder: string): Promise<string | null> {
  const source = join(folder, 'qemu');
  await mkdir(source, { recursive: true });
  for (const name of [`${plugin}.c`, 'rv_qemu_plugin.h'])
    await writeFile(join(source, name), readAsset(`runtime-c/port/qemu/${name}`));
  const library = join(source, `${plugin}.so`);
  try {
    const compiler = process.env['CC'] ?? 'cc';
    const done = await run(
      compiler,
      ['-std=gnu11', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-o', library, `${plugin}.c`],
      { cwd: source },
    );
    return done.status === 0 ? library : null;
  } catch (error) {
    if (error instanceof RivuletError) return null;
    throw error;
  }
}

export interface QemuRun {
  readonly machine: MachinePlan;
  readonly program: string;
  readonly folder: string;
  /** Library and its arguments. */
  readonly plugin: { readonly library: string; readonly arguments: string } | null;
  readonly timeoutMs: number;
}

/**
 * Runs to the end, in the folder. The plugin's paths are relative to it, because QEMU ends them at a comma. E630 where
 * the program faults, hangs or reports a failure; 'no plugin' where this QEMU does not take the plugin.
 */
export async function runQemu(input: QemuRun): Promise<'done' | 'no plugin'> {
  const plugin =
    input.plugin === null
      ? []
      : [
          '-d',
          'plugin',
          '-D',
          '/dev/null',
          '-plugin',
          `./${relative(input.folder, input.plugin.library)},${input.plugin.arguments}`,
        ];
  const done = await run(
    'qemu-system-arm',
    [
      '-M',
      input.machine.machine,
      ...input.machine.arguments,
      '-nographic',
      '-monitor',
      'none',
      '-serial',
      'none',
      '-semihosting-config',
      'enable=on,target=native',
      ...plugin,
      '-kernel',
      input.program,
    ],
    { cwd: input.folder, timeoutMs: input.timeoutMs },
  );
  if (done.status === 0) return 'done';
  if (input.plugin !== null && /plugin/i.test(done.stderr)) return 'no plugin';
  const why = done.timedOut ? `did not end within ${input.timeoutMs / 1000} s` : `ended with status ${done.status}`;
  throw new RivuletError(ExitCode.internal, [
    {
      code: 'E630',
      severity: 'error',
      message: `the program under QEMU (${input.machine.machine}) ${why}${done.stderr === '' ? '' : `: ${done.stderr.trim().split('\n').slice(0, 5).join('; ')}`}`,
    },
  ]);
}

/** Executed instructions of every run, in order, from the output of rv_count or rv_trace. */
export async function readCounts(path: string): Promise<readonly number[]> {
  return [...(await readFile(path, 'utf8')).matchAll(/^R (\d+)$/gm)].map(([, count]) => Number(count));
}

/** Sizes of the ELF file's sections by name. */
export async function sectionSizes(program: string): Promise<ReadonlyMap<string, number>> {
  const done = await run('arm-none-eabi-size', ['-A', program]);
  if (done.status !== 0) throw toolMissing('arm-none-eabi-size');
  return new Map([...done.stdout.matchAll(/^(\S+)\s+(\d+)\s+\d+\s*$/gm)].map(([, name, size]) => [name, Number(size)]));
}

/** Address of a symbol. */
export async function symbolAddress(program: string, symbol: string): Promise<number> {
  const done = await run('arm-none-eabi-nm', [program]);
  const found = new RegExp(`^([0-9a-f]+) \\w ${symbol}$`, 'm').exec(done.stdout);
  if (found === null) throw new Error(`no symbol ${symbol}`);
  return parseInt(found[1], 16);
}
