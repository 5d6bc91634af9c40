/** The page in a real browser: what people do with it, and that it is the very compiler. */

import { boardIds } from '../../compiler/machine/board-files.js';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode as encodePng } from 'fast-png';
import { strFromU8, unzipSync } from 'fflate';
import onnxProto from 'onnx-proto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, type PlanDocument } from '../../compiler/index.js';
import { largeModel } from '../models/large.js';
import { allNetworks, personDetector } from '../models/index.js';
import { hasHostCompiler } from '../tools.js';
import { drop, expectAccessible, hasChromium, launch, open, root, sitePath, siteUrl } from './browser.js';

let browser: Browser;
let folder: string;

/** Opens the page for one test; whatever it must not do fails the test. */
async function onPage(work: (page: Page) => Promise<void>, options: Parameters<typeof open>[2] = {}): Promise<void> {
  const { page, misdeeds } = await open(browser, siteUrl, options);
  try {
    await page.waitForSelector('[data-ready]', { state: 'attached' });
    await work(page);
    expect(misdeeds).toEqual([]);
  } finally {
    await page.context().close();
  }
}

const verdict = async (page: Page): Promise<string> => {
  await page.waitForSelector('#verdict h2');
  await page.waitForFunction(() => document.querySelector<HTMLElement>('.progress')?.hidden === true);
  return page.textContent('#verdict h2').then((text) => text ?? '');
};

async function downloaded(page: Page, kind: string): Promise<Uint8Array> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(`[data-download=${kind}]`)]);
  return readFileSync(await file.path());
}

/** What the command that the page shows writes, by path. */
async function fromCommandLine(page: Page, model: Uint8Array): Promise<ReadonlyMap<string, string>> {
  const command = (await page.textContent('.command code'))!;
  const [, name] = /compile (\S+)\.onnx/.exec(command)!;
  writeFileSync(join(folder, `${name}.onnx`), model);
  const out = join(folder, `out-${name}`);
  const node = `"${process.execPath}" "${root}dist/compiler/cli/main.js"`;
  const ran = spawnSync('sh', ['-c', `${command.replace('npx rivulet', node)} -o "${out}"`], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(ran.stderr).not.toContain('error');
  expect(ran.status).toBe(0);
  const paths = readdirSync(out, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name !== 'files.sha256',
  );
  return new Map(
    paths.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(out.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

/** Files of the zip without their common folder. */
function unzipped(zip: Uint8Array): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(unzipSync(zip)).map(([path, bytes]) => [path.slice(path.indexOf('/') + 1), strFromU8(bytes)]),
  );
}

const sorted = (files: ReadonlyMap<string, string>): [string, string][] =>
  [...files].sort(([a], [b]) => (a < b ? -1 : 1));

async function expectSameFiles(page: Page, model: Uint8Array): Promise<ReadonlyMap<string, string>> {
  const files = unzipped(await downloaded(page, 'package'));
  const expected = await fromCommandLine(page, model);
  expect([...files.keys()].sort()).toEqual([...expected.keys()].sort());
  // Not one comparison of everything: its message would be a megabyte.
  for (const [path, text] of sorted(expected)) expect(files.get(path) === text, path).toBe(true);
  return files;
}

/** The same model with its large tensors in a file beside it. */
function withExternalData(bytes: Uint8Array): { readonly model: Uint8Array; readonly data: Uint8Array } {
  const { ModelProto, TensorProto } = onnxProto.onnx;
  const model = ModelProto.decode(bytes);
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model.graph!.initializer!) {
    const raw = tensor.rawData;
    if (raw == null || raw.length < 64) continue;
    parts.push(raw);
    tensor.externalData = Object.entries({ location: 'weights.data', offset, length: raw.length }).map(
      ([key, value]) => ({ key, value: String(value) }),
    );
    tensor.dataLocation = TensorProto.DataLocation.EXTERNAL;
    tensor.rawData = null;
    offset += raw.length;
  }
  expect(parts.length).toBeGreaterThan(2);
  return { model: ModelProto.encode(model).finish(), data: Buffer.concat(parts) };
}

describe.skipIf(!hasChromium())('the page', () => {
  beforeAll(async () => {
    browser = await launch();
    folder = mkdtempSync(join(tmpdir(), 'rivulet-page-'));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is one file of less than a megabyte, compressed', () => {
    expect(readdirSync(join(sitePath, '..')).filter((name) => !name.startsWith('.'))).toEqual(['index.html']);
    expect(gzipSync(readFileSync(sitePath)).length).toBeLessThan(1_000_000);
  });

  const models: readonly (readonly [string, () => Uint8Array, string])[] = [
    ['person', personDetector, 'nucleo-f411re'],
    ['keywords', () => allNetworks['dsCnn'](), 'microbit'],
    ['pyramid', () => allNetworks['featurePyramid']({ format: 'qoperator' }), 'stm32n6570-dk'],
  ];
  it.each(models)(
    'takes %s by drop, plans it, and gives the files that the command line writes',
    (name, model, board) =>
      onPage(async (page) => {
        const bytes = model();
        await page.selectOption('[name=board]', board);
        await drop(page, [{ name: `${name}.onnx`, bytes }]);
        expect(await verdict(page)).toContain('Fits');
        const files = await expectSameFiles(page, bytes);
        const plan = JSON.parse(files.get('plan.json')!) as PlanDocument;
        expect(plan.board!.id).toBe(board);
        expect(strFromU8(await downloaded(page, 'plan'))).toBe(files.get('plan.json'));
        expect(strFromU8(await downloaded(page, 'report'))).toBe(files.get('report.html'));
        if (hasHostCompiler()) compiles(files);
      }),
  );

  /** The zip's C is whole: every source of it compiles, all warnings on. */
  function compiles(files: ReadonlyMap<string, string>): void {
    const at = mkdtempSync(join(folder, 'unzipped-'));
    for (const [path, text] of files) {
      if (path.includes('/')) spawnSync('mkdir', ['-p', join(at, path, '..')]);
      writeFileSync(join(at, path), text);
    }
    const sources = files.get('sources.txt')!.trim().split('\n');
    const ran = spawnSync('cc', ['-std=c11', '-Wall', '-Wextra', '-fsyntax-only', '-I.', '-Iruntime', ...sources], {
      cwd: at,
      encoding: 'utf8',
    });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
  }

  it('plans anew for another budget of SRAM: by the slider, and by a point of the curve', () =>
    onPage(async (page) => {
      const model = allNetworks['mcunetLike']();
      await page.selectOption('[name=board]', 'nucleo-f411re');
      await drop(page, [{ name: 'wide.onnx', bytes: model }]);
      await verdict(page);
      await page.waitForSelector('#budget [data-point]');
      const [min, max] = await page.$eval('#sram-slider', (s) => {
        const { min, max } = s as HTMLInputElement;
        return [Number(min), Number(max)];
      });
      const allowed = Math.round((min + max) / 200) * 100;
      await page.fill('#sram-slider', String(allowed));
      await page.waitForFunction(
        (flag) => document.querySelector('.command code')?.textContent?.includes(flag),
        `--sram ${allowed}`,
      );
      expect(await verdict(page)).toContain('Fits');
      const plan = JSON.parse((await expectSameFiles(page, model)).get('plan.json')!) as PlanDocument;
      expect(plan.memory.peakSramBytes).toBeLessThanOrEqual(allowed);
      expect(plan.memory.peakSramBytes).toBeLessThan(plan.memory.layerByLayerBytes);

      const points = await page.locator('#budget [data-point]').count();
      expect(points).toBeGreaterThan(3);
      const label = (await page.getAttribute(`#budget [data-point="${points - 1}"]`, 'aria-label'))!;
      await page.focus(`#budget [data-point="${points - 1}"]`);
      await page.keyboard.press('Enter');
      await page.waitForFunction(
        (flag) => !document.querySelector('.command code')?.textContent?.includes(flag),
        `--sram ${allowed}`,
      );
      expect(await verdict(page)).toContain('Fits');
      const [, bytes] = /--sram (\d+)/.exec((await page.textContent('.command code'))!)!;
      expect(label).toContain(`${(Number(bytes) / 1000).toFixed(1)} kB`);
      const tight = JSON.parse(strFromU8(await downloaded(page, 'plan'))) as PlanDocument;
      expect(tight.memory.peakSramBytes).toBeLessThanOrEqual(Number(bytes));
    }));

  it('says which boards a network fits, and by how much it misses one', () =>
    onPage(async (page) => {
      await drop(page, [{ name: 'wide.onnx', bytes: allNetworks['tinyMobileNetV2']() }]);
      await verdict(page);
      await page.waitForFunction(
        () => ![...document.querySelectorAll('#boards .answer')].some((cell) => /·|searching/.test(cell.textContent!)),
      );
      const answers = await page.locator('#boards .answer').allInnerTexts();
      expect(answers).toHaveLength(boardIds().length);
      expect(answers.every((answer) => /^(fits|does not fit)$/.test(answer))).toBe(true);
      await page.click('#boards [data-board=microbit] button');
      await page.waitForFunction(() => document.querySelector('#verdict h2')?.textContent?.includes('micro:bit'));
      expect(await page.inputValue('[name=board]')).toBe('microbit');

      await page.fill('#sram-slider', await page.getAttribute('#sram-slider', 'min').then((min) => min!));
      await page.waitForFunction(() => document.querySelector('#verdict h2')?.textContent?.includes('Does not fit'));
      expect(await page.textContent('#verdict .by-how-much')).toMatch(/^[\d ]+ bytes of SRAM too many/);
      expect(await page.textContent('#verdict .remarks')).toContain('E500');
      expect(await page.isDisabled('[data-download=package]')).toBe(true);
    }));

  it('words diagnostics of hostile and unsupported files as the command line does, and lives on', () =>
    onPage(async (page) => {
      const float = allNetworks['tinyMobileNetV2']({ format: 'float' });
      const whole = allNetworks['dsCnn']();
      const hostile: [string, Uint8Array][] = [
        ['empty.onnx', new Uint8Array(0)],
        ['junk.onnx', new TextEncoder().encode('<script>alert(1)</script>')],
        ['noise.onnx', Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3)) & 255)],
        ['cut.onnx', whole.subarray(0, whole.length / 2)],
        ['lite.onnx', new TextEncoder().encode('\u0000\u0000\u0000\u0000TFL3')],
        ['picture.png', encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(12) })],
        ['float.onnx', float],
      ];
      for (const [name, bytes] of hostile) {
        await drop(page, [{ name, bytes }]);
        await page.waitForSelector('#problems li');
        await page.waitForFunction(
          (file) => document.querySelector('.file-name')?.textContent?.startsWith(`${file},`),
          name,
        );
        await page.waitForFunction(() => document.querySelector<HTMLElement>('.progress')?.hidden === true);
        writeFileSync(join(folder, name), bytes);
        const ran = spawnSync(
          process.execPath,
          [`${root}dist/compiler/cli/main.js`, 'compile', name, '--json', '-o', 'never'],
          { cwd: folder, encoding: 'utf8' },
        );
        const { diagnostics } = JSON.parse(ran.stdout) as Pick<PlanDocument, 'diagnostics'>;
        const text = (await page.textContent('#problems'))!;
        for (const d of diagnostics) {
          expect(text).toContain(d.code);
          expect(text).toContain(d.message);
        }
        expect(await page.isHidden('#results')).toBe(true);
      }
      expect(await page.textContent('#problems')).toContain('E401');
      await page.click('.demo');
      expect(await verdict(page)).toContain('Fits');
      expect(await page.isHidden('#problems')).toBe(true);
    }));

  it('quantises a float network with images that are dropped, to the bytes of the command line', () =>
    onPage(async (page) => {
      const model = allNetworks['tinyMobileNetV2']({ format: 'float' });
      const images = Array.from({ length: 16 }, (_, k) => ({
        name: `image${String(k).padStart(2, '0')}.png`,
        bytes: encodePng({
          width: 40,
          height: 36,
          channels: 3,
          data: Uint8Array.from({ length: 40 * 36 * 3 }, (_, i) => (i * (7 + k) + (i >> 5) * (31 - k)) & 255),
        }),
      }));
      mkdirSync(join(folder, 'images'));
      for (const { name, bytes } of images) writeFileSync(join(folder, 'images', name), bytes);

      await page.selectOption('[name=board]', 'nucleo-f411re');
      await drop(page, [{ name: 'float.onnx', bytes: model }]);
      await page.waitForSelector('#problems li');
      await page.waitForSelector('#calibration:not([hidden])');
      await expectAccessible(page);
      await drop(page, [{ name: 'notes.png', bytes: new TextEncoder().encode('no image') }]);
      await page.waitForFunction(() => document.querySelector('#problems')?.textContent?.includes('notes.png'));
      await drop(page, [...images].reverse());
      expect(await verdict(page)).toContain('Fits');
      expect(await page.textContent('.calibration-note')).toMatch(
        /^Quantised with 16 inputs: [\d.]+ dB, \d+ of 16 agree/,
      );
      expect(await page.textContent('.command code')).toContain('float.onnx --calibrate images --board');
      await expectSameFiles(page, model);
      await expectAccessible(page);

      const [file] = await Promise.all([page.waitForEvent('download'), page.click('.save-model')]);
      const cli = [`${root}dist/compiler/cli/main.js`, 'quantise', 'float.onnx', '--calibrate', 'images'];
      const ran = spawnSync(process.execPath, [...cli, '-o', 'cli.onnx'], { cwd: folder, encoding: 'utf8' });
      expect(ran.status).toBe(0);
      expect(readFileSync(await file.path()).equals(readFileSync(join(folder, 'cli.onnx')))).toBe(true);

      await page.click('#calibration summary');
      await page.fill('[name=mean]', 'grey');
      await page.press('[name=mean]', 'Tab');
      await page.waitForFunction(() => document.querySelector('#problems')?.textContent?.includes('--mean'));
      await page.fill('[name=mean]', '0.5');
      await page.press('[name=mean]', 'Tab');
      await page.waitForFunction(() => document.querySelector('.command code')?.textContent?.includes('--mean 0.5'));
      await verdict(page);
      await expectSameFiles(page, model);
    }));

  it('lays the package out for an ecosystem, as the command that it shows does', () =>
    onPage(async (page) => {
      const model = allNetworks['dsCnn']();
      await drop(page, [{ name: 'net.onnx', bytes: model }]);
      await verdict(page);
      await page.selectOption('[name=package]', 'zephyr');
      const files = await expectSameFiles(page, model);
      expect([...files.keys()]).toContain('zephyr/module.yml');
    }));

  it('stops what it is asked to stop, and works on', () =>
    onPage(async (page) => {
      await page.selectOption('[name=board]', 'stm32f103');
      await page.click('.demo');
      await page.waitForSelector('.cancel:not([hidden])');
      await page.click('.cancel');
      await page.waitForFunction(() => document.querySelector('.status-text')?.textContent === 'Cancelled.');
      await page.selectOption('[name=board]', 'nucleo-h743zi2');
      expect(await verdict(page)).toContain('Fits');
    }));

  it('does not freeze on 30 MB: it is read and planned away from the main thread, which goes on turning', () =>
    onPage(async (page) => {
      const bytes = largeModel();
      expect(bytes.length).toBeGreaterThan(29_500_000);
      const file = join(folder, 'large.onnx');
      writeFileSync(file, bytes);
      // Turns of the event loop while the status says that work is under way; scripts/page-tasks.mjs has the longest task in milliseconds.
      await page.evaluate(() => {
        Object.assign(window, { turns: 0 });
        const count = (): void => {
          if (document.querySelector('.cancel:not([hidden])') !== null)
            (window as unknown as { turns: number }).turns++;
          setTimeout(count, 10);
        };
        count();
      });
      // Through the file chooser: making a drop of 30 MB is itself long work of this page.
      await page.setInputFiles('input[type=file]', file);
      await verdict(page);
      expect(await page.evaluate(() => (window as unknown as { turns: number }).turns)).toBeGreaterThan(10);
    }));

  it('takes external data that is dropped with the model, and says when it is missing', () =>
    onPage(async (page) => {
      const whole = allNetworks['dsCnn']();
      const { model, data } = withExternalData(whole);
      await drop(page, [{ name: 'net.onnx', bytes: model }]);
      await page.waitForSelector('#problems li');
      expect(await page.textContent('#problems')).toContain('choose it together with the model');
      await drop(page, [
        { name: 'weights.data', bytes: data },
        { name: 'net.onnx', bytes: model },
      ]);
      expect(await verdict(page)).toContain('Fits');
      const files = unzipped(await downloaded(page, 'package'));
      const inside = compile({ bytes: whole, name: 'net' }).emit();
      for (const name of ['net.c', 'net_weights.c']) expect(files.get(name) === inside.get(name), name).toBe(true);
    }));

  it.each(['light', 'dark'] as const)('has no barrier that axe-core finds (%s)', (colorScheme) =>
    onPage(
      async (page) => {
        await expectAccessible(page);
        await page.selectOption('[name=board]', 'nucleo-f411re');
        await drop(page, [{ name: 'wide.onnx', bytes: allNetworks['mcunetLike']() }]);
        await verdict(page);
        await page.waitForSelector('#budget [data-point]');
        for (const view of ['memory', 'layers', 'network']) {
          await page.click(`#tab-${view}`);
          await expectAccessible(page);
        }
        await drop(page, [{ name: 'junk.onnx', bytes: new Uint8Array(3) }]);
        await page.waitForSelector('#problems li');
        await expectAccessible(page);
      },
      { colorScheme },
    ),
  );

  it('is worked by the keyboard alone, on a phone too', () =>
    onPage(
      async (page) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(390);
        await page.focus('.demo');
        await page.keyboard.press('Enter');
        await verdict(page);
        await page.keyboard.press('3');
        expect(await page.isVisible('#view-network')).toBe(true);
        await page.keyboard.press('1');
        await page.focus('#views .chart');
        await page.keyboard.press('p');
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        expect(await page.locator('#views .inspector .pin').getAttribute('aria-pressed')).toBe('true');
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      },
      { width: 390, height: 844 },
    ));
});
