/** Temporary folders that go with what was done in them, also where a signal ends the process in the middle. */

import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endTools } from './process.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const folders = new Set<string>();

/** Runs f in a fresh temporary folder. */
export async function inFolder<T>(f: (folder: string) => Promise<T>): Promise<T> {
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
