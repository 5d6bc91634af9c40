/** Files that the user names. */

import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { ModelFile } from '../pipeline/compile.js';
import { ExitCode, RivuletError } from '../diagnostics.js';

/** A model with what stands beside it; E100 (exit 2) where it cannot be read. */
export function readModelFile(path: string): ModelFile {
  const folder = dirname(path);
  return {
    bytes: readInput(path),
    name: basename(path).replace(/\.onnx$/i, ''),
    externalData: (location) => {
      // A link must not lead out of the folder either.
      const real = realpathSync(join(folder, location));
      if (!real.startsWith(realpathSync(folder) + sep)) throw new Error('it is a link that leads out of the model\'s folder');
      return readFileSync(real);
    },
  };
}

/** Bytes of a file; E100 (exit 2) where it cannot be read. */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const reasons: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'permission denied' };
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new RivuletError(ExitCode.usage, [{ code: 'E100', severity: 'error', node: path, message: `cannot be read: ${reasons[code] ?? code}` }]);
  }
}
