/** What this machine has, for tests that need more than Node. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const answers = new Map<string, boolean>();

/** The answer of `isThere`, asked once. With CI=true a tool that is not there fails the test file, which would skip otherwise. */
export function present(what: string, isThere: () => boolean): boolean {
  const answer = answers.get(what) ?? isThere();
  answers.set(what, answer);
  if (!answer && process.env['CI'] === 'true')
    throw new Error(
      `${what} is missing: with CI=true nothing is skipped for want of a tool (npm run setup installs it)`,
    );
  return answer;
}

/** Whether a tool answers --version. */
export const hasTool = (name: string): boolean =>
  present(name, () => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);

export const hasHostCompiler = (): boolean => hasTool(process.env['CC'] ?? 'cc');
/** Cross compiler and emulator: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm. */
export const hasTarget = (): boolean => hasTool('arm-none-eabi-gcc') && hasTool('qemu-system-arm') && hasHostCompiler();

/** Path of something in the folder of models and data beside the project, or null where that folder is absent. */
export function shared(path: string): string | null {
  const full = fileURLToPath(new URL(`../../shared/${path}`, import.meta.url));
  return existsSync(full) ? full : null;
}

/**
 * A Python that has PyTorch and numpy: the variable RIVULET_PYTHON, or python3. Null, with a word on standard error, where there is
 * none: PyTorch is too large to ask of every machine.
 */
export function pythonWithTorch(): string | null {
  const python = process.env['RIVULET_PYTHON'] ?? 'python3';
  if (spawnSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' }).status === 0) return python;
  process.stderr.write('no Python with PyTorch (RIVULET_PYTHON): scripts for training are not run\n');
  return null;
}
