/**
 * The text files that the compiler ships beside its code: templates, boards and the C runtime. Paths are relative to
 * the package's root, e.g. `templates/model.c.hbs`, `runtime-c/include/rv_types.h`.
 */

import { readShipped } from './files.js';

const cache = new Map<string, string | null>();

/** Text of a shipped file; throws (an internal error) where the installation lacks it. */
export function readAsset(path: string): string {
  const text = find(path);
  if (text === null) throw new Error(`incomplete installation: no ${path}`);
  return text;
}

export const assetExists = (path: string): boolean => find(path) !== null;

function find(path: string): string | null {
  let text = cache.get(path);
  if (text === undefined) {
    text = readShipped(path);
    cache.set(path, text);
  }
  return text;
}
