/** Runs the tools that a validation needs. */

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ExitCode, RivuletError } from '../diagnostics.js';

export interface Finished {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

const installHints: Readonly<Record<string, string>> = {
  'arm-none-eabi-gcc':
    'Debian, Ubuntu: sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi; macOS: brew install --cask gcc-arm-embedded',
  newlib: 'Debian, Ubuntu: sudo apt-get install libnewlib-arm-none-eabi',
  'arm-none-eabi-size': 'Debian, Ubuntu: sudo apt-get install binutils-arm-none-eabi',
  'arm-none-eabi-nm': 'Debian, Ubuntu: sudo apt-get install binutils-arm-none-eabi',
  'arm-none-eabi-objdump': 'Debian, Ubuntu: sudo apt-get install binutils-arm-none-eabi',
  'qemu-system-arm': 'Debian, Ubuntu: sudo apt-get install qemu-system-arm; macOS: brew install qemu',
  libc: 'Debian, Ubuntu: sudo apt-get install libc6-dev',
  cc: 'Debian, Ubuntu: sudo apt-get install gcc; or set CC to a C compiler',
};

/** E600, exit 6: a tool is not installed. */
export function toolMissing(tool: string, what = `${tool} is not installed (or not on PATH)`): RivuletError {
  return new RivuletError(ExitCode.toolMissing, [
    {
      code: 'E600',
      severity: 'error',
      message: what,
      hint: installHints[tool],
    },
  ]);
}

/** E600 for every one of `tools` that is not on PATH, so that a user installs them in one go. */
export function requireTools(tools: readonly string[]): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const isThere = (tool: string): boolean =>
    folders.some((folder) => [tool, `${tool}.exe`].some((name) => existsSync(join(folder, name))));
  const missing = tools.filter((tool) => !isThere(tool));
  if (missing.length > 0)
    throw new RivuletError(
      ExitCode.toolMissing,
      missing.flatMap((tool) => toolMissing(tool).diagnostics),
    );
}

const running = new Set<ChildProcess>();

/** Ends what `run` has started. */
export function endTools(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Runs a tool to its end, its output captured; a missing tool is E600. */
export function run(
  tool: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly timeoutMs?: number } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    // What compilers say is read (build.ts): in one language.
    const child = spawn(tool, args, {
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    running.add(child);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeoutMs ?? 600_000);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      running.delete(child);
      reject(error.code === 'ENOENT' ? toolMissing(tool) : error);
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), timedOut });
    });
  });
}

/** Maps with at most `width` promises under way; the first failure wins. */
export async function mapParallel<A, B>(items: readonly A[], width: number, f: (item: A) => Promise<B>): Promise<B[]> {
  const results = new Array<B>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      results[i] = await f(items[i]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
