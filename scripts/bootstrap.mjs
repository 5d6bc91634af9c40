/** What the scripts share. Plain JavaScript without dependencies, because nothing may be installed yet. */

import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the project's folder, its output on this terminal; true where it succeeded. */
export function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status === 0;
}

/** Builds dist/, with a command that npx can run: npm itself sees to that only where it installs. */
export function build() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!run(process.execPath, [tsc, '-p', 'tsconfig.build.json'])) stop('the build failed');
  if (!run(process.execPath, [join(root, 'scripts', 'report-script.mjs')])) stop('the build failed');
  chmodSync(join(root, 'dist', 'compiler', 'cli', 'main.js'), 0o755);
}

export function stop(message) {
  console.error(`rivulet: ${message}`);
  process.exit(1);
}
