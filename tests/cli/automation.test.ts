/** What scripts and continuous integration use: gates, rivulet.config.json, completions, a plan's change as Markdown. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../compiler/report/plan-document.js';
import { allNetworks } from '../models/index.js';
import { hasTool } from '../tools.js';

const main = fileURLToPath(new URL('../../dist/compiler/cli/main.js', import.meta.url));
let folder: string;
const path = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rivulet-automation-'));
  writeFileSync(path('net.onnx'), allNetworks['dsCnn']());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rivulet(...args: readonly string[]) {
  const done = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
  return { code: done.status, out: done.stdout, err: done.stderr };
}
const planned = (...args: readonly string[]): PlanDocument =>
  JSON.parse(rivulet('analyze', 'net.onnx', '--json', ...args).out) as PlanDocument;

describe('gates', () => {
  it('pass what is at most as large, byte for byte, and stop one byte more with exit code 4 and no file', () => {
    const plan = planned();
    const { weights, code } = plan.cost.flashBytes;
    const gates = (sram: number, flash: number) =>
      rivulet('compile', 'net.onnx', '-o', 'gated', '--max-sram', `${sram}`, '--max-flash', `${flash}`);
    const stopped = gates(plan.memory.peakSramBytes - 1, weights + code - 1);
    expect(stopped.code).toBe(4);
    expect(stopped.err).toMatch(/E502 the plan takes [\d ]+ bytes of peak SRAM, 1 byte more than --max-sram/);
    expect(stopped.err).toMatch(/E503 the plan takes [\d ]+ bytes of flash, 1 byte more than --max-flash/);
    expect(stopped.out).toMatch(/Wrote nothing: the plan does not pass its gates\.\n$/);
    expect(existsSync(path('gated'))).toBe(false);
    expect(gates(plan.memory.peakSramBytes, weights + code)).toMatchObject({ code: 0, err: '' });
    expect(existsSync(path('gated/plan.json'))).toBe(true);
  });

  it('choose no other plan, and stand in the document', () => {
    const { code, out } = rivulet('analyze', 'net.onnx', '--json', '--max-sram', '100');
    const { diagnostics, ...plan } = JSON.parse(out) as PlanDocument;
    expect([code, diagnostics.map((d) => d.code)]).toEqual([4, ['E502']]);
    const { diagnostics: none, ...free } = planned();
    expect([none, plan]).toEqual([[], free]);
  });

  it('are sizes', () => {
    expect(rivulet('analyze', 'net.onnx', '--max-flash', 'much')).toMatchObject({
      code: 2,
      err: expect.stringContaining('E110 --max-flash much is not a size'),
    });
  });
});

describe('rivulet.config.json', () => {
  const config = (value: unknown): void => writeFileSync(path('rivulet.config.json'), JSON.stringify(value));
  afterEach(() => rmSync(path('rivulet.config.json'), { force: true }));

  it('gives flags, which the command line and a command of its own go before', () => {
    config({ board: 'nucleo-f411re', objective: 'sram', analyze: { objective: 'latency' }, compile: { out: 'c' } });
    const ofFile = planned();
    expect(ofFile.board?.id).toBe('nucleo-f411re');
    expect(planned('--board=nucleo-f746zg', '--objective', 'sram').board?.id).toBe('nucleo-f746zg');
    expect(rivulet('compile', 'net.onnx')).toMatchObject({ code: 0, out: expect.stringMatching(/Wrote c:/) });
    const written = JSON.parse(readFileSync(path('c/plan.json'), 'utf8')) as PlanDocument;
    expect(written.board?.id).toBe('nucleo-f411re');
    expect(written.memory.peakSramBytes).toBeLessThan(ofFile.memory.peakSramBytes);
    expect(rivulet('compile', 'net.onnx', '-o', 'd')).toMatchObject({ out: expect.stringMatching(/Wrote d:/) });
    // A command that has none of them.
    expect(rivulet('ops').code).toBe(0);
  });

  it('may be another file, and gives the same plan as the flags', () => {
    writeFileSync(path('other.json'), JSON.stringify({ sram: 20_000, 'max-overhead': 1.1, 'keep-input': true }));
    expect(planned('--config', 'other.json')).toEqual(
      planned('--sram', '20000', '--max-overhead', '1.1', '--keep-input'),
    );
    expect(rivulet('analyze', 'net.onnx', '--config', 'none.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('E115 none.json: it cannot be read: there is no such file'),
    });
  });

  it('is refused with all that is wrong with it', () => {
    config({ bord: 'x', 'keep-input': 'yes', sram: {}, validate: { objectiv: 'sram' }, ops: {}, quantise: 3 });
    const { code, err } = rivulet('analyze', 'net.onnx');
    expect(code).toBe(2);
    const words = err.replace(/\s+/g, ' ');
    for (const problem of [
      'no command has flag bord (did you mean board?)',
      'keep-input takes true or false',
      'sram takes text or a number',
      'validate: validate has no flag objectiv',
      'ops: this command takes no file of options',
      'quantise: it is not { "flag": value, ... }',
    ])
      expect(words).toContain(problem.replace(/ \(.*/, ''));
    writeFileSync(path('rivulet.config.json'), '{ board');
    expect(rivulet('analyze', 'net.onnx')).toMatchObject({ code: 2, err: expect.stringContaining('it is not JSON') });
  });
});

describe('completion', () => {
  const complete = (line: string): readonly string[] => {
    const words = line.split(' ');
    const script = `source rivulet.bash; COMP_WORDS=(${words.map((w) => `'${w}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _rivulet; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).stdout.trim().split('\n');
  };

  it.skipIf(!hasTool('bash'))('of bash knows commands, flags, values and files', () => {
    writeFileSync(path('rivulet.bash'), rivulet('completion', 'bash').out);
    expect(complete('rivulet an')).toEqual(['analyze']);
    expect(complete('rivulet compile --max-s')).toEqual(['--max-slowdown', '--max-sram']);
    expect(complete('rivulet compile net.onnx --board nucleo-f4')).toEqual(['nucleo-f411re']);
    expect(complete('rivulet compile net.onnx --objective ')).toEqual(['latency', 'sram']);
    expect(complete('rivulet compile ne')).toEqual(['net.onnx']);
    expect(complete('rivulet boards micro')).toEqual(['microbit']);
    expect(complete('rivulet completion f')).toEqual(['fish']);
  });

  it.each(['zsh', 'fish'])('of %s names every command and is its syntax', (shell) => {
    const { code, out } = rivulet('completion', shell);
    expect(code).toBe(0);
    for (const word of ['analyze', 'quantise', 'max-sram', 'nucleo-f411re', 'latency']) expect(out).toContain(word);
    const checked = spawnSync(shell, ['-n'], { input: out, encoding: 'utf8' });
    if (checked.error === undefined) expect([checked.status, checked.stderr]).toEqual([0, '']);
  });

  it('of another shell is refused', () => {
    expect(rivulet('completion', 'tcsh')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/tcsh is not one of bash, zsh, fish/),
    });
    expect(rivulet('completion').err).toContain('completion needs the name of a shell');
  });
});

describe('report --markdown', () => {
  it('says what changed, in numbers of the two plans, and keeps names as text', () => {
    const before = planned('--objective', 'sram');
    const now = planned();
    const hostile = {
      ...now,
      steps: now.steps.map((s, i) => (i === 0 ? { ...s, name: '@all `x` | <img src=x>' } : s)),
    };
    writeFileSync(path('before.json'), JSON.stringify(before));
    writeFileSync(path('now.json'), JSON.stringify(hostile));
    expect(rivulet('report', 'now.json', '--against', 'before.json', '--markdown').code).toBe(0);
    const text = readFileSync(path('report.md'), 'utf8');
    const by = now.memory.peakSramBytes - before.memory.peakSramBytes;
    expect(by).toBeGreaterThan(0);
    const bytes = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
    expect(text).toContain(
      `| Peak SRAM | ${bytes(before.memory.peakSramBytes)} | ${bytes(now.memory.peakSramBytes)} | +${bytes(by)} (`,
    );
    expect(text).toContain("`@all 'x' \\| <img src=x>`");
    expect(rivulet('report', 'now.json', '--markdown', '--overlay', 'perfetto')).toMatchObject({ code: 2 });
  });
});
