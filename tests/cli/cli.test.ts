/** The command line as it is installed: exit codes, JSON, what is written and what is not. */

import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import onnxProto from 'onnx-proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatNpy } from '../../compiler/data/npy.js';
import { allNetworks, NetworkBuilder } from '../models/index.js';
import { hasHostCompiler, hasTarget } from '../tools.js';

const { onnx } = onnxProto;
const main = fileURLToPath(new URL('../../dist/compiler/cli/main.js', import.meta.url));
let folder: string;
const path = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rivulet-cli-'));
  writeFileSync(path('net.onnx'), allNetworks['dsCnn']());
  writeFileSync(path('wide.onnx'), allNetworks['mcunetLike']());
  writeFileSync(path('junk.onnx'), 'this is no model');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rivulet(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const done = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}
const json = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const { code, out } = rivulet([...args, '--json'], env);
  return { code, document: JSON.parse(out) };
};

describe('usage', () => {
  it('answers --version', () => {
    expect(rivulet(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('is a program that npx can start in a clone', () => {
    accessSync(main, constants.X_OK);
  });

  it('prints help', () => {
    expect(rivulet(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('validate <model>') });
    expect(rivulet(['compile', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--max-overhead') });
  });

  it.each([
    [['compile', 'net.onnx', '--bord', 'x'], /compile has no flag --bord\n.*did you mean --board\?/],
    [['compile', 'net.onnx', '--schedul', 'layer'], /did you mean --schedule\?/],
    [['complie', 'net.onnx'], /there is no command complie\n.*did you mean compile\?/],
    [['compile'], /E112 compile needs a model\n.*rivulet compile model.onnx/],
    [[], /name a command/],
    [['boards', 'nucleo-f746'], /did you mean nucleo-f746zg\?/],
    [
      ['compile', 'net.onnx', '--core', 'm4', '--objective', 'ram'],
      /--core m4 is not one of cortex-m0, .*\n.*did you mean cortex-m4\?\n.*--objective ram is not one of latency, sram/,
    ],
    [
      ['compile', 'net.onnx', '--board', 'microbit', '--board', 'stm32f103'],
      /--board is given 2 times: it takes one value/,
    ],
    [['compile', 'net.onnx', '-o', 'a', '--out', 'b'], /--out is given 2 times/],
    [['compile', 'net.onnx', '-o', ''], /--out has no value/],
    [['compile', 'net.onnx', '--sram'], /--sram has no value/],
    [['validate', 'net.onnx', '--inputs', ''], /--inputs has no value/],
    [['compile', 'net.onnx', '-o', 'net.onnx'], /E130 net.onnx is a file/],
    [['compile', 'net.onnx', '-o', 'net.onnx/c'], /E131 cannot write net.onnx\/c: a part of its path is a file/],
    [['compile', 'net.onnx', '--board', 'missing.json'], /E142 missing.json: cannot be read: there is no such file/],
    [
      ['compile', 'net.onnx', '--input', 'streamed', '--schedule', 'layer'],
      /E163 a layer schedule reads its input whole\n.*--input resident/,
    ],
    [['compile', 'net.onnx', '--sram', 'lots'], /--sram lots is not a size/],
    [['compile', 'net.onnx', '--max-overhead', '0.5'], /--max-overhead 0.5 is not a number of at least 1/],
    [['compile', 'net.onnx', '--input-shape', 'x'], /--input-shape x is not NAME=/],
    [['compile', 'net.onnx', '--outputs', 'a,,b'], /--outputs a,,b is not NAME or NAME,NAME/],
    [
      ['compile', 'net.onnx', '--outputs', 'nowhere'],
      /E306 nowhere: no tensor that an operator computes has this name/,
    ],
    [['compile', 'net.onnx', '--schedule', 'sideways'], /E160 "sideways" is no schedule/],
    [['compile', 'net.onnx', '--schedule', 'patch:2x2@nowhere'], /E161 no node is called "nowhere"/],
    [['compile', 'net.onnx', '--name', 'Not C'], /E120/],
    [['compile', 'missing.onnx'], /E100 missing.onnx: cannot be read: there is no such file/],
    [['compile', '.'], /cannot be read: it is a folder/],
    [['compile', 'junk.onnx'], /E101/],
    [['validate', 'net.onnx', '--expect', 'y.npy'], /--expect needs --inputs/],
    [['validate', 'net.onnx', '--inputs', 'nowhere.npy', '--on', 'host'], /E151/],
    [['validate', 'net.onnx', '--tolerance', '1'], /E111 --tolerance needs --expect/],
    [
      ['validate', 'net.onnx', '--inputs', 'x.npy', '--count', '2'],
      /E111 --inputs are taken as they are: leave out --count/,
    ],
    [
      ['validate', 'net.onnx', '--dataset', '.', '--seed', '2'],
      /E111 --dataset brings its own inputs: leave out --seed/,
    ],
  ])('%j is refused with exit code 2 and a word on what to do', (args, message) => {
    const { code, out, err } = rivulet(args);
    expect(err).toMatch(message);
    expect([code, out]).toEqual([2, '']);
  });

  it('speaks English whatever the locale, and understands itself', () => {
    for (const LC_ALL of ['de_DE.UTF-8', 'ja_JP.UTF-8']) {
      expect(rivulet(['compile', 'net.onnx', '--bord', 'x'], { LC_ALL })).toEqual(
        rivulet(['compile', 'net.onnx', '--bord', 'x'], { LC_ALL: 'C' }),
      );
      expect(rivulet(['ops', '--help'], { LC_ALL })).toEqual(rivulet(['ops', '--help'], { LC_ALL: 'C' }));
    }
  });

  it('has no stack trace and no colour for a pipe', () => {
    const { err } = rivulet(['compile', 'junk.onnx']);
    expect(err).not.toMatch(/\n\s+at |\u001b/);
  });

  it.skipIf(!existsSync('/dev/full'))('says when standard output takes nothing', () => {
    for (const flags of [[], ['--json']]) {
      const full = openSync('/dev/full', 'w');
      const done = spawnSync(process.execPath, [main, 'boards', ...flags], {
        encoding: 'utf8',
        stdio: ['ignore', full, 'pipe'],
      });
      expect([done.status, done.stderr]).toEqual([
        2,
        'error E131 cannot write to standard output: no space is left on the disk\n',
      ]);
    }
  });

  it('ends as it would where nobody reads what it prints', async () => {
    const code = await new Promise((resolve) => {
      const child = spawn(
        process.execPath,
        [main, 'compile', 'wide.onnx', '--board', 'nucleo-f411re', '--sram', '2000'],
        { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      child.stdout.destroy();
      child.stderr.destroy();
      child.on('close', resolve);
    });
    expect(code).toBe(4);
  });

  it('says which Node it needs where this one is too old to load it', () => {
    // An older Node cannot parse what the packages are written in; here it is the version alone that is older.
    writeFileSync(
      path('older.cjs'),
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });",
    );
    const older = (args: readonly string[]) =>
      spawnSync(process.execPath, ['--require', path('older.cjs'), main, ...args], { encoding: 'utf8' });
    expect(older(['boards'])).toMatchObject({
      status: 6,
      stdout: '',
      stderr: expect.stringMatching(/^error E601 rivulet needs Node 20\.19 or later; this is Node 18\.20\.8\n/),
    });
    expect(JSON.parse(older(['boards', '--json']).stdout)).toMatchObject({
      schema: 'rivulet.error/1',
      exitCode: 6,
      diagnostics: [{ code: 'E601' }],
    });
    expect(older(['--version']).status).toBe(0);
  });

  it('names every mistake of a board file, and once what to do', () => {
    writeFileSync(path('board.json'), '{"id": 3, "regions": []}');
    const { code, err } = rivulet(['boards', 'board.json']);
    expect([
      code,
      err.match(/^error E140 board.json: /gm)?.length,
      err.match(/board.schema.json describes/g)?.length,
    ]).toEqual([2, 9, 1]);
  });

  it('gives errors as one JSON document too', () => {
    const document = { schema: 'rivulet.error/1', exitCode: 2, diagnostics: [{ code: 'E100', severity: 'error' }] };
    expect(json(['compile', 'missing.onnx'])).toMatchObject({ code: 2, document });
    expect(JSON.parse(rivulet(['compile', 'missing.onnx', '--json=true']).out)).toMatchObject(document);
  });
});

describe('external data', () => {
  it.each([
    ['missing.bin', "E105 k: external data 'missing.bin' cannot be read: there is no such file or folder"],
    ['.', "E105 k: external data '.' cannot be read: it is a folder"],
    ['../x', "E105 k: external data at '../x' is outside the model's folder"],
  ])('at %s is refused in words, without paths of this machine', (location, message) => {
    const io = (name: string) => ({
      name,
      type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }, { dimValue: 4 }] } } },
    });
    writeFileSync(
      path('external.onnx'),
      onnx.ModelProto.encode(
        onnx.ModelProto.create({
          irVersion: 8,
          opsetImport: [{ version: 13 }],
          graph: {
            node: [{ opType: 'Mul', input: ['x', 'k'], output: ['y'] }],
            input: [io('x')],
            output: [io('y')],
            initializer: [
              {
                name: 'k',
                dims: [4],
                dataType: 1,
                dataLocation: 1,
                externalData: [{ key: 'location', value: location }],
              },
            ],
          },
        }),
      ).finish(),
    );
    const { code, err } = rivulet(['compile', 'external.onnx', '-o', 'external']);
    expect(err).toContain(message);
    expect(err).not.toContain(folder);
    expect(code).toBe(2);
  });
});

describe('lists', () => {
  it('boards', () => {
    expect(rivulet(['boards']).out).toMatch(
      /^nucleo-h743zi2 +cortex-m7 +dsp +1\.02 MB \(524\.3 kB in one piece\) +2\.10 MB +mps2-an500$/m,
    );
    expect(rivulet(['boards', 'microbit']).out).toContain('nRF51822 Product Specification');
    const { document } = json(['boards']);
    expect(document).toMatchObject({ schema: 'rivulet.boards/1' });
    expect(document.boards.find((b: { id: string }) => b.id === 'nucleo-f746zg')).toMatchObject({
      core: 'cortex-m7',
      sramBytes: 327680,
      flashBytes: 1048576,
    });
  });

  it('operators', () => {
    expect(rivulet(['ops']).out).toMatch(/^Conv +\d+-\d+ /m);
    const { document } = json(['ops']);
    expect(document.schema).toBe('rivulet.ops/1');
    expect(document.operators.map((o: { op: string }) => o.op)).toContain('QLinearConv');
  });
});

describe('analyze', () => {
  it('prints the plan as the document says', () => {
    const { code, document } = json(['analyze', 'net.onnx', '--board', 'nucleo-f411re']);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      schema: 'rivulet.plan/1',
      fits: true,
      unsupported: [],
      board: { id: 'nucleo-f411re', core: 'cortex-m4', sramBytes: 131072, flashBytes: 524288 },
      schedule: { kind: 'layer' },
      memory: { input: 'resident', provenOptimal: true, staticBytes: 0 },
    });
    const { memory, model, cost } = document;
    expect(memory.peakSramBytes).toBe(memory.arenaBytes + memory.stackBytes + memory.staticBytes);
    expect([model.macs, cost.executedMacs, model.parameters].every((n) => n > 0)).toBe(true);
    expect(rivulet(['analyze', 'net.onnx']).out).toContain('Peak SRAM');
  });

  it('writes a report of what does not fit too, and over no other file', () => {
    const args = ['analyze', 'net.onnx', '--board', 'nucleo-f411re', '-o', 'net.html'];
    expect(rivulet(args)).toMatchObject({ code: 0, out: expect.stringContaining('Wrote net.html') });
    expect(rivulet([...args, '--sram', '2000']).code).toBe(4);
    expect(readFileSync(path('net.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*does not fit[\s\S]*<\/html>\n$/);
    writeFileSync(path('page.html'), '<!doctype html>\n<title>mine</title>');
    expect(rivulet(['analyze', 'net.onnx', '-o', 'page.html'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('E130 page.html is in the way: it is no report of rivulet'),
    });
    expect(readFileSync(path('page.html'), 'utf8')).toContain('mine');
  });

  it('draws the front of SRAM against work', () => {
    const { document } = json(['analyze', 'wide.onnx', '--board', 'nucleo-f411re', '--pareto', '--input', 'streamed']);
    const sram = document.pareto.map((p: { peakSramBytes: number }) => p.peakSramBytes);
    const work = document.pareto.map((p: { estimatedInstructions: number }) => p.estimatedInstructions);
    expect(sram.length).toBeGreaterThan(1);
    expect([...sram].sort((a, b) => b - a)).toEqual(sram);
    expect(Math.min(...work)).toBe(work[0]);
    // A point of it compiles to what it says, or a little less: points are placed with less effort.
    writeFileSync(path('front.json'), JSON.stringify(document));
    const last = sram.length - 1;
    const replayed = json([
      'compile',
      'wide.onnx',
      '--board',
      'nucleo-f411re',
      '--schedule',
      `front.json#${last}`,
      '-o',
      'point',
    ]).document;
    expect(replayed.schedule).toEqual(document.pareto[last].schedule);
    expect(replayed.memory.peakSramBytes).toBeLessThanOrEqual(sram[last]);
    expect(replayed.cost.executedMacs).toBe(document.pareto[last].executedMacs);
    expect(rivulet(['compile', 'wide.onnx', '--schedule', `front.json#${sram.length}`])).toMatchObject({
      code: 2,
      err: expect.stringContaining(`its points are 0 to ${last}`),
    });
    expect(rivulet(['compile', 'wide.onnx', '--schedule', 'junk.onnx#0'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('E162 junk.onnx has no point 0'),
    });
  });

  it('marks the plan on the front, in the text and in the report', () => {
    const { code, out } = rivulet([
      'compile',
      'wide.onnx',
      '--board',
      'nucleo-f411re',
      '--sram',
      '12k',
      '--input',
      'streamed',
      '--pareto',
      '-o',
      'front',
    ]);
    expect(code).toBe(0);
    expect(out.match(/ this plan$/gm)).toHaveLength(1);
    expect(readFileSync(path('front/report.html'), 'utf8').match(/class="chosen"/g)).toHaveLength(2);
  });

  it('names every unsupported node, with exit code 3', () => {
    const net = new NetworkBuilder({ name: 'odd', seed: 1 });
    const x = net.input('x', [4, 8, 8]);
    const a = net.elementwise(x, { min: -1, max: 1 } as never, 1, (real) => net.node('LpNormalization', [real]));
    const b = net.elementwise(a, { min: -1, max: 1 } as never, 1, (real) => net.node('Hardmax', [real]));
    net.output(b, 'y');
    writeFileSync(path('odd.onnx'), net.build());
    const { code, document } = json(['analyze', 'odd.onnx']);
    expect(code).toBe(3);
    expect(document).toMatchObject({ schema: 'rivulet.plan/1', fits: false });
    expect(document.unsupported.map((u: { op: string }) => u.op).sort()).toEqual(['Hardmax', 'LpNormalization']);
    for (const u of document.unsupported)
      expect(u).toMatchObject({ node: expect.stringMatching(/./), reason: expect.stringMatching(/./) });
    expect(rivulet(['compile', 'odd.onnx', '-o', 'odd']).code).toBe(3);
    expect(existsSync(path('odd'))).toBe(false);
  });
});

describe('compile', () => {
  it('writes a package and says what was chosen', () => {
    const { code, out } = rivulet(['compile', 'net.onnx', '--board', 'nucleo-f411re', '-o', 'c', '--name', 'words']);
    expect(code).toBe(0);
    expect(out).toContain('layer by layer');
    expect(readdirSync(path('c'))).toEqual(
      expect.arrayContaining([
        'words.h',
        'words.c',
        'words_weights.c',
        'plan.json',
        'report.html',
        'CMakeLists.txt',
        'runtime',
      ]),
    );
    expect(JSON.parse(readFileSync(path('c/plan.json'), 'utf8'))).toMatchObject({
      schema: 'rivulet.plan/1',
      net: 'words',
      fits: true,
    });
  });

  it('replaces an earlier package, and nothing else', () => {
    expect(rivulet(['compile', 'net.onnx', '-o', 'c2', '--name', 'one']).code).toBe(0);
    expect(rivulet(['compile', 'net.onnx', '-o', 'c2', '--name', 'two']).code).toBe(0);
    expect(existsSync(path('c2/one.c'))).toBe(false);
    writeFileSync(path('c2/notes.txt'), 'mine');
    writeFileSync(path('c2/example/main.c'), 'my own main');
    const refused = rivulet(['compile', 'net.onnx', '-o', 'c2', '--name', 'three']);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /E130 c2\/example\/main.c: is in the way: it was changed after rivulet had written it\n.*nothing was written/,
      ),
    });
    expect(existsSync(path('c2/two.c'))).toBe(true);
    expect(existsSync(path('c2/three.c'))).toBe(false);
    rmSync(path('c2/example/main.c'));
    writeFileSync(path('c2/two.h'), 'edited');
    const { code, err } = rivulet(['compile', 'net.onnx', '-o', 'c2', '--name', 'three']);
    expect([code, err]).toEqual([0, expect.stringMatching(/W131 c2\/two.h: is left as it is/)]);
    expect([readFileSync(path('c2/notes.txt'), 'utf8'), readFileSync(path('c2/two.h'), 'utf8')]).toEqual([
      'mine',
      'edited',
    ]);
    expect([existsSync(path('c2/two.c')), existsSync(path('c2/three.c'))]).toEqual([false, true]);
  });

  it('leaves nothing beside the folder', () => {
    expect(rivulet(['compile', 'net.onnx', '-o', 'deep/er/c']).code).toBe(0);
    expect(readdirSync(path('deep/er'))).toEqual(['c']);
  });

  it('exits with 4 when the network does not fit, says by how much, and writes the picture alone', () => {
    const args = ['compile', 'wide.onnx', '--board', 'nucleo-f411re', '--sram', '2000', '-o', 'toobig'];
    const { code, err } = rivulet(args);
    expect(code).toBe(4);
    expect(err).toMatch(
      /E500 does not fit: the network takes [\d ]+ bytes of SRAM \(arena [\d ]+, stack [\d ]+\), and 2 000 are allowed: [\d ]+ bytes too many/,
    );
    expect(readdirSync(path('toobig')).sort()).toEqual(['does-not-fit.html', 'files.sha256']);
    expect(readFileSync(path('toobig/does-not-fit.html'), 'utf8')).toContain('does not fit');
    const { code: again, document } = json(args);
    expect(again).toBe(4);
    expect(document).toMatchObject({ board: { sramBytes: 131072 }, limits: { sramBytes: 2000, flashBytes: 524288 } });
    expect(document).toMatchObject({
      schema: 'rivulet.plan/1',
      fits: false,
      diagnostics: [{ code: 'E500', severity: 'error' }],
    });
    expect(document.memory.peakSramBytes).toBeGreaterThan(2000);
    // A package takes its place, and stays where a later run does not fit.
    expect(rivulet(['compile', 'net.onnx', '-o', 'toobig']).code).toBe(0);
    expect(existsSync(path('toobig/does-not-fit.html'))).toBe(false);
    expect(rivulet(['compile', 'net.onnx', '--sram', '2000', '-o', 'toobig']).code).toBe(4);
    expect(existsSync(path('toobig/does-not-fit.html')) && existsSync(path('toobig/net.c'))).toBe(true);
  });

  it('exits with 4 when flash is too small', () => {
    expect(rivulet(['compile', 'net.onnx', '--flash', '1KiB', '-o', 'f'])).toMatchObject({
      code: 4,
      err: expect.stringContaining('E501'),
    });
  });

  it('replays the schedule of an earlier plan', () => {
    const options = ['--board', 'nucleo-f411re', '--input', 'streamed', '--objective', 'sram'];
    expect(rivulet(['compile', 'wide.onnx', ...options, '-o', 'r1']).code).toBe(0);
    expect(
      rivulet(['compile', 'wide.onnx', '--board', 'nucleo-f411re', '--schedule', 'r1/plan.json', '-o', 'r2']).code,
    ).toBe(0);
    const [a, b] = ['r1', 'r2'].map((name) => JSON.parse(readFileSync(path(`${name}/plan.json`), 'utf8')));
    expect(b.schedule).toEqual(a.schedule);
    expect(b.memory.arenaBytes).toBe(a.memory.arenaBytes);
    expect(readFileSync(path('r2/wide.c'), 'utf8')).toBe(readFileSync(path('r1/wide.c'), 'utf8'));
  });

  it('refuses a schedule of another model, or one that was spoilt', () => {
    const schedule = (text: string, name: string): string => {
      writeFileSync(path(name), text);
      return name;
    };
    expect(rivulet(['compile', 'net.onnx', '-o', 's0']).code).toBe(0);
    const plan = JSON.parse(readFileSync(path('s0/plan.json'), 'utf8'));
    expect(rivulet(['compile', 'wide.onnx', '--schedule', 's0/plan.json', '-o', 's1'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('was made for another model'),
    });
    const twice = {
      ...plan,
      schedule: { ...plan.schedule, regions: [plan.schedule.regions[0], ...plan.schedule.regions] },
    };
    expect(
      rivulet(['compile', 'net.onnx', '--schedule', schedule(JSON.stringify(twice), 'twice.json'), '-o', 's2']),
    ).toMatchObject({ code: 2, err: expect.stringContaining('layer 0 runs twice') });
    const short = { ...plan, schedule: { ...plan.schedule, regions: plan.schedule.regions.slice(0, -1) } };
    expect(
      rivulet(['compile', 'net.onnx', '--schedule', schedule(JSON.stringify(short), 'short.json'), '-o', 's3']),
    ).toMatchObject({ code: 2, err: expect.stringMatching(/layer \d+ is missing/) });
    expect(
      rivulet(['compile', 'net.onnx', '--schedule', schedule('{"schedule": 3}', 'odd.json'), '-o', 's4']).code,
    ).toBe(2);
  });
});

describe('validate', () => {
  it.skipIf(!hasHostCompiler())('on the host', () => {
    const { code, document } = json(['validate', 'net.onnx', '--on', 'host', '--count', '2']);
    expect([code, document.schema]).toEqual([0, 'rivulet.validate/1']);
    expect(document).toMatchObject({
      target: 'host',
      inputs: 2,
      mismatchedBytes: 0,
      maxDifference: 0,
      firstMismatch: null,
      instructions: null,
      stackBytes: null,
    });
    expect(document.arenaBytes.touched).toBe(document.arenaBytes.planned);
  });

  it.skipIf(!hasTarget())('on the emulated board', () => {
    const { code, document } = json(['validate', 'net.onnx', '--board', 'microbit', '--count', '3']);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      target: { machine: 'microbit', core: 'cortex-m0' },
      inputs: 3,
      mismatchedBytes: 0,
    });
    expect(document.instructions.median).toBeGreaterThan(100_000);
    expect(document.stackBytes.touched).toBeLessThanOrEqual(document.stackBytes.bound);
    expect(document.flashBytes.text).toBeGreaterThan(1000);
    // A comma would end a path on QEMU's command line.
    mkdirSync(path('a b, c=d'));
    const counted = json(['validate', 'net.onnx', '--board', 'microbit', '--count', '3'], {
      TMPDIR: path('a b, c=d'),
    }).document;
    expect(counted.instructions).toEqual(document.instructions);
    expect(rivulet(['validate', 'net.onnx', '--board', 'microbit', '--count', '1']).out).toContain(
      'every byte is right',
    );
  });

  it.skipIf(!hasHostCompiler())(
    'compares with outputs that someone else computed, exit code 5 where they differ',
    () => {
      writeFileSync(path('x.npy'), formatNpy({ shape: [2, 1, 49, 10], data: new Float32Array(980) }));
      writeFileSync(path('y.npy'), formatNpy({ shape: [2, 12], data: new Float32Array(24) }));
      const { code, document } = json([
        'validate',
        'net.onnx',
        '--on',
        'host',
        '--inputs',
        'x.npy',
        '--expect',
        'y.npy',
      ]);
      expect(code).toBe(5);
      expect(document).toMatchObject({
        inputs: 2,
        ok: false,
        reference: { mismatchedBytes: 0 },
        firstMismatch: { input: 0 },
      });
      expect(document.mismatchedBytes).toBeGreaterThan(0);
      expect(
        json(['validate', 'net.onnx', '--on', 'host', '--inputs', 'x.npy', '--expect', 'y.npy', '--tolerance', '255']),
      ).toMatchObject({
        code: 0,
        document: { mismatchedBytes: 0, tolerance: 255 },
      });
      expect(rivulet(['validate', 'net.onnx', '--on', 'host', '--inputs', 'x.npy', '--expect', 'y.npy']).out).toMatch(
        /^outputs +wrong: \d+ bytes, by at most \d+ steps?$/m,
      );
      writeFileSync(path('one.npy'), formatNpy({ shape: [1, 12], data: new Float32Array(12) }));
      expect(rivulet(['validate', 'net.onnx', '--on', 'host', '--inputs', 'x.npy', '--expect', 'one.npy']).code).toBe(
        2,
      );
    },
  );

  it('exits with 4 before it builds when the network does not fit', () => {
    const { code, document } = json(['validate', 'wide.onnx', '--board', 'nucleo-f411re', '--sram', '1k']);
    expect(code).toBe(4);
    expect(document).toMatchObject({
      schema: 'rivulet.validate/1',
      fits: false,
      ok: false,
      diagnostics: [{ code: 'E500' }],
    });
  });

  it.skipIf(!hasTarget())('says that nothing was counted where the host has no C compiler', () => {
    const { code, document } = json(['validate', 'net.onnx', '--board', 'microbit', '--count', '1'], {
      CC: path('no-such-compiler'),
    });
    expect([code, document.instructions, document.ok]).toEqual([0, null, true]);
    expect(document.diagnostics).toMatchObject([{ code: 'W704', severity: 'note' }]);
  });

  it('says where it cannot keep its temporary files', () => {
    expect(rivulet(['validate', 'net.onnx', '--on', 'host'], { TMPDIR: path('nowhere') })).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^error E132 cannot work in .*nowhere: there is no such file or folder\n.*TMPDIR names another/,
      ),
    });
  });

  it.skipIf(!hasTarget())('leaves no working folder behind where it is interrupted', async () => {
    const temporary = path('temporary');
    mkdirSync(temporary);
    const child = spawn(process.execPath, [main, 'validate', 'net.onnx', '--count', '2000'], {
      cwd: folder,
      env: { ...process.env, TMPDIR: temporary },
    });
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
    // The emulator writes its outputs into the folder as it goes.
    while (
      child.exitCode === null &&
      !readdirSync(temporary, { recursive: true }).some((name) => /outputs?\.bin$/.test(String(name)))
    )
      await new Promise((r) => setTimeout(r, 20));
    child.kill('SIGINT');
    expect(await ended).toBe('SIGINT');
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('exits with 6 and the package to install when a tool is missing', () => {
    const { code, err } = rivulet(['validate', 'net.onnx', '--board', 'microbit'], { PATH: folder });
    expect(code).toBe(6);
    expect(err).toMatch(
      /E600 arm-none-eabi-gcc is not installed.*\n.*apt-get install gcc-arm-none-eabi.*\n.*E600 qemu-system-arm is not installed.*\n.*apt-get install qemu-system-arm/,
    );
    // Debian has compilers without their C library.
    writeFileSync(
      path('bare-cc'),
      [
        '#!/bin/sh',
        'reason="Datei oder Verzeichnis nicht gefunden"',
        '[ "$LC_ALL" = C ] && reason="No such file or directory"',
        'echo "net.c:8: fatal error: string.h: $reason" >&2',
        'exit 1',
        '',
      ].join('\n'),
      { mode: 0o755 },
    );
    expect(
      rivulet(['validate', 'net.onnx', '--on', 'host'], { CC: path('bare-cc'), LC_ALL: 'de_DE.UTF-8' }),
    ).toMatchObject({
      code: 6,
      err: expect.stringMatching(/E600 .*bare-cc is installed without its C library\n.*apt-get install libc6-dev/),
    });
  });
});
