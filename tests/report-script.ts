/** Builds the script that reports embed before any test: reports are made from sources here. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export function setup(): void {
  const script = fileURLToPath(new URL('../scripts/report-script.mjs', import.meta.url));
  const built = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the report's script failed to build:\n${built.stdout}${built.stderr}`);
}
