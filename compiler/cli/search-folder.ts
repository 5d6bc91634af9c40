/** The output folder of a search: the state while it runs, its results when it is done. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ExitCode, RivuletError, usageError } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';

const stateName = 'search-state.json';
/** What a search writes, besides its state. */
const isOurs = /^(p\d+|original|front\.html|search\.json|supernet|candidates|search-state\.json|\.rivulet-.*)$/;

export class SearchFolder {
  readonly path: string;
  /** Of an interrupted or an earlier search; null without. */
  readonly state: string | null;

  /** E130 (exit 2) where the folder holds other files, or a search that is not to be resumed; E185 where there is none to resume. */
  constructor(path: string, resume: boolean) {
    this.path = path;
    const statePath = join(path, stateName);
    const names = existsSync(path) ? namesIn(path) : [];
    const foreign = names.find((name) => !isOurs.test(name));
    if (foreign !== undefined)
      throw usageError('E130', `${path} holds ${foreign}, which no search wrote`, 'name another folder with -o');
    const hasState = existsSync(statePath);
    if (hasState && !resume)
      throw usageError(
        'E130',
        `${path} holds a search already`,
        'go on from it with --resume, or name another folder with -o',
      );
    if (!hasState && resume)
      throw usageError('E185', `${path} holds no search to resume`, 'begin one without --resume');
    this.state = hasState ? attempted(path, () => readFileSync(statePath, 'utf8')) : null;
    attempted(path, () => mkdirSync(path, { recursive: true }));
  }

  /** Takes the place of the earlier one at once. */
  keep(state: string): void {
    const temporary = join(this.path, `.rivulet-${process.pid}`);
    attempted(this.path, () => {
      writeFileSync(temporary, state);
      renameSync(temporary, join(this.path, stateName));
    });
  }

  /** Where candidates stand for the user's command. */
  get candidates(): string {
    return join(this.path, 'candidates');
  }

  /** All results, each folder and file taking its place when it is whole; those of an earlier run go. */
  write(files: ReadonlyMap<string, string | Uint8Array>): void {
    attempted(this.path, () => {
      const temporary = mkdtempSync(join(this.path, '.rivulet-'));
      try {
        for (const [path, content] of files) {
          mkdirSync(dirname(join(temporary, path)), { recursive: true });
          writeFileSync(join(temporary, path), content);
        }
        const made = readdirSync(temporary);
        const stale = readdirSync(this.path).filter((name) => /^p\d+$/.test(name) && !made.includes(name));
        // What was trained stays where it is.
        const trained = join(this.path, 'supernet', 'supernet.pt');
        if (existsSync(trained) && made.includes('supernet'))
          renameSync(trained, join(temporary, 'supernet', 'supernet.pt'));
        for (const name of [...stale, ...made]) rmSync(join(this.path, name), { recursive: true, force: true });
        for (const name of made) renameSync(join(temporary, name), join(this.path, name));
        rmSync(this.candidates, { recursive: true, force: true });
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
    });
  }
}

const namesIn = (path: string): readonly string[] =>
  attempted(path, () => {
    try {
      return readdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') throw usageError('E130', `${path} is a file`);
      throw error;
    }
  });

/** E131 (exit 2) in words. */
function attempted<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RivuletError) throw error;
    throw new RivuletError(ExitCode.usage, [
      { code: 'E131', severity: 'error', message: `cannot write ${path}: ${fileReason(error)}` },
    ]);
  }
}
