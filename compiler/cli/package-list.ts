/**
 * files.sha256: which files of a folder an earlier run wrote, as `sha256sum -c` reads them. What it does not list, or lists with another
 * hash, belongs to somebody else.
 */

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const listName = 'files.sha256';

/** Hashes by path within the folder. More than one where a run was interrupted between two versions. */
export type FileList = ReadonlyMap<string, ReadonlySet<string>>;

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

export const listOf = (files: ReadonlyMap<string, string>): FileList =>
  new Map([...files].map(([path, text]) => [path, new Set([sha256(text)])]));

/** Every hash of both. */
export function united(a: FileList, b: FileList): FileList {
  const all = new Map<string, ReadonlySet<string>>(a);
  for (const [path, hashes] of b) all.set(path, new Set([...(all.get(path) ?? []), ...hashes]));
  return all;
}

export const formatList = (list: FileList): string =>
  [...list]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, hashes]) => [...hashes].map((hash) => `${hash}  ${path}\n`))
    .join('');

/** A path below the folder; nothing that a list from elsewhere could use to reach out of it. */
const isInside = (path: string): boolean =>
  path.split('/').every((part) => /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(part));

export function parseList(text: string): FileList {
  const list = new Map<string, Set<string>>();
  for (const [, hash, path] of text.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm))
    if (isInside(path)) list.set(path, (list.get(path) ?? new Set()).add(hash));
  return list;
}

/** What stands in a folder, against what is to be written there. */
export interface Survey {
  /** Text of the folder's list; empty where there is none. */
  readonly text: string;
  readonly list: FileList;
  /** Paths to be written where something stands that no run wrote, with what it is. */
  readonly inTheWay: readonly { readonly path: string; readonly why: string }[];
  /** Listed, as they were written, and not to be written again. */
  readonly stale: readonly string[];
  /** Listed, not to be written again, and changed since. */
  readonly changed: readonly string[];
  /** Whether an earlier run wrote all that there is, and nothing was changed. */
  readonly isOurs: boolean;
}

export function survey(folder: string, files: ReadonlyMap<string, string>): Survey {
  const text = textOf(folder);
  const list = parseList(text);
  const inTheWay = [...files].flatMap(([path, content]) => {
    const why = whatStands(folder, path, list, content);
    return why === null ? [] : [{ path, why }];
  });
  const states = [...list.keys()]
    .filter((path) => !files.has(path))
    .map((path) => ({ path, state: stateOf(folder, path, list) }));
  return {
    text,
    list,
    inTheWay,
    stale: states.filter(({ state }) => state === 'ours').map(({ path }) => path),
    changed: states.filter(({ state }) => state === 'theirs').map(({ path }) => path),
    isOurs: isOurs(folder, '', list),
  };
}

function textOf(folder: string): string {
  try {
    return readFileSync(join(folder, listName), 'utf8');
  } catch {
    return '';
  }
}

type State = 'absent' | 'ours' | 'theirs';

function stateOf(folder: string, path: string, list: FileList): State {
  // A link in the place of a folder leads to somebody else's files.
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    const stat = lstatSync(join(folder, ...parts.slice(0, depth)), { throwIfNoEntry: false });
    if (stat === undefined) return 'absent';
    if (depth < parts.length ? !stat.isDirectory() : !stat.isFile()) return 'theirs';
  }
  return list.get(path)?.has(sha256(readFileSync(join(folder, path)))) === true ? 'ours' : 'theirs';
}

/** Null where a file may be written. */
function whatStands(folder: string, path: string, list: FileList, content: string): string | null {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const parent = parts.slice(0, depth).join('/');
    const stat = lstatSync(join(folder, parent), { throwIfNoEntry: false });
    if (stat === undefined) return null;
    if (!stat.isDirectory())
      return `${parent} is ${stat.isSymbolicLink() ? 'a link' : 'a file'}, and a folder is to be there`;
  }
  const stat = lstatSync(join(folder, path), { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (!stat.isFile()) return stat.isDirectory() ? 'it is a folder' : 'it is no plain file';
  const hash = sha256(readFileSync(join(folder, path)));
  if (hash === sha256(content) || list.get(path)?.has(hash) === true) return null;
  return list.has(path) ? 'it was changed after rivulet had written it' : 'rivulet did not write it';
}

/** Whether everything below `path` is listed and unchanged. */
function isOurs(folder: string, path: string, list: FileList): boolean {
  return readdirSync(join(folder, path), { withFileTypes: true }).every((entry) => {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    if (inner === listName) return entry.isFile();
    if (entry.isDirectory())
      return [...list.keys()].some((p) => p.startsWith(`${inner}/`)) && isOurs(folder, inner, list);
    return stateOf(folder, inner, list) === 'ours';
  });
}
