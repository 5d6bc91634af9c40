/** Builds the page (and dist/) before the tests that open it. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export function setup(): void {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const built = spawnSync(process.execPath, ['scripts/site.mjs', '.cache/site'], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the page failed to build:\n${built.stdout}${built.stderr}`);
}
