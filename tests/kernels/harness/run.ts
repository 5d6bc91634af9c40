/** Builds the kernel test program for a target and runs it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CoreId } from '../../../compiler/machine/core.js';
import { coreOf } from '../../../compiler/machine/cores/index.js';
import type { KernelCase } from './case.js';
import { emitProgram } from './emit.js';
import { machineOf } from './machines.js';
import { hasTool, present } from '../../tools.js';

export type Target = 'host-gcc' | 'host-clang' | CoreId;

const runtime = fileURLToPath(new URL('../../../runtime-c', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

export const warningFlags = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Wpedantic', '-Werror'];
const sanitizerFlags = [
  '-O1',
  '-g',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
  '-fno-omit-frame-pointer',
];

export interface RunOptions {
  readonly target: Target;
  /** Headers of runtime-c/include that declare the kernels, besides rv_kernels.h. */
  readonly headers?: readonly string[];
  /** Flags of the kernels on a core, -O3 by default. */
  readonly flags?: readonly string[];
  /** Compiler of the kernels on a core, arm-none-eabi-gcc by default; that always links. */
  readonly compiler?: 'gcc' | 'clang';
}

/** True where the target's compiler (with its sanitizers, or an emulator) is installed. */
export function available(target: Target): boolean {
  const sanitizes = (tool: string): boolean =>
    present(
      `${tool} with its sanitizers`,
      () =>
        spawnSync(tool, [...sanitizerFlags, '-x', 'c', '-', '-o', '/dev/null'], {
          input: 'int main(void) { return 0; }\n',
        }).status === 0,
    );
  if (target === 'host-gcc') return sanitizes('gcc');
  if (target === 'host-clang') return sanitizes('clang');
  return hasTool('arm-none-eabi-gcc') && hasTool('qemu-system-arm');
}

/**
 * Runs the cases; returns one line for each that fails, none when all bytes are right. Throws where the program does
 * not build or is stopped (a sanitizer's report is in the message).
 */
export function runKernelCases(cases: readonly KernelCase[], options: RunOptions): string[] {
  return inTemporaryFolder((dir) => execute(build(dir, cases, options), dir, cases));
}

/**
 * Executed instructions of each case (the sum of its calls, call and return included), counted exactly by the QEMU
 * plugin of runtime-c/port. Throws where a case fails.
 */
export function countInstructions(
  cases: readonly KernelCase[],
  core: CoreId,
  options: Omit<RunOptions, 'target'> = {},
): number[] {
  return inTemporaryFolder((dir) => {
    compile(
      'gcc',
      ['-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-o', 'count.so', join(runtime, 'port/qemu/rv_count.c')],
      dir,
    );
    const [qemu, ...rest] = build(dir, cases, { ...options, target: core });
    const plugin = [
      '-d',
      'plugin',
      '-D',
      '/dev/null',
      '-plugin',
      `${join(dir, 'count.so')},out=${join(dir, 'counts')}`,
    ];
    const failures = execute([qemu, ...plugin, ...rest], dir, cases);
    if (failures.length > 0) throw new Error(failures.join('\n'));
    const regions = readFileSync(join(dir, 'counts'), 'utf8')
      .split('\n')
      .filter((l) => l.startsWith('R '))
      .map((l) => Number(l.slice(2)));
    let at = 0;
    return cases.map((c) => {
      // A call by slices is as many regions, and one before and one behind that are the harness's own.
      const slices = c.slices?.length ?? 1;
      const around = c.slices === undefined ? 0 : 1;
      return c.calls.reduce((sum) => {
        const first = at + around;
        at = first + slices + around;
        return sum + regions.slice(first, first + slices).reduce((a, b) => a + b, 0);
      }, 0);
    });
  });
}

function inTemporaryFolder<T>(work: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'rv-kernels-'));
  try {
    return work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Builds the program; returns the command that runs it. */
function build(dir: string, cases: readonly KernelCase[], options: RunOptions): string[] {
  const { target, headers = [] } = options;
  writeFileSync(join(dir, 'cases.c'), emitProgram(cases, headers));
  return target.startsWith('host') ? buildHost(dir, cases, target) : buildCore(dir, cases, target as CoreId, options);
}

function execute([command, ...args]: readonly string[], cwd: string, cases: readonly KernelCase[]): string[] {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  const failures = stderr.split('\n').filter((line) => line.startsWith('FAIL '));
  if (status !== 0 && failures.length === 0)
    throw new Error(`kernel test ended with ${status}:\n${stderr.slice(0, 4000)}`);
  if (!stderr.includes(`ran ${cases.length} cases`))
    throw new Error(`kernel test did not finish:\n${stderr.slice(0, 4000)}`);
  return failures;
}

/** Sources of the kernels in use, and the folders of the headers. */
function sourcesOf(cases: readonly KernelCase[]): string[] {
  const files = new Set(cases.flatMap((c) => c.kernel.files).filter((f) => f.endsWith('.c')));
  return [...files].sort().map((f) => join(runtime, f));
}

export const runtimeFile = (path: string): string => join(runtime, path);

export const includeFlags: readonly string[] = ['include', 'src', 'port']
  .map((f) => `-I${join(runtime, f)}`)
  .concat(`-I${here}`);

function buildHost(dir: string, cases: readonly KernelCase[], target: Target): string[] {
  const compiler = target === 'host-clang' ? 'clang' : 'gcc';
  const kernelFlags = [...warningFlags, ...sanitizerFlags, ...includeFlags];
  for (const source of sourcesOf(cases)) compile(compiler, [...kernelFlags, '-c', source], dir);
  compile(compiler, [...kernelFlags, '-c', join(here, 'kernel_test.c'), join(runtime, 'port/rv_port_host.c')], dir);
  compile(compiler, ['-std=c99', '-O0', ...includeFlags, '-c', 'cases.c'], dir);
  compile(compiler, [...sanitizerFlags, ...objects(dir), '-o', 'kernels'], dir);
  return [join(dir, 'kernels')];
}

function buildCore(
  dir: string,
  cases: readonly KernelCase[],
  core: CoreId,
  { flags: kernelFlags = ['-O3'], compiler = 'gcc' }: RunOptions,
): string[] {
  const machine = machineOf(core);
  writeFileSync(join(dir, 'machine.ld'), machine.linkerScript);
  const flags = [...coreOf(core).compilerFlags, '-ffunction-sections', '-fdata-sections', ...includeFlags];
  const [command, ...forCore] = compiler === 'clang' ? ['clang', ...clangFlags()] : ['arm-none-eabi-gcc'];
  for (const source of sourcesOf(cases))
    compile(command, [...forCore, ...flags, ...warningFlags, ...kernelFlags, '-c', source], dir);
  const port = ['port/rv_port_semihosting.c', 'port/rv_port_startup.c'].map((f) => join(runtime, f));
  compile(
    'arm-none-eabi-gcc',
    [...flags, '-std=gnu99', '-O1', '-c', join(here, 'kernel_test.c'), 'cases.c', ...port],
    dir,
  );
  const link = compiler === 'gcc' ? kernelFlags : [];
  compile(
    'arm-none-eabi-gcc',
    [
      ...flags,
      ...link,
      '-nostartfiles',
      '--specs=nano.specs',
      '-Wl,--gc-sections',
      '-Tmachine.ld',
      ...objects(dir),
      '-o',
      'kernels.elf',
    ],
    dir,
  );
  return [
    'qemu-system-arm',
    ...machine.arguments,
    '-nographic',
    '-monitor',
    'none',
    '-serial',
    'none',
    '-semihosting-config',
    'enable=on,target=native',
    '-kernel',
    join(dir, 'kernels.elf'),
  ];
}

/** clang for Arm, with the C library's headers of arm-none-eabi-gcc. */
function clangFlags(): string[] {
  const options = { input: '#include <string.h>\n', encoding: 'utf8' } as const;
  const header = /(\S+)\/string\.h/.exec(execFileSync('arm-none-eabi-gcc', ['-M', '-x', 'c', '-'], options));
  if (header === null) throw new Error('arm-none-eabi-gcc has no string.h');
  return ['--target=arm-none-eabi', '-isystem', header[1]];
}

const objects = (dir: string): string[] =>
  readdirSync(dir)
    .filter((f) => f.endsWith('.o'))
    .sort();

function compile(compiler: string, args: readonly string[], cwd: string): void {
  execFileSync(compiler, args as string[], { cwd, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
}
