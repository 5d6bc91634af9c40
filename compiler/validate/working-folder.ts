/** Temporary folders that go with what was done in them, also where a signal ends the process in the middle. */

import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExitCode, RivuletError } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';
import { endTools } from './process.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const folders = new Set<string>();

/** Runs f in a fresh temporary folder; E132 (exit 2) where it cannot be made or written. */
export async function inFolder<T>(f: (folder: string) => Promise<T>): Promise<T> {
  try {
    return await inFreshFolder(f);
  } catch (error) {
    if (error instanceof RivuletError || (error as NodeJS.ErrnoException | null)?.syscall === undefined) throw error;
    throw new RivuletError(ExitCode.usage, [
      {
        code: 'E132',
        severity: 'error',
        message: `cannot work in ${tmpdir()}: ${fileReason(error)}`,
        hint: 'TMPDIR names another folder for temporary files',
      },
    ]);
  }
}

async function inFreshFolder<T>(f: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-validate-'));
  if (folders.size === 0) for (const signal of signals) process.on(signal, interrupted);
  folders.add(folder);
  try {
    return await f(folder);
  } finally {
    folders.delete(folder);
    if (folders.size === 0) stopListening();
    await rm(folder, { recursive: true, force: true });
  }
}

function interrupted(signal: NodeJS.Signals): void {
  endTools();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  stopListening();
  // Where nobody else listens, the signal does what it would have done.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function stopListening(): void {
  for (const signal of signals) process.off(signal, interrupted);
}
