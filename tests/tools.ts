/** What this machine has, for tests that need more than Node. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const answers = new Map<string, boolean>();

/** Whether a tool answers --version. */
export function hasTool(name: string): boolean {
  let answer = answers.get(name);
  if (answer === undefined) {
    answer = spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
    answers.set(name, answer);
  }
  return answer;
}

export const hasHostCompiler = (): boolean => hasTool(process.env['CC'] ?? 'cc');
/** Cross compiler and emulator: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm. */
export const hasTarget = (): boolean => hasTool('arm-none-eabi-gcc') && hasTool('qemu-system-arm') && hasHostCompiler();

/** Path of something in the folder of models and data beside the project, or null where that folder is absent. */
export function shared(path: string): string | null {
  const full = fileURLToPath(new URL(`../../shared/${path}`, import.meta.url));
  return existsSync(full) ? full : null;
}
