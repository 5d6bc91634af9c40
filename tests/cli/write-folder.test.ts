/** Writing a package: whole or not at all, whoever else writes there and whatever interrupts. */

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFolder } from '../../compiler/cli/write-folder.js';
import { hasTool } from '../tools.js';

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
      const slow = new Map(files);
      slow[Symbol.iterator] = function* () { process.stdout.write('writing'); yield* files; };
      writeFolder('out', slow);
      setTimeout(() => {}, 60000);`,
      ),
      { cwd: folder },
    );
    child.stdout.once('data', () => child.kill('SIGINT'));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(join(folder, 'out'))).toHaveLength(4001);
  });

  it('is one of the packages that several runs write at the same time', async () => {
    const writers = Array.from({ length: 3 }, () =>
      spawn(process.execPath, program(20, "for (let i = 0; i < 100; i++) writeFolder('out', files);"), { cwd: folder }),
    );
    const codes = await Promise.all(writers.map((child) => new Promise((resolve) => child.on('close', resolve))));
    expect(codes).toEqual([0, 0, 0]);
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(join(folder, 'out'))).toHaveLength(21);
  });

  it('is written through a link, which stays', () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    expect(spawnSync(process.execPath, program(20, "writeFolder('link', files);"), { cwd: folder }).status).toBe(0);
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(folder, 'real'))).toHaveLength(21);
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

describe('a folder that holds other files', () => {
  const put = (path: string, text: string): void => {
    mkdirSync(join(folder, 'out', path, '..'), { recursive: true });
    writeFileSync(join(folder, 'out', path), text);
  };
  const read = (path: string): string => readFileSync(join(folder, 'out', path), 'utf8');
  const names = (): readonly string[] =>
    readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(join(folder, 'out'), join(entry.parentPath, entry.name)))
      .sort();
  const write = (files: Readonly<Record<string, string>>, addOnly = false) =>
    writeFolder(join(folder, 'out'), new Map(Object.entries(files)), addOnly);
  const first = { 'net.c': 'one', 'example/main.c': 'main', 'runtime/k.c': 'kernel' };

  it('keeps them, and loses only what the last run wrote', () => {
    write(first);
    put('mine.c', 'mine');
    put('example/camera.c', 'camera');
    put('example/b/notes.txt', 'notes');
    expect(write({ 'other.c': 'two', 'example/main.c': 'main 2' })).toEqual({ left: [] });
    expect(names()).toEqual([
      'example/b/notes.txt',
      'example/camera.c',
      'example/main.c',
      'files.sha256',
      'mine.c',
      'other.c',
    ]);
    expect([read('example/main.c'), read('mine.c')]).toEqual(['main 2', 'mine']);
    expect(existsSync(join(folder, 'out/runtime'))).toBe(false);
  });

  it.each<[string, () => void, RegExp]>([
    ['a changed file', () => put('example/main.c', 'edited'), /example\/main.c: is in the way: it was changed after/],
    ['a file of that name', () => put('second.c', 'mine'), /second.c: is in the way: rivulet did not write it/],
    ['a folder of that name', () => put('second.c/x', ''), /second.c: is in the way: it is a folder/],
    [
      'a file for a folder',
      () => put('deep', 'mine'),
      /deep\/er.c: is in the way: deep is a file, and a folder is to be/,
    ],
    [
      'a link for a folder',
      () => symlinkSync('..', join(folder, 'out/deep')),
      /deep\/er.c: is in the way: deep is a link, and a folder is to be there/,
    ],
  ])('stays as it is where %s is in the way', (_, change, message) => {
    write(first);
    change();
    const before = names().map((path) => [path, read(path)]);
    expect(() =>
      write({ ...first, 'net.c': 'two', 'example/main.c': 'main 2', 'second.c': '', 'deep/er.c': '' }),
    ).toThrow(message);
    expect(names().map((path) => [path, read(path)])).toEqual(before);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('names everything that is in the way', () => {
    put('a.c', 'mine');
    put('b.c', 'mine');
    expect(() => write({ 'a.c': '', 'b.c': '' })).toThrow(/a\.c: is in the way.*\n.*\n.*b\.c: is in the way/);
    expect(write({ 'a.c': 'mine', 'c.c': '' })).toEqual({ left: [] });
    expect(names()).toEqual(['a.c', 'b.c', 'c.c', 'files.sha256']);
  });

  it('keeps a changed file that the package no longer has, and says so', () => {
    write(first);
    put('example/main.c', 'edited');
    expect(write({ 'net.c': 'two' })).toEqual({ left: ['example/main.c'] });
    expect(read('example/main.c')).toBe('edited');
    expect(names()).toEqual(['example/main.c', 'files.sha256', 'net.c']);
  });

  it('takes files in besides an earlier package', () => {
    write(first);
    write({ 'report.html': 'why' }, true);
    expect(names()).toEqual(['example/main.c', 'files.sha256', 'net.c', 'report.html', 'runtime/k.c']);
    write(first);
    expect(names()).toEqual(['example/main.c', 'files.sha256', 'net.c', 'runtime/k.c']);
  });

  it('goes on where a run was killed between two files', () => {
    write(first);
    put('mine.c', 'mine');
    const list = read('files.sha256');
    write({ ...first, 'net.c': 'two', 'new.c': 'new' });
    // As it stood half-way: both versions are listed, one file is new, the other not yet.
    put('files.sha256', `${list}${read('files.sha256')}`);
    put('new.c', 'new');
    put('net.c', 'one');
    write({ ...first, 'net.c': 'three' });
    expect(names()).toEqual(['example/main.c', 'files.sha256', 'mine.c', 'net.c', 'runtime/k.c']);
  });

  it('is not left by a list that points out of it', () => {
    put('mine.c', 'mine');
    writeFileSync(join(folder, 'outside.c'), 'outside');
    const hash = createHash('sha256').update('outside').digest('hex');
    put('files.sha256', `${hash}  ../outside.c\n${hash}  ${join(folder, 'outside.c')}\n`);
    write({ 'net.c': 'one' });
    expect(readFileSync(join(folder, 'outside.c'), 'utf8')).toBe('outside');
  });

  it.skipIf(!hasTool('sha256sum'))('has a list that sha256sum reads', () => {
    write(first);
    expect(spawnSync('sha256sum', ['-c', '--quiet', 'files.sha256'], { cwd: join(folder, 'out') }).status).toBe(0);
  });
});
