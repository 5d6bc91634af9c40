/**
 * node scripts/detector.mjs [-o docs/detector.svg]: what int8 leaves of a face detector's boxes, with its decoding in floating point. It
 * quantises ultraface-slim-320 with every second photograph, prints how many of the boxes that float finds on all of them int8 finds too,
 * and draws both on plain canvases. Model and photographs are looked for in ../shared.
 */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { out: { type: 'string', short: 'o' } } });
const { module } = await runnerImport(join(root, 'scripts', 'detector', 'main.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
});
await module.compareDetector(join(root, '..', 'shared'), values.out ?? null);
