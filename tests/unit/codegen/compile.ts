/** Builds emitted packages with the compilers of this machine. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const strictFlags = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Wpedantic', '-Werror'];

/** Runs `body` in a fresh folder that is removed afterwards. */
export function inFolder<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'rivulet-codegen-'));
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function writeFiles(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Runs a tool; what it printed to standard output. Throws with everything it printed where it fails. */
export function run(folder: string, tool: string, args: readonly string[], input?: Buffer): Buffer {
  const result = spawnSync(tool, args, { cwd: folder, ...(input === undefined ? {} : { input }) });
  if (result.status !== 0) {
    throw new Error(
      `${tool} ${args.join(' ')}: ${result.status ?? result.signal}\n${String(result.stdout)}\n${String(result.stderr)}`,
    );
  }
  return result.stdout;
}

/** C files of a package, from its own list. */
export const sourcesOf = (files: ReadonlyMap<string, string>): readonly string[] =>
  files.get('sources.txt')!.trim().split('\n');
