/** Boards from disk: those that come along, and a user's own by path. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExitCode, RivuletError } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';
import { nearest } from '../util/nearest.js';
import { parseBoard, type Board } from './board.js';

/** Ids of the boards that come along, sorted. */
export function boardIds(): readonly string[] {
  const folder = boardsFolder();
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'board.json')))
    .map((entry) => entry.name)
    .sort();
}

/**
 * A board by id, or by the path of a JSON file (anything that ends in .json or holds a slash). Unknown ids (E141) name
 * the boards nearest to them; an unreadable or wrong file is E140 or E142.
 */
export function loadBoard(idOrPath: string): Board {
  if (/\.json$|[/\\]/.test(idOrPath)) return readBoard(idOrPath);
  const ids = boardIds();
  if (ids.includes(idOrPath)) return readBoard(join(boardsFolder(), idOrPath, 'board.json'));
  const close = nearest(idOrPath, ids);
  throw new RivuletError(ExitCode.usage, [
    {
      code: 'E141',
      severity: 'error',
      message: `no board is called "${idOrPath}"`,
      hint:
        close.length > 0
          ? `did you mean ${close.join(' or ')}? rivulet boards lists all; --board path/to/board.json takes your own`
          : `rivulet boards lists them: ${ids.join(', ')}; --board path/to/board.json takes your own`,
    },
  ]);
}

function readBoard(path: string): Board {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new RivuletError(ExitCode.usage, [
      {
        code: 'E142',
        severity: 'error',
        node: path,
        message:
          error instanceof SyntaxError ? `is not JSON: ${error.message}` : `cannot be read: ${fileReason(error)}`,
      },
    ]);
  }
  return parseBoard(json, path);
}

/** boards/ of the installation, above this file both in sources and in dist/. */
function boardsFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'boards', 'board.schema.json'))) return join(folder, 'boards');
    if (folder === dirname(folder)) throw new Error('incomplete installation: no boards/ folder');
  }
}
