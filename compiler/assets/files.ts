/**
 * Where shipped files come from under Node: the installation's folder. The page in the browser is bundled with
 * compiler/page/bundled-files.ts in the place of this module; both have the same three functions and nothing else of
 * the compiler reads a file.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | null = null;

/** Text of a shipped file by its path from the package's root; null where there is none. */
export function readShipped(path: string): string | null {
  const full = join(packageRoot(), path);
  return existsSync(full) ? readFileSync(full, 'utf8') : null;
}

/** Names of the folders within a shipped folder, sorted. */
export function shippedFolders(path: string): readonly string[] {
  return readdirSync(join(packageRoot(), path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Text of a file that the user names; throws as the file system does. */
export const readNamed = (path: string): string => readFileSync(path, 'utf8');

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
