/**
 * npm test: sets a fresh clone up (setup.mjs), builds, runs every test, and ends with one line of totals. Arguments go to vitest. With
 * CI=true a test that would be skipped for want of a tool fails (tests/tools.ts).
 */

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, root, run } from './bootstrap.mjs';
import { missingTools, setUp } from './setup.mjs';

setUp();
build();

const results = join(root, '.cache', 'test-results.json');
mkdirSync(join(root, '.cache'), { recursive: true });
rmSync(results, { force: true });
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const passed = run(process.execPath, [
  vitest,
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${results}`,
  ...process.argv.slice(2),
]);

try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(results, 'utf8'));
  const skipped = numPendingTests + numTodoTests;
  const missing = skipped === 0 ? [] : missingTools();
  const why = missing.length === 0 ? '' : ` (missing here: ${missing.join(', ')}; npm run setup installs them)`;
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped} skipped${why}`);
} catch {
  console.error('rivulet: the tests ended without results');
}
process.exitCode = passed ? 0 : 1;
