/**
 * npm run site && node scripts/page-tasks.mjs [model.onnx]: the longest task of the page's main thread while a model is planned, in
 * milliseconds: with 50 or less nothing of it is felt, with 200 a hand on a slider is. Without a model one of 30 MB is made. Needs
 * Chromium. A number of this machine, so no test holds it.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { runnerImport } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'rivulet-page-'));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
try {
  let model = process.argv[2];
  if (model === undefined) {
    const { module } = await runnerImport(join(root, 'tests', 'models', 'large.ts'), { root, configFile: false });
    model = join(folder, 'large.onnx');
    writeFileSync(model, module.largeModel());
  }
  const page = await browser.newPage();
  await page.addInitScript(() => {
    window.taskLengths = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.taskLengths.push(Math.round(entry.duration));
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(pathToFileURL(join(root, 'site', 'index.html')).href);
  await page.waitForSelector('[data-ready]', { state: 'attached' });
  await page.setInputFiles('input[type=file]', model);
  await page.waitForSelector('#verdict h2', { timeout: 300_000 });
  await page.waitForFunction(() => document.querySelector('.progress').hidden === true);
  await page.click('#tab-network');
  const lengths = await page.evaluate(() => window.taskLengths);
  console.log(`longest task ${Math.max(0, ...lengths)} ms; above 50 ms: ${lengths.join(', ') || 'none'}`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
