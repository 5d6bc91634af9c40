/** Which code a measured number belongs to: a hash of the C that it was measured on, and whether that is still the code. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cores } from '../../compiler/machine/cores/index.js';
import { kernelsFor } from '../../compiler/machine/kernel-table.js';
import type { Kernel } from '../../compiler/machine/kernel.js';
import { costWeights } from '../../compiler/machine/measured/instruction-weights.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Reads a file by its path from the root; null where there is none. */
export type ReadFile = (path: string) => string | null;
export const fromDisk: ReadFile = (path) =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null;

/** Of an id, the hash of each number's sources: 'footprint', or the class of cores whose instructions were counted. */
export type SourceTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const allKernels: readonly Kernel[] = [...new Map(cores.flatMap(kernelsFor).map((k) => [k.id, k])).values()];

/** Files of runtime-c that the code of `files` consists of: those and, level by level, what they include. */
function withIncludes(files: readonly string[], read: ReadFile): readonly string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    const text = read(path);
    if (text === null) return;
    found.add(path);
    for (const [, header] of text.matchAll(/^\s*#\s*include\s*"([^"]+)"/gm)) {
      visit(`runtime-c/src/${header}`);
      visit(`runtime-c/include/${header}`);
    }
  };
  for (const file of files) visit(`runtime-c/${file}`);
  return [...found].sort();
}

/** Of the code around kernels: the emitter. */
function emitterFiles(): readonly string[] {
  const names = (folder: string, ends: string): string[] =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(ends))
      .map((name) => `${folder}/${name}`);
  return [...names('compiler/codegen', '.ts'), ...names('templates', '.c.hbs'), 'runtime-c/include/rv_stream.h'].sort();
}

/** The code that an id of the tables stands for. */
export function sourcesOf(id: string, read: ReadFile = fromDisk): readonly string[] {
  const kernel = allKernels.find((k) => k.id === id);
  if (kernel !== undefined) return withIncludes(kernel.files, read);
  return id.startsWith('rv_') ? withIncludes([`src/${id}.c`], read) : emitterFiles();
}

/** Layout and comments are not code: 12 hexadecimal digits of the SHA-256 of the rest. */
export function hashOf(paths: readonly string[], read: ReadFile = fromDisk): string {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path}\n${tokens(read(path) ?? '')}\n`);
  return hash.digest('hex').slice(0, 12);
}

const tokens = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/\\\n|\s+/g, '');

/** Everything that is measured: ids and, of each, the numbers. */
export function measuredNumbers(): ReadonlyMap<string, readonly string[]> {
  const numbers = new Map<string, string[]>(allKernels.map((k) => [k.id, ['footprint']]));
  for (const [id, byClass] of Object.entries(costWeights))
    numbers.set(id, [...(numbers.get(id) ?? []), ...Object.keys(byClass)]);
  return numbers;
}

/** Numbers whose code is another than they were measured on, by id. */
export function staleNumbers(table: SourceTable, read: ReadFile = fromDisk): ReadonlyMap<string, readonly string[]> {
  const stale = new Map<string, string[]>();
  for (const [id, numbers] of measuredNumbers()) {
    const now = hashOf(sourcesOf(id, read), read);
    const old = numbers.filter((number) => table[id]?.[number] !== now);
    if (old.length > 0) stale.set(id, old);
  }
  return stale;
}
