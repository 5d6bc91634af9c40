/** The package that npm publishes: small, complete, and at work with nothing but Node. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allNetworks } from '../models/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

describe.skipIf(process.platform === 'win32')('npm pack', () => {
  let folder: string;
  let packed: Packed;

  /** The archive below a node_modules that holds what package.json depends on, and nothing else. */
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rivulet-npm-'));
    const done = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    });
    [packed] = JSON.parse(done.stdout) as [Packed];
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    expect(spawnSync('tar', ['xzf', join(folder, packed.filename), '-C', modules]).status).toBe(0);
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<
        Record<string, { readonly dev?: boolean; readonly devOptional?: boolean; readonly optional?: boolean }>
      >;
    };
    for (const [path, { dev, devOptional, optional }] of Object.entries(packages)) {
      // Nested ones come with the package that they stand in.
      if (dev || devOptional || optional || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)) continue;
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      symlinkSync(join(root, path), join(folder, path));
    }
    writeFileSync(join(folder, 'net.onnx'), allNetworks['dsCnn']());
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is below 3 MB and holds what it needs and no more', () => {
    expect(statSync(join(folder, packed.filename)).size).toBeLessThan(3_000_000);
    const paths = packed.files.map(({ path }) => path);
    for (const needed of [
      'dist/compiler/cli/main.js',
      'dist/compiler/index.js',
      'dist/compiler/index.d.ts',
      'dist/page/report.js',
      'runtime-c/include/rv_types.h',
      'templates/model.c.hbs',
      'templates/packages/README.md.hbs',
      'boards/nucleo-f746zg/board.json',
      'docs/ci.md',
      'README.md',
      'LICENSE',
    ])
      expect(paths).toContain(needed);
    expect(
      paths.filter((path) => /(^|\/)(tests|scripts|node_modules|site|\.cache|\.github)\/|\.test\.|\.map$/.test(path)),
    ).toEqual([]);
  });

  it('analyses and compiles without a compiler or any other program', () => {
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [join(folder, 'node_modules/package/dist/compiler/cli/main.js'), ...args], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: join(folder, 'none') },
      });
    expect(run('analyze', 'net.onnx', '--board', 'nucleo-f411re')).toMatchObject({ status: 0, stderr: '' });
    expect(run('compile', 'net.onnx', '--package', 'arduino')).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(folder, 'out/report.html'), 'utf8')).toContain('<script>');
    expect(run('validate', 'net.onnx', '--on', 'host').status).toBe(6);
  });
});
