/**
 * Writes a package as a whole: into a folder beside the target that then takes its name. Whatever fails or interrupts,
 * the target is as it was before, or complete.
 */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ExitCode, RivuletError, type DiagnosticCode } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';

/** E130 (exit 2) where the target holds something that no earlier run wrote, E131 where it cannot be written. */
export function writeFolder(target: string, files: ReadonlyMap<string, string>): void {
  const folder = realFolder(target);
  const letGo = holdSignals();
  let temporary: string | null = null;
  try {
    refuseForeign(target, folder);
    mkdirSync(dirname(folder), { recursive: true });
    temporary = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
    const fresh = join(temporary, 'new');
    for (const [path, text] of files) {
      mkdirSync(dirname(join(fresh, path)), { recursive: true });
      writeFileSync(join(fresh, path), text);
    }
    swap(target, folder, fresh, temporary);
  } catch (error) {
    throw error instanceof RivuletError ? error : refusal('E131', `cannot write ${target}: ${fileReason(error)}`);
  } finally {
    if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
    letGo();
  }
}

/** Through a link the folder that it names, so that the link stays. */
function realFolder(target: string): string {
  try {
    return realpathSync(target);
  } catch {
    return resolve(target);
  }
}

/** Puts `fresh` in the place of `folder`; tries again where another run did the same in between. */
function swap(target: string, folder: string, fresh: string, temporary: string): void {
  for (let attempt = 0; ; attempt++) {
    try {
      if (refuseForeign(target, folder)) renameSync(folder, join(temporary, `old${attempt}`));
      renameSync(fresh, folder);
      return;
    } catch (error) {
      const raced = ['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!raced || attempt === 20) throw error;
    }
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal waits until what is written is whole; the process then ends with the usual 128 + its number. */
function holdSignals(): () => void {
  const end = (_: string, number: number): void => process.exit(128 + number);
  for (const signal of signals) process.on(signal, end);
  const letGo = (): void => {
    for (const signal of signals) process.off(signal, end);
  };
  // A signal that came meanwhile is heard when the event loop next looks for events: between this turn and the second.
  return () => {
    setImmediate(() => setImmediate(letGo));
  };
}

/** What a package consists of, besides <net>.c and the like. */
const ownNames = new Set([
  'runtime',
  'example',
  'CMakeLists.txt',
  'sources.txt',
  'LICENSE',
  'plan.json',
  'report.html',
]);

/** Whether there is a folder; E130 where it is none, or not an earlier package alone. */
function refuseForeign(target: string, folder: string): boolean {
  const names = namesIn(folder);
  if (names === null) return false;
  if (names === 'file') throw refusal('E130', `${target} is a file`);
  const isPackage = names.includes('plan.json') && names.includes('sources.txt');
  const foreign = names.filter((name) => !(isPackage && (ownNames.has(name) || /^[a-z0-9_]+\.[ch]$/.test(name))));
  if (foreign.length > 0) {
    const few = foreign.slice(0, 3).join(', ') + (foreign.length > 3 ? ', ...' : '');
    throw refusal(
      'E130',
      `${target} holds files that rivulet did not write: ${few}`,
      'name another folder with --out, or empty this one',
    );
  }
  return true;
}

/** Null where there is nothing, or no longer. */
function namesIn(folder: string): readonly string[] | 'file' | null {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'ENOTDIR' && existsSync(folder)) return 'file';
    throw error;
  }
}

function refusal(code: DiagnosticCode, message: string, hint?: string): RivuletError {
  return new RivuletError(ExitCode.usage, [
    { code, severity: 'error', message, ...(hint === undefined ? {} : { hint }) },
  ]);
}
