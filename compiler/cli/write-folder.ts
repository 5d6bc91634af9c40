/**
 * Writes a package into a folder that may hold other files. Only what an earlier run wrote and nobody changed since is replaced or
 * deleted. A folder with nothing else in it is swapped as a whole: whatever fails or interrupts, it is as it was before, or complete.
 */

import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Diagnostic, ExitCode, RivuletError } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';
import { formatList, listName, listOf, survey, united, type FileList, type Survey } from './package-list.js';

export interface Written {
  /** Files of an earlier run that the package no longer has; they stay, because they were changed. */
  readonly left: readonly string[];
}

/**
 * `addOnly`: files of an earlier run stay, whether the package has them or not. E130 (exit 2), before anything is written, for every
 * file of somebody else that stands in the way; E131 where the target cannot be written.
 */
export function writeFolder(target: string, files: ReadonlyMap<string, string>, addOnly = false): Written {
  const folder = realFolder(target);
  const letGo = holdSignals();
  try {
    for (let attempt = 0; ; attempt++) {
      const done = writeOnce(target, folder, files, addOnly);
      if (done !== 'raced') return done;
      if (attempt === mostAttempts)
        throw refusal([{ code: 'E131', message: `cannot write ${target}: other programs write there` }]);
    }
  } catch (error) {
    throw error instanceof RivuletError
      ? error
      : refusal([{ code: 'E131', message: `cannot write ${target}: ${fileReason(error)}` }]);
  } finally {
    letGo();
  }
}

/** Other runs that write the same folder are done sooner. */
const mostAttempts = 200;

/** Through a link the folder that it names, so that the link stays. */
function realFolder(target: string): string {
  try {
    return realpathSync(target);
  } catch {
    return resolve(target);
  }
}

function writeOnce(
  target: string,
  folder: string,
  files: ReadonlyMap<string, string>,
  addOnly: boolean,
): Written | 'raced' {
  const found = surveyed(target, folder, files);
  if (found === 'raced') return found;
  if (found !== null && found.inTheWay.length > 0) throw refusal(found.inTheWay.map(obstacle(target)));
  if (found === null || (found.isOurs && !addOnly)) {
    const done = swap(target, folder, files, found !== null);
    if (done !== 'busy') return done;
  }
  return writeInside(folder, files, found, addOnly);
}

/** Null where there is no folder; 'raced' where another run is changing it: it must look the same twice, unless it is ours alone. */
function surveyed(target: string, folder: string, files: ReadonlyMap<string, string>): Survey | null | 'raced' {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (!stat.isDirectory()) throw refusal([{ code: 'E130', message: `${target} is a file` }]);
  try {
    const found = survey(folder, files);
    if (found.isOurs && found.inTheWay.length === 0) return found;
    return JSON.stringify(survey(folder, files)) === JSON.stringify(found) ? found : 'raced';
  } catch (error) {
    if (isRace(error)) return 'raced';
    throw error;
  }
}

const obstacle =
  (target: string) =>
  ({ path, why }: Survey['inTheWay'][number]): Omit<Diagnostic, 'severity'> => ({
    code: 'E130',
    node: join(target, path),
    message: `is in the way: ${why}`,
    hint: 'move it, or name another folder with --out; nothing was written',
  });

const isRace = (error: unknown): boolean =>
  ['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Puts a new folder in the place of one that is ours alone, or of none. 'busy': it cannot be moved, being the root of a volume. */
function swap(
  target: string,
  folder: string,
  files: ReadonlyMap<string, string>,
  exists: boolean,
): Written | 'raced' | 'busy' {
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
  const [fresh, old] = [join(temporary, 'new'), join(temporary, 'old')];
  /** What stood there is moved away: it goes back unless the new folder takes its place. */
  let away = false;
  /** Another run may have put its package there meanwhile; then what stood there need not go back, being an older one. */
  let isPackage = false;
  try {
    writeAll(fresh, withList(files));
    if (exists) {
      renameSync(folder, old);
      away = true;
      // Somebody may have put a file there since it was looked at.
      isPackage = survey(old, files).isOurs;
      if (!isPackage) {
        renameSync(old, folder);
        away = false;
        return 'raced';
      }
    }
    renameSync(fresh, folder);
    away = false;
    return { left: [] };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (away) {
      try {
        renameSync(old, folder);
        away = false;
      } catch {
        away = !isPackage || statSync(folder, { throwIfNoEntry: false }) === undefined;
      }
    }
    if (away)
      throw refusal([
        {
          code: 'E131',
          message: `${target} was written by another program meanwhile; what stood there is in ${old}`,
        },
      ]);
    if (exists && (code === 'EBUSY' || code === 'EXDEV')) return 'busy';
    if (isRace(error)) return 'raced';
    throw error;
  } finally {
    if (!away) rmSync(temporary, { recursive: true, force: true });
  }
}

/** Each file takes its place at once; until the last has, the list names the old and the new. */
function writeInside(
  folder: string,
  files: ReadonlyMap<string, string>,
  found: Survey | null,
  addOnly: boolean,
): Written | 'raced' {
  let temporary: string;
  try {
    temporary = mkdtempSync(join(folder, '.rivulet-'));
  } catch (error) {
    if (isRace(error)) return 'raced';
    throw error;
  }
  const putList = (list: FileList): void => {
    writeFileSync(join(temporary, listName), formatList(list));
    renameSync(join(temporary, listName), join(folder, listName));
  };
  const earlier: FileList = found?.list ?? new Map();
  const both = united(earlier, listOf(files));
  try {
    writeAll(join(temporary, 'new'), files);
    putList(both);
    for (const path of files.keys()) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      renameSync(join(temporary, 'new', path), join(folder, path));
    }
    if (addOnly) {
      putList(new Map([...earlier, ...listOf(files)]));
      return { left: [] };
    }
    for (const path of found?.stale ?? []) remove(folder, path);
    putList(listOf(files));
    return { left: found?.changed ?? [] };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** A file, and the folders that held nothing else. */
function remove(folder: string, path: string): void {
  rmSync(join(folder, path), { force: true });
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    try {
      rmdirSync(join(folder, parent));
    } catch {
      return;
    }
  }
}

const withList = (files: ReadonlyMap<string, string>): Iterable<readonly [string, string]> => [
  ...files,
  [listName, formatList(listOf(files))],
];

function writeAll(folder: string, files: Iterable<readonly [string, string]>): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const end = (_: string, number: number): void => process.exit(128 + number);
/** Writes whose signals are still held. */
let held = 0;

/** A signal waits until what is written is whole; the process then ends with the usual 128 + its number. */
function holdSignals(): () => void {
  if (held++ === 0) for (const signal of signals) process.on(signal, end);
  const letGo = (): void => {
    if (--held === 0) for (const signal of signals) process.off(signal, end);
  };
  // A signal that came meanwhile is heard when the event loop next looks for events: between this turn and the second.
  return () => {
    setImmediate(() => setImmediate(letGo));
  };
}

const refusal = (problems: readonly Omit<Diagnostic, 'severity'>[]): RivuletError =>
  new RivuletError(
    ExitCode.usage,
    problems.map((problem) => ({ ...problem, severity: 'error' })),
  );
