/** A real Chromium, and pages of it that note whatever a page must not do. */

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { hasTool } from '../tools.js';

/** apt-get install chromium. */
export const hasChromium = (): boolean => hasTool('chromium');
if (!hasChromium()) console.warn('chromium is not installed: the tests of the page and of report.html are SKIPPED');

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const sitePath = `${root}.cache/site/index.html`;
export const siteUrl = pathToFileURL(sitePath).href;

export interface Watched {
  readonly page: Page;
  /** Console errors and warnings, exceptions, and requests to anything but the page itself. */
  readonly misdeeds: string[];
}

/** A page of its own context, watched from its first moment. */
export async function open(
  browser: Browser,
  url: string,
  options: { readonly width?: number; readonly height?: number; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 900 },
    colorScheme: options.colorScheme ?? 'light',
    acceptDownloads: true,
  });
  // Against hangs alone: how long a plan takes is the machine's business.
  context.setDefaultTimeout(600_000);
  const page = await context.newPage();
  const misdeeds: string[] = [];
  page.on('console', (message) => {
    if (/error|warning/.test(message.type())) misdeeds.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => misdeeds.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const to = request.url();
    if (to !== url && !/^(blob|data):/.test(to)) misdeeds.push(`request: ${to}`);
  });
  await page.goto(url);
  return { page, misdeeds };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** axe-core finds nothing wrong with the page as it is. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    () => (window as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run() as Promise<AxeResult>,
  );
  expect(violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 200)}\n${v.nodes[0].failureSummary}`)).toEqual([]);
}

/** Drops files on the page as a hand with a mouse does. */
export async function drop(page: Page, files: readonly { readonly name: string; readonly bytes: Uint8Array }[]) {
  const given = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
  const transfer = await page.evaluateHandle((texts) => {
    const data = new DataTransfer();
    for (const { name, base64 } of texts)
      data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    return data;
  }, given);
  for (const type of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent('body', type, { dataTransfer: transfer });
}
