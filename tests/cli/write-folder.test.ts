/** Writing a package: whole or not at all, whoever else writes there and whatever interrupts. */

import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const module = new URL('../../dist/compiler/cli/write-folder.js', import.meta.url).href;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rivulet-write-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Arguments of Node for a program that has `writeFolder` and, of each of `count` files, `files`. */
const program = (count: number, code: string): readonly string[] => [
  '--input-type=module',
  '--eval',
  `
  import { writeFolder } from ${JSON.stringify(module)};
  const files = new Map([['plan.json', '{}'], ['sources.txt', '']]);
  for (let i = files.size; i < ${count}; i++) files.set(\`f\${i}.c\`, 'int x;');
  ${code}`,
];

describe('a package folder', () => {
  it('is complete where a signal comes while it is written, and nothing stays beside it', async () => {
    const child = spawn(
      process.execPath,
      program(
        4000,
        `
      writeFolder('out', { *[Symbol.iterator]() { process.stdout.write('writing'); yield* files; } });
      setTimeout(() => {}, 60000);`,
      ),
      { cwd: folder },
    );
    child.stdout.once('data', () => child.kill('SIGINT'));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(join(folder, 'out'))).toHaveLength(4000);
  });

  it('is one of the packages that several runs write at the same time', async () => {
    const writers = Array.from({ length: 3 }, () =>
      spawn(process.execPath, program(20, "for (let i = 0; i < 100; i++) writeFolder('out', files);"), { cwd: folder }),
    );
    const codes = await Promise.all(writers.map((child) => new Promise((resolve) => child.on('close', resolve))));
    expect(codes).toEqual([0, 0, 0]);
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(join(folder, 'out'))).toHaveLength(20);
  });

  it('is written through a link, which stays', () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    expect(spawnSync(process.execPath, program(20, "writeFolder('link', files);"), { cwd: folder }).status).toBe(0);
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(folder, 'real'))).toHaveLength(20);
  });

  it('says what is in the way', () => {
    writeFileSync(join(folder, 'file'), '');
    const { status, stderr } = spawnSync(
      process.execPath,
      program(
        20,
        "try { writeFolder('file/out', files); } catch (e) { console.error(e.message); process.exit(e.exitCode); }",
      ),
      { cwd: folder, encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([2, 'E131 cannot write file/out: a part of its path is a file\n']);
    expect(existsSync(join(folder, 'file/out'))).toBe(false);
  });
});
