/** Builds an emitted package together with the validation program, for a host or for a Cortex-M under QEMU. */

import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { readAsset } from '../assets/assets.js';
import { ExitCode, RivuletError, type DiagnosticCode } from '../diagnostics.js';
import type { Core } from '../machine/core.js';
import { mapParallel, run, toolMissing } from './process.js';

/** What the validation program does besides running: see runtime-c/port/validate_main.c. */
export type Probe = 'none' | 'layers' | 'access';

export interface BuildInput {
  readonly net: string;
  /** The package: text by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly adapter: string;
  readonly probe: Probe;
  /** Working folder, made where it is absent. */
  readonly folder: string;
  /** Null: the host. */
  readonly target: { readonly core: Core; readonly linkerScript: string } | null;
  /** Extra compiler and linker flags, e.g. sanitizers. */
  readonly flags?: readonly string[];
  readonly onProgress?: (what: string) => void;
}

const warnings = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow'];
/** Loops stay loops: the harness calls no memset, so that what is linked of the C library is the network's. */
const freestanding = ['-ffreestanding', '-fno-tree-loop-distribute-patterns'];
const portFolder = 'runtime-c/port';
const portFiles = { host: ['rv_port_host.c'], target: ['rv_port_startup.c', 'rv_port_semihosting.c'] };

/** Path of the program. E620 (exit 1) where the package does not compile, E500 (exit 4) where it does not fit the board. */
export async function buildProgram(input: BuildInput): Promise<string> {
  const { folder, target } = input;
  const compiler = target === null ? (process.env['CC'] ?? 'cc') : 'arm-none-eabi-gcc';
  const port = [...(target === null ? portFiles.host : portFiles.target), 'validate_main.c'];
  const written = new Map(input.files);
  written.set('rv_validate_net.h', input.adapter);
  for (const name of ['rv_port.h', ...port]) written.set(`harness/${name}`, readAsset(`${portFolder}/${name}`));
  if (target !== null) written.set('harness/link.ld', target.linkerScript);
  for (const [path, text] of written) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const common = [
    ...(target?.core.compilerFlags ?? []),
    '-O3',
    '-ffunction-sections',
    '-fdata-sections',
    ...(input.flags ?? []),
  ];
  const hook =
    input.probe === 'none' ? [] : [`-D${input.net.toUpperCase()}_HOOK`, `-DRV_VALIDATE_${input.probe.toUpperCase()}`];
  const sources = [
    ...[...input.files.keys()]
      .filter((path) => path.endsWith('.c') && !path.startsWith('example/'))
      .map((path) => ({ path, flags: ['-std=c99', ...warnings] })),
    ...port.map((name) => ({
      path: `harness/${name}`,
      flags: ['-std=gnu11', ...warnings, '-I.', '-Iharness', ...(target === null ? [] : freestanding)],
    })),
  ];
  let built = 0;
  const objects = await mapParallel(sources, availableParallelism(), async ({ path, flags }) => {
    input.onProgress?.(`building, ${built++} of ${sources.length} files`);
    const object = `${basename(path, '.c')}.o`;
    const done = await run(compiler, [...common, ...flags, ...hook, '-c', path, '-o', object], { cwd: folder });
    if (done.status !== 0)
      throw (
        lackOfLibrary(compiler, done.stderr) ??
        buildError('E620', ExitCode.internal, `${compiler} cannot compile ${path}`, done.stderr)
      );
    return object;
  });
  const program = target === null ? 'program' : 'program.elf';
  const link =
    target === null ? [] : ['-nostartfiles', '--specs=nano.specs', '-Wl,--gc-sections', '-T', 'harness/link.ld'];
  const done = await run(compiler, [...common, ...objects, ...link, '-o', program], { cwd: folder });
  if (done.status !== 0) throw linkError(compiler, done.stderr);
  return join(folder, program);
}

/** The linker's own words for a region that is too small become "does not fit". */
function linkError(compiler: string, stderr: string): RivuletError {
  const overflows = [...stderr.matchAll(/region `(\w+)' overflowed by (\d+) bytes/g)];
  if (overflows.length === 0)
    return (
      lackOfLibrary(compiler, stderr) ??
      buildError('E620', ExitCode.internal, `${compiler} cannot link the package`, stderr)
    );
  return new RivuletError(
    ExitCode.doesNotFit,
    overflows.map(([, region, bytes]) => ({
      code: 'E500',
      severity: 'error' as const,
      message: `the program is ${bytes} bytes larger than the board's memory (${region})`,
    })),
  );
}

/** A compiler without its C library, as Debian installs them one by one. */
function lackOfLibrary(compiler: string, stderr: string): RivuletError | null {
  if (
    !/(string|stdint|features|libc-header-start)\.h: No such file|nano\.specs|cannot find -lc\b|cannot find crti\.o|cannot find Scrt1\.o/.test(
      stderr,
    )
  )
    return null;
  return compiler === 'arm-none-eabi-gcc'
    ? toolMissing('newlib', 'arm-none-eabi-gcc is installed without its C library, newlib')
    : toolMissing('libc', `${compiler} is installed without its C library`);
}

function buildError(code: DiagnosticCode, exit: ExitCode, message: string, stderr: string): RivuletError {
  const tail = stderr
    .trim()
    .split('\n')
    .slice(0, 12)
    .map((line) => line.trim())
    .join(' | ');
  return new RivuletError(exit, [{ code, severity: 'error', message: `${message}: ${tail}` }]);
}
