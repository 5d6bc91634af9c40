/** What README.md shows works as it is written. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allNetworks } from '../models/index.js';
import { hasHostCompiler } from '../tools.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

const links = (): readonly string[] =>
  [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target).filter((target) => !/^https?:/.test(target));

/** The first block of a language. */
const block = (language: string): string => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)![1];

describe('README.md', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rivulet-readme-'));
    writeFileSync(join(folder, 'model.onnx'), allNetworks['dsCnn']());
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const run = (command: string, args: readonly string[]) => spawnSync(command, args, { cwd: folder, encoding: 'utf8' });

  it('has a call from code that runs', () => {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules', 'rivulet'));
    writeFileSync(join(folder, 'example.mjs'), block('js'));
    const done = run(process.execPath, ['example.mjs']);
    expect([done.status, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toMatch(/^true \d+ .* layer by layer.*\n/);
    expect(done.stdout).toMatch(/^model\.h \d+$/m);
  });

  it.skipIf(!hasHostCompiler())(
    'has commands that make a package, a program of it that builds, and a line that builds its example',
    () => {
      const [, compile] = /npx rivulet (compile .*?) +#/.exec(readme)!;
      expect(run(process.execPath, [join(root, 'dist/compiler/cli/main.js'), ...compile.split(/ +/)])).toMatchObject({
        status: 0,
        stderr: '',
      });
      expect(run('sh', ['-c', `${block('sh').trim()}\n./example/run`])).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^output 0 \[0\] = -?\d+ /),
      });
      const [declarations, calls] = block('c').split('\n\n');
      writeFileSync(
        join(folder, 'out/program.c'),
        [
          '#include <string.h>',
          declarations,
          'int main(void) {',
          'static int8_t image[NET_INPUT_SIZE];',
          calls,
          'return scores[0] == scores[1];',
          '}',
          '',
        ].join('\n'),
      );
      const built = run('sh', [
        '-c',
        'cd out && ${CC:-cc} -std=c99 -Wall -Wextra -Werror $(cat sources.txt) program.c -o program && ./program; test $? -lt 2',
      ]);
      expect([built.status, built.stderr]).toEqual([0, '']);
    },
  );

  it('names no flag that the commands lack', () => {
    const help = ['analyze', 'compile', 'validate', 'quantise', 'report']
      .map(
        (verb) =>
          spawnSync(process.execPath, [join(root, 'dist/compiler/cli/main.js'), verb, '--help'], { encoding: 'utf8' })
            .stdout,
      )
      .join('\n');
    const named = [...new Set(readme.match(/(?<=[`( ])--[a-z-]+/g))];
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((flag) => !new RegExp(`${flag}\\b`).test(help))).toEqual([]);
  });

  it('links to files that are there', () => {
    expect(links()).toContain('BENCHMARKS.md');
    for (const link of links()) expect(readFileSync(join(root, link)).length).toBeGreaterThan(0);
  });

  it('links to files that an installed package has too', () => {
    const packed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    const files = (JSON.parse(packed.stdout) as [{ files: { path: string }[] }])[0].files.map(({ path }) => path);
    expect(files).toEqual(expect.arrayContaining([...links()]));
    expect(files.filter((path) => /^(tests|scripts|node_modules)\//.test(path))).toEqual([]);
  });
});
