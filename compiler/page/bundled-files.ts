/** Stands in for compiler/assets/files.ts in the page: shipped files are part of the bundle, and there are no others. */

import { files } from 'virtual:shipped';

export const readShipped = (path: string): string | null => (Object.hasOwn(files, path) ? files[path] : null);

export const shippedFolders = (path: string): readonly string[] =>
  [
    ...new Set(
      Object.keys(files)
        .filter((name) => name.startsWith(`${path}/`))
        .map((name) => name.slice(path.length + 1))
        .filter((rest) => rest.includes('/'))
        .map((rest) => rest.slice(0, rest.indexOf('/'))),
    ),
  ].sort();

export function readNamed(): string {
  throw new Error('the page reads no files by their path');
}

// The same functions as the module that it stands in for.
const same: typeof import('../assets/files.js') = { readShipped, shippedFolders, readNamed };
void same;
