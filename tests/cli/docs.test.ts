/**
 * Every command in README.md and docs/ runs as it is written: each page is one shell in a folder with the files that it names. Programs that a
 * board or a network is needed for are stood in for by ones that do nothing, listed here; everything else is what the machine has.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatNpy } from '../../compiler/data/npy.js';
import { NetworkBuilder, type NetworkOptions, Random } from '../models/index.js';
import { hasTarget, hasTool } from '../tools.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/compiler/cli/main.js');

/** Of other ecosystems: they fetch toolchains, or talk to a board. */
const standIns = ['arduino-cli', 'west', 'pio', 'idf.py', 'cpackget', 'cbuild', 'npm'];

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`)].filter((file) =>
  file.endsWith('.md'),
);

/**
 * Blocks of shell: those that say so, and those without a language that call rivulet. What needs PyTorch and hours says `console`;
 * tests/cli/search.test.ts and tests/e2e/pytorch.test.ts run its like.
 */
function blocks(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, language, body]) => language === 'sh' || (language === '' && /^(npx )?rivulet /m.test(body)))
    .map(([, , body]) => body);
}
const withCommands = pages.filter((page) => blocks(page).length > 0);

/** What stands for a network of the reader's own; on one page images are made 224 x 224. */
const small = { network: oneConv(40, 48), height: 40, width: 48 };
const large = { network: oneConv(224, 224), height: 224, width: 224 };

function oneConv(height: number, width: number) {
  return (options: NetworkOptions = {}): Uint8Array => {
    const net = new NetworkBuilder({ name: 'example', seed: 21, ...options });
    let x = net.conv(net.input('image', [3, height, width]), { out: 8, kernel: 3, stride: 4, activation: 'relu' });
    x = net.conv(net.depthwise(x, { kernel: 3, stride: 2 }), { out: 12, kernel: 1, activation: 'relu' });
    net.output(net.gemm(net.globalAveragePool(x), 2), 'scores');
    return net.build();
  };
}

describe('commands of the documentation', () => {
  let folder: string;
  const at = (...parts: readonly string[]): string => join(folder, ...parts);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rivulet-docs-'));

    const random = new Random(7);
    for (const home of [
      'home/.local/share/bash-completion/completions',
      'home/.zfunc',
      'home/.config/fish/completions',
      'bin',
    ])
      mkdirSync(at(home), { recursive: true });
    const program = (name: string, text: string): void => {
      writeFileSync(at('bin', name), `#!/bin/sh\n${text}\n`);
      chmodSync(at('bin', name), 0o755);
    };
    program('rivulet', `exec '${process.execPath}' '${main}' "$@"`);
    program('npx', `test "$1" = rivulet || exit 9\nshift\nexec '${process.execPath}' '${main}' "$@"`);
    for (const name of standIns) program(name, 'exit 0');
    for (const page of withCommands) {
      const here = page.replace(/\W/g, '-');
      const { network, height, width } = page === 'docs/quantising.md' ? large : small;
      mkdirSync(at(here, 'old'), { recursive: true });
      writeFileSync(at(here, 'model.onnx'), network());
      for (const name of ['float.onnx', 'detector.onnx']) writeFileSync(at(here, name), network({ format: 'float' }));
      const image = (): Uint8Array =>
        encode({
          width,
          height,
          channels: 3,
          data: Uint8Array.from({ length: height * width * 3 }, () => random.integer(0, 255)),
        });
      for (const name of ['images', 'test/cat', 'test/dog']) {
        mkdirSync(at(here, name), { recursive: true });
        // A search of networks needs eight.
        for (let i = 0; i < 8; i++) writeFileSync(at(here, name, `${i}.png`), image());
      }
      const array = (shape: readonly number[]): Float32Array =>
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.integer(0, 255) / 255);
      const shape = [4, 3, height, width];
      writeFileSync(at(here, 'calibration.npy'), formatNpy({ shape, data: array(shape) }));
      writeFileSync(at(here, 'test.npy'), formatNpy({ shape, data: array(shape) }));
      writeFileSync(at(here, 'test_labels.npy'), formatNpy({ shape: [4], data: Int32Array.of(0, 1, 0, 1) }));
      spawnSync(process.execPath, [main, 'compile', 'model.onnx', '-o', 'old'], { cwd: at(here) });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('stand on these pages', () => {
    expect(withCommands).toEqual(
      expect.arrayContaining(['README.md', 'docs/ci.md', 'docs/tutorial.md', 'docs/quantising.md']),
    );
  });

  it.skipIf(!hasTarget() || !hasTool('cmake')).each(withCommands)('of %s run', (page) => {
    const script = blocks(page).join('\n');
    const done = spawnSync('bash', ['-e', '-c', script], {
      cwd: at(page.replace(/\W/g, '-')),
      encoding: 'utf8',
      env: { ...process.env, HOME: at('home'), PATH: `${at('bin')}:${process.env['PATH']}` },
    });
    expect([done.status, done.status === 0 ? '' : done.stdout.slice(-2000) + done.stderr]).toEqual([0, '']);
  });
});
