/** rivulet report, as it is installed. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allNetworks } from '../models/index.js';

const main = fileURLToPath(new URL('../../dist/compiler/cli/main.js', import.meta.url));
let folder: string;
const path = (name: string): string => join(folder, name);
const rivulet = (...args: readonly string[]) =>
  spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rivulet-report-'));
  writeFileSync(path('net.onnx'), allNetworks['mcunetLike']());
  expect(rivulet('compile', 'net.onnx', '--board', 'nucleo-f411re', '-o', 'out')).toMatchObject({ status: 0 });
  expect(rivulet('compile', 'net.onnx', '--objective', 'sram', '-o', 'tight')).toMatchObject({ status: 0 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('rivulet report', () => {
  it('draws a plan.json as compile did', () => {
    const done = rivulet('report', 'out/plan.json');
    expect(done).toMatchObject({ status: 0, stdout: 'Wrote report.html\n', stderr: '' });
    expect(readFileSync(path('report.html'), 'utf8')).toBe(readFileSync(path('out/report.html'), 'utf8'));
  });

  it('draws what analyze --json prints', () => {
    writeFileSync(path('analyzed.json'), rivulet('analyze', 'net.onnx', '--json').stdout);
    expect(rivulet('report', 'analyzed.json', '-o', 'analyzed.html')).toMatchObject({ status: 0, stderr: '' });
  });

  it('lays another plan beside it', () => {
    expect(rivulet('report', 'tight/plan.json', '--against', 'out/plan.json', '-o', 'both.html')).toMatchObject({
      status: 0,
    });
    expect(readFileSync(path('both.html'), 'utf8')).toMatch(/<tr class="shrank"><td class="name">Peak SRAM<\/td>/);
  });

  it('writes the plan for other viewers', () => {
    expect(rivulet('report', 'out/plan.json', '--overlay', 'model-explorer').stdout).toBe(
      'Wrote model-explorer.json\n',
    );
    expect(Object.keys(JSON.parse(readFileSync(path('model-explorer.json'), 'utf8')))).toEqual(['results', 'gradient']);
    expect(rivulet('report', 'out/plan.json', '--overlay', 'perfetto', '-o', 'trace.json').status).toBe(0);
    expect(JSON.parse(readFileSync(path('trace.json'), 'utf8')).traceEvents.length).toBeGreaterThan(10);
  });

  it('says what is wrong, and writes nothing', () => {
    writeFileSync(path('bad.json'), '{"schema":"rivulet.plan/1"}');
    const cases: [readonly string[], RegExp][] = [
      [['report'], /E112 report needs a plan\.json/],
      [['report', 'nowhere.json'], /E100 nowhere\.json: cannot be read/],
      [['report', 'net.onnx'], /E170 net\.onnx: is not JSON/],
      [['report', 'bad.json'], /E170 bad\.json: holds no plan: tool/],
      [['report', 'out/plan.json', '--against', 'bad.json'], /E170 bad\.json/],
      [
        ['report', 'out/plan.json', '--overlay', 'netron'],
        /E112 --overlay netron is not one of model-explorer, perfetto/,
      ],
      [['report', 'out/plan.json', '--overlay', 'perfetto', '--against', 'out/plan.json'], /E111/],
      [['report', 'out/plan.json', '-o', 'no/such/folder.html'], /E131 cannot write no\/such\/folder\.html/],
    ];
    rmSync(path('report.html'), { force: true });
    for (const [args, message] of cases) {
      const done = rivulet(...args);
      expect(done.stderr).toMatch(message);
      expect(done.status).toBe(2);
    }
    expect(existsSync(path('report.html'))).toBe(false);
  });
});
