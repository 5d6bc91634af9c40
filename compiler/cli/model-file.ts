/** Files that the user names. */

import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { ModelFile } from '../pipeline/compile.js';
import { ExitCode, RivuletError } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';

/** A model with what stands beside it; E100 (exit 2) where it cannot be read. */
export function readModelFile(path: string): ModelFile {
  const folder = dirname(path);
  return {
    bytes: readInput(path),
    name: basename(path).replace(/\.onnx$/i, ''),
    externalData: (location) => {
      const inside = realpathSync(folder);
      const file = attempt(() => realpathSync(join(folder, location)));
      // A link must not lead out of the folder either.
      if (file !== inside && !file.startsWith(inside === sep ? sep : inside + sep))
        throw new Error("it is a link that leads out of the model's folder");
      return attempt(() => readFileSync(file));
    },
  };
}

/** Bytes of a file; E100 (exit 2) where it cannot be read. */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new RivuletError(ExitCode.usage, [
      { code: 'E100', severity: 'error', node: path, message: `cannot be read: ${fileReason(error)}` },
    ]);
  }
}

/** Failures in words, without paths of this machine. */
function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(fileReason(error));
  }
}
