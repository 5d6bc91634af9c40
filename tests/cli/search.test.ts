/** `rivulet search` as it is installed: what it writes, how it goes on, and what it says where it cannot. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatNpy } from '../../compiler/data/npy.js';
import { importModel } from '../../compiler/pipeline/import-model.js';
import type { SearchDocument } from '../../compiler/report/search-document.js';
import { allNetworks, Random } from '../models/index.js';
import { pythonWithTorch } from '../tools.js';

const main = fileURLToPath(new URL('../../dist/compiler/cli/main.js', import.meta.url));
const python = pythonWithTorch();
let folder: string;
const path = (name: string): string => join(folder, name);

const inputs = (count: number, shape: readonly number[]): Uint8Array => {
  const random = new Random(5);
  const size = shape.reduce((a, b) => a * b, count);
  return formatNpy({
    shape: [count, ...shape],
    data: Float32Array.from({ length: size }, () => random.uniform(-1, 1)),
  });
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rivulet-search-'));
  const bytes = allNetworks['tinyMobileNetV2']({ format: 'float' });
  const [, ...shape] = importModel({ bytes }, { inputShapes: {} }).graph.inputs[0].layout.onnxShape;
  writeFileSync(path('net.onnx'), bytes);
  writeFileSync(path('int8.onnx'), allNetworks['tinyMobileNetV2']());
  writeFileSync(path('cal.npy'), inputs(16, shape));
  writeFileSync(path('few.npy'), inputs(3, shape));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function search(...args: readonly string[]) {
  const done = spawnSync(process.execPath, [main, 'search', ...args], { cwd: folder, encoding: 'utf8' });
  return { code: done.status, out: done.stdout, err: done.stderr };
}
const small = ['net.onnx', '--calibrate', 'cal.npy', '--budget', '12', '--fits', '4', '--points', '1'];
const read = (out: string): SearchDocument =>
  JSON.parse(readFileSync(path(`${out}/search.json`), 'utf8')) as SearchDocument;

describe('rivulet search', () => {
  it('writes each point with all that it needs, and the same again when it is resumed', () => {
    const { code, out, err } = search(...small, '-o', 'found', '--json');
    expect([code, err]).toEqual([0, '']);
    const document = JSON.parse(out) as SearchDocument & { readonly seconds: number };
    expect(document.schema).toBe('rivulet.search/1');
    expect(document.front.length).toBeGreaterThan(0);
    expect(document.seconds).toBeGreaterThan(0);
    for (const point of document.front) {
      const files = readdirSync(path(`found/${point.id}`));
      for (const name of ['net.onnx', 'net.int8.onnx', 'plan.json', 'report.html', 'finetune.py', 'net.npz', 'c'])
        expect(files).toContain(name);
      const plan = JSON.parse(readFileSync(path(`found/${point.plan}`), 'utf8'));
      expect(plan.memory.peakSramBytes).toBe(point.peakSramBytes);
      expect(readFileSync(path('found/front.html'), 'utf8')).toContain(`id="${point.id}"`);
    }
    const before = readFileSync(path('found/search.json'), 'utf8');
    // As if it had been interrupted: the last score is not known.
    const state = JSON.parse(readFileSync(path('found/search-state.json'), 'utf8'));
    state.measured.pop();
    writeFileSync(path('found/search-state.json'), JSON.stringify(state));
    expect(search(...small, '-o', 'found', '--resume').code).toBe(0);
    expect(readFileSync(path('found/search.json'), 'utf8')).toBe(before);
    expect(search(...small, '-o', 'found').err).toMatch(/E130 .*holds a search already/);
    expect(search(...small, '-o', 'found', '--resume', '--max-slowdown', '1.5').err).toMatch(/E185/);
  });

  it.skipIf(python === null)('hands out a script that trains a point further and writes ONNX of the same form', () => {
    expect(existsSync(path('found/p1/finetune.py'))).toBe(true);
    const run = spawnSync(
      python ?? '',
      [
        path('found/p1/finetune.py'),
        '--data',
        path('cal.npy'),
        '--evaluate',
        path('cal.npy'),
        '--epochs',
        '2',
        '-o',
        path('tuned.onnx'),
      ],
      { encoding: 'utf8' },
    );
    expect([run.status, run.stderr]).toEqual([0, '']);
    const [tuned, before] = [readFileSync(path('tuned.onnx')), readFileSync(path('found/p1/net.onnx'))];
    expect(tuned.length).toBe(before.length);
    expect(tuned.equals(before)).toBe(false);
    expect(importModel({ bytes: tuned }, { inputShapes: {} }).graph.nodes.length).toBeGreaterThan(0);
  });

  it.skipIf(python === null)('hands out a supernet that trains once and then answers for a candidate', () => {
    const supernet = (...args: readonly string[]) =>
      spawnSync(python ?? '', [path('found/supernet/supernet.py'), ...args], { encoding: 'utf8' });
    const early = supernet('evaluate', path('found/p1/moves.json'));
    expect([early.status, early.stderr]).toEqual([1, expect.stringContaining('python supernet.py train comes first')]);
    const trained = supernet('train', '--data', path('cal.npy'), '--epochs', '1');
    expect([trained.status, trained.stderr]).toEqual([0, '']);
    const nothing = { convolutions: {}, blocks: {}, input: null };
    writeFileSync(path('original.json'), JSON.stringify({ moves: [], network: nothing }));
    for (const moves of ['original.json', 'found/p1/moves.json']) {
      const answer = supernet('evaluate', path(moves));
      expect([answer.status, answer.stderr]).toEqual([0, '']);
      const share = Number(answer.stdout.trim().split('\n').at(-1));
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
  });

  it('asks the user’s command, and keeps what was found where it fails', () => {
    writeFileSync(
      path('score.mjs'),
      `import { readFileSync, statSync } from 'node:fs';
       const moves = JSON.parse(readFileSync(process.argv[3], 'utf8')).moves.length;
       if (moves > Number(process.argv[4])) process.exit(7);
       console.log('a line before');
       console.log(statSync(process.argv[2]).size > 0 ? 100 - moves : 'none');`,
    );
    const command = (most: number): readonly string[] => [
      '--evaluate-command',
      `"${process.execPath}" score.mjs {onnx} {moves} ${most}`,
    ];
    const good = search(...small, ...command(9), '-o', 'commanded');
    expect(good.code).toBe(0);
    expect(read('commanded').scoredBy).toBe('command');
    expect(read('commanded').original.score).toBe(100);
    const bad = search(...small, ...command(0), '-o', 'failed');
    expect(bad.code).toBe(6);
    expect(bad.err).toMatch(/E184 network 1: the command ended with code 7/);
    expect(JSON.parse(readFileSync(path('failed/search-state.json'), 'utf8')).measured).toHaveLength(1);
  });

  it('says what is wrong with a command, in words', () => {
    const with_ = (text: string, ...more: readonly string[]) =>
      search(...small, '--evaluate-command', text, ...more, '-o', `c${text.length}`);
    expect(with_('echo good').err).toMatch(/E184 the original: the command's last line is no number: "good"/);
    expect(with_('sleep 30; echo 1', '--evaluate-timeout', '1').err).toMatch(/E184 .*took more than 1 s/);
  });

  it('refuses what it cannot work with', () => {
    expect(search('net.onnx').err).toMatch(/E111 search needs --calibrate/);
    expect(search('net.onnx', '--calibrate', 'few.npy', '-o', 'a').err).toMatch(/E181 there are 3 calibration inputs/);
    expect(search('int8.onnx', '--calibrate', 'cal.npy', '-o', 'b').err).toMatch(/E406/);
    expect(search(...small, '--moves', 'mergePointwise', '-o', 'c').err).toMatch(/E182 no move of the kinds/);
    const none = search(...small, '--sram', '500', '-o', 'd');
    expect(none.code).toBe(4);
    expect(none.err).toMatch(/E183 none of \d+ plans fits: the nearest takes \d+\.\d kB of SRAM .* % too much/);
    expect(search(...small, '--schedule', 'tiles', '-o', 'e').err).toMatch(/E160/);
  });
});
