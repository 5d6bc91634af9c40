/** Board files: those that come along, and a user's own by path. */

import { assetExists, readAsset } from '../assets/assets.js';
import { readNamed, shippedFolders } from '../assets/files.js';
import { ExitCode, RivuletError } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';
import { nearest } from '../util/nearest.js';
import { parseBoard, type Board } from './board.js';

/** Ids of the boards that come along, sorted. */
export function boardIds(): readonly string[] {
  return shippedFolders('boards').filter((id) => assetExists(shippedPath(id)));
}

/**
 * A board by id, or by the path of a JSON file (anything that ends in .json or holds a slash). Unknown ids (E141) name
 * the boards nearest to them; an unreadable or wrong file is E140 or E142.
 */
export function loadBoard(idOrPath: string): Board {
  if (/\.json$|[/\\]/.test(idOrPath)) return readBoard(idOrPath, readNamed);
  const ids = boardIds();
  if (ids.includes(idOrPath)) return readBoard(shippedPath(idOrPath), readAsset);
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

const shippedPath = (id: string): string => `boards/${id}/board.json`;

function readBoard(path: string, read: (path: string) => string): Board {
  let json: unknown;
  try {
    json = JSON.parse(read(path));
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
