/** report.html in a real browser. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, type PlanDocument } from '../../compiler/index.js';
import { groupDigits } from '../../compiler/util/format.js';
import { reportHtml } from '../../compiler/report/html.js';
import { planDocument } from '../../compiler/report/model.js';
import { bufferText } from '../../compiler/report/peak.js';
import { highestByte, liveAt } from '../../compiler/report/plan-index.js';
import { personDetector } from '../models/index.js';
import { fixtureFacts } from '../unit/codegen/fixture.js';
import { expectAccessible, hasChromium, launch, open } from './browser.js';

let browser: Browser;
let folder: string;
let plan: PlanDocument;
let other: PlanDocument;

async function onReport(
  work: (page: Page) => Promise<void>,
  html = reportHtml(plan, other),
  options: Parameters<typeof open>[2] = {},
): Promise<void> {
  const file = join(folder, 'report.html');
  writeFileSync(file, html);
  const { page, misdeeds } = await open(browser, pathToFileURL(file).href, options);
  try {
    await work(page);
    expect(misdeeds).toEqual([]);
  } finally {
    await page.context().close();
  }
}

/** Moves the pointer over a step and an address of the memory picture, drawn for steps [from, to). */
async function pointAt(page: Page, step: number, byte: number, from = 0, to = plan.steps.length): Promise<void> {
  const [left, right, top, bottom] = await plotOf(page);
  const x = left + ((right - left) * (step + 0.5 - from)) / (to - from);
  const y = bottom - ((bottom - top) * byte) / highestByte(plan, from, to);
  await page.mouse.move(x, y);
}

/** Left, right, top and bottom of the plot, from what is drawn: the dashed line at the top, and the axis. */
async function plotOf(page: Page): Promise<readonly [number, number, number, number]> {
  await page.locator('#memory').scrollIntoViewIfNeeded();
  const limit = (await page.locator('#memory .limit').boundingBox())!;
  const zero = (await page.locator('#memory .grid').first().boundingBox())!;
  return [limit.x, limit.x + limit.width, limit.y, zero.y];
}

const held = (page: Page): Promise<readonly string[]> =>
  page.$$eval('.inspector .held [data-buffer]', (rows) => rows.map((row) => row.getAttribute('data-buffer')!));

/** A tensor that lives for some steps, with a step and a byte of it over which nothing else is drawn. */
function visibleActivation(): readonly [PlanDocument['buffers'][number], number, number] {
  for (const b of plan.buffers) {
    if (b.kind !== 'activation' || b.endStep - b.firstStep < 3) continue;
    for (let step = b.firstStep; step < b.endStep; step++) {
      const others = liveAt(plan, step).filter((o) => o.id !== b.id);
      const middle = b.offsetBytes + Math.floor(b.bytes / 2);
      if (others.every((o) => middle < o.offsetBytes || o.offsetBytes + o.bytes <= middle)) return [b, step, middle];
    }
  }
  throw new Error('every tensor is covered by others');
}

describe.skipIf(!hasChromium())('report.html', () => {
  beforeAll(async () => {
    browser = await launch();
    folder = mkdtempSync(join(tmpdir(), 'rivulet-report-'));
    const model = { bytes: personDetector(), name: 'person_detector' };
    plan = compile(model, { board: 'nucleo-f411re', sramBytes: 60_000, pareto: true }).document;
    other = compile(model, { board: 'nucleo-f411re', schedule: 'layer' }).document;
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("shows the plan's peak", () =>
    onReport(async (page) => {
      const { memory } = plan;
      expect(await page.textContent('.figure b')).toContain(`${(memory.peakSramBytes / 1000).toFixed(1)} kB`);
      expect(await page.locator('#memory .peak-label').textContent()).toBe(`peak: step ${memory.peakStep}`);
      expect(await page.locator('#memory .note').allTextContents()).toContain(
        `arena ${groupDigits(memory.arenaBytes)} bytes`,
      );
      expect(await page.textContent('tr.total')).toContain(groupDigits(memory.arenaBytes));
    }));

  it('lists exactly the live buffers of the peak step under the pointer, and of any other', () =>
    onReport(async (page) => {
      for (const step of [plan.memory.peakStep, 0, plan.steps.length - 1]) {
        await pointAt(page, step, 1);
        const live = liveAt(plan, step);
        expect(await held(page)).toEqual(live.map((b) => String(b.id)));
        const texts = await page.locator('.inspector .held .what').allInnerTexts();
        expect(texts).toEqual(live.map((b) => bufferText(plan, b)));
        expect(await page.textContent('.inspector .held .soft')).toContain(
          `${groupDigits(plan.steps[step].liveBytes)} bytes held`,
        );
      }
    }));

  it('pins a buffer by a click: name, shape, bytes, lifetime, who writes and reads it; Escape lets go', () =>
    onReport(async (page) => {
      const [buffer, step, byte] = visibleActivation();
      await pointAt(page, step, byte);
      await page.mouse.down();
      await page.mouse.up();
      const detail = page.locator(`.inspector [data-subject="${buffer.id}"]`);
      const text = await detail.textContent();
      expect(text).toContain(bufferText(plan, buffer));
      expect(text).toContain(groupDigits(buffer.bytes));
      expect(text).toContain(`steps ${buffer.firstStep} to ${buffer.endStep - 1}`);
      const writer = plan.steps.find((s) => s.output.buffer === buffer.id)!;
      expect(text).toContain(`step ${writer.index}, ${writer.op}`);
      const view = writer.output;
      expect(text).toContain(`${view.height} × ${view.width} × ${view.channels}`);
      for (const reader of plan.steps.filter((s) => s.inputs.some((v) => v.buffer === buffer.id)))
        expect(text).toContain(`step ${reader.index}, ${reader.op}`);
      // It stays while the pointer is elsewhere.
      await pointAt(page, 0, 1);
      expect(await detail.count()).toBe(1);
      expect(await page.locator('.buffer.pinned').getAttribute('data-id')).toBe(String(buffer.id));
      await page.focus('.chart');
      await page.keyboard.press('Escape');
      expect(await page.locator('.buffer.pinned').count()).toBe(0);
    }));

  it("rescales the axis to the window's own peak under the brush, by pointer and by keys", () =>
    onReport(async (page) => {
      const steps = plan.steps.length;
      await page.locator('.minimap').scrollIntoViewIfNeeded();
      const box = (await page.locator('.minimap').boundingBox())!;
      const at = (step: number): number => box.x + (box.width * step) / steps;
      const [from, to] = [steps - 12, steps - 4];
      await page.mouse.move(at(from + 0.4), box.y + 20);
      await page.mouse.down();
      await page.mouse.move(at(to - 0.6), box.y + 20, { steps: 4 });
      await page.mouse.up();
      const top = highestByte(plan, from, to);
      expect(top).toBeLessThan(plan.memory.arenaBytes);
      expect(await page.locator('#memory .note').allTextContents()).toContain(`up to byte ${groupDigits(top)} here`);
      const ids = await page.$$eval('#memory .buffer', (all) => all.map((b) => Number(b.getAttribute('data-id'))));
      const alive = plan.buffers.filter((b) => b.bytes > 0 && b.firstStep < to && from < b.endStep).map((b) => b.id);
      expect(ids.sort((a, b) => a - b)).toEqual(alive.sort((a, b) => a - b));
      await pointAt(page, from + 2, 1, from, to);
      expect(await held(page)).toEqual(liveAt(plan, from + 2).map((b) => String(b.id)));

      await page.focus('.handle.from');
      await page.keyboard.press('Home');
      await page.focus('.handle.to');
      await page.keyboard.press('End');
      expect(await page.locator('#memory .note').allTextContents()).toContain(
        `arena ${groupDigits(plan.memory.arenaBytes)} bytes`,
      );
    }));

  it('shows one view at a time, on keys, and sorts the layers by any column', () =>
    onReport(async (page) => {
      const views = ['memory', 'layers', 'network', 'front', 'compare'];
      for (const [i, view] of views.entries()) {
        await page.keyboard.press(String(i + 1));
        for (const id of views) expect(await page.isVisible(`#view-${id}`), id).toBe(id === view);
      }
      await page.keyboard.press('2');
      const column = (n: number): Promise<readonly number[]> =>
        page.$$eval(
          'table.layers tbody tr',
          (rows, at) => rows.map((row) => Number((row as HTMLTableRowElement).cells[at].dataset['value'])),
          n,
        );
      for (const n of [4, 5, 6, 7]) {
        await page.locator('table.layers th button').nth(n).click();
        const values = await column(n);
        expect(values).toEqual([...values].sort((a, b) => b - a));
        await page.locator('table.layers th button').nth(n).click();
        expect(await column(n)).toEqual([...values].sort((a, b) => a - b));
      }
      expect(await page.locator('table.layers th[aria-sort=ascending]').count()).toBe(1);
      await page.locator('table.layers tr.peak .go').click();
      expect(await page.isVisible('#view-memory')).toBe(true);
      expect(await page.locator('.inspector .held').getAttribute('data-step')).toBe(String(plan.memory.peakStep));
    }));

  it('sets a point of the front beside the plan', () =>
    onReport(async (page) => {
      await page.keyboard.press('4');
      const point = plan.pareto.length - 1;
      await page.focus(`#front [data-point="${point}"]`);
      await page.keyboard.press('Enter');
      const bytes = Math.abs(plan.pareto[point].peakSramBytes - plan.memory.peakSramBytes);
      expect(await page.textContent('.picked')).toContain(`${groupDigits(bytes)} bytes`);
      expect(await page.textContent('.picked')).toContain(`plan.json#${point}`);
      expect(await page.locator('#front [data-point][aria-pressed=true]').count()).toBe(1);
    }));

  it('says what grew against another plan', () =>
    onReport(async (page) => {
      await page.keyboard.press('5');
      const change = plan.memory.peakSramBytes - other.memory.peakSramBytes;
      expect(change).toBeLessThan(0);
      const row = page.locator('.changes tr', { hasText: 'Peak SRAM' });
      expect(await row.textContent()).toContain(`−${groupDigits(-change)}`);
      expect(await row.getAttribute('class')).toBe('shrank');
    }));

  it('keeps every name of a model text', async () => {
    const evil = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    const facts = fixtureFacts({ net: 'tiny', model: evil, nodes: evil });
    const hostile = {
      ...planDocument(facts),
      reasons: [evil],
      buffers: facts.program.plan.buffers.map((b) => ({ ...b, name: evil })),
    };
    await onReport(
      async (page) => {
        for (const key of '12345') await page.keyboard.press(key);
        await page.keyboard.press('1');
        for (let i = 0; i < 8; i++) {
          await page.focus('.chart');
          await page.keyboard.press('ArrowDown');
          await page.keyboard.press('Enter');
        }
        expect(await page.textContent('.inspector')).toContain(evil.slice(0, 20));
        expect(await page.locator('img, [onerror]').count()).toBe(0);
        expect(await page.title()).not.toBe('owned');
      },
      reportHtml(hostile, hostile),
    );
  });

  it.each(['light', 'dark'] as const)('has no barrier that axe-core finds in any view (%s)', (colorScheme) =>
    onReport(
      async (page) => {
        for (const key of '12345') {
          await page.keyboard.press(key);
          await expectAccessible(page);
        }
      },
      undefined,
      { colorScheme },
    ),
  );

  it('is no wider than a phone', () =>
    onReport(
      async (page) => {
        for (const key of '12345') {
          await page.keyboard.press(key);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
        }
      },
      undefined,
      { width: 390, height: 844 },
    ));
});
