/**
 * The text files that the compiler ships beside its code: templates and the C runtime. Paths are relative to the
 * package's root, e.g. `templates/model.c.hbs`, `runtime-c/include/rv_types.h`.
 */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = new Map<string, string>();
let root: string | null = null;

/** Text of a shipped file; throws (an internal error) where the installation lacks it. */
export function readAsset(path: string): string {
  let text = cache.get(path);
  if (text === undefined) {
    text = readFileSync(join(packageRoot(), path), 'utf8');
    cache.set(path, text);
  }
  return text;
}

export function assetExists(path: string): boolean {
  return cache.has(path) || existsSync(join(packageRoot(), path));
}

function packageRoot(): string {
  root ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return root;
}

/** The nearest folder upwards that holds both `templates` and `runtime-c`: the same from sources and from dist/. */
function findRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'templates')) && existsSync(join(folder, 'runtime-c'))) return folder;
    if (folder === dirname(folder))
      throw new Error(`incomplete installation: no templates/ and runtime-c/ above ${from}`);
  }
}
