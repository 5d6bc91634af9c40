/** What README.md shows works as it is written. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allNetworks } from '../models/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('README.md', () => {
  it('has a call from code that runs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rivulet-readme-'));
    try {
      const [, code] = /```js\n([\s\S]*?)```/.exec(readme)!;
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(root, join(folder, 'node_modules', 'rivulet'));
      writeFileSync(join(folder, 'model.onnx'), allNetworks['dsCnn']());
      writeFileSync(join(folder, 'example.mjs'), code);
      const done = spawnSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
      expect([done.status, done.stderr]).toEqual([0, '']);
      expect(done.stdout).toMatch(/^true \d+ .* layer by layer.*\n/);
      expect(done.stdout).toMatch(/^model\.h \d+$/m);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('names no flag that the commands lack', () => {
    const help = ['analyze', 'compile', 'validate']
      .map((verb) => spawnSync(process.execPath, [join(root, 'dist/compiler/cli/main.js'), verb, '--help'], { encoding: 'utf8' }).stdout).join('\n');
    const named = [...new Set(readme.match(/(?<=[`( ])--[a-z-]+/g))];
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((flag) => !new RegExp(`${flag}\\b`).test(help))).toEqual([]);
  });

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target).filter((target) => !/^https?:/.test(target));
    expect(links).toContain('BENCHMARKS.md');
    for (const link of links) expect(readFileSync(join(root, link)).length).toBeGreaterThan(0);
  });
});
