/**
 * Brings a fresh clone to where it can build and test: node_modules, and the compilers and emulator of the tests. Plain
 * JavaScript without dependencies, because nothing is installed yet.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the project's folder, its output on this terminal; true where it succeeded. */
export function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status === 0;
}

const succeeds = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Installs what the lock file names, unless that was done. Ends the process where it cannot. */
export function installPackages() {
  const lock = join(root, 'package-lock.json');
  const marker = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return;
  // npm ci empties node_modules first: through a link that would be somebody else's.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) stop('node_modules is a link to another folder: remove the link, then run this again');
  console.log('rivulet: installing npm packages');
  if (!run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])) stop('npm ci failed: is the registry reachable?');
}

/** Builds dist/. */
export function build() {
  if (!run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])) stop('the build failed');
}

/** Tools of the tests, with the Debian packages that hold them. */
const tools = [
  ['arm-none-eabi-gcc', ['gcc-arm-none-eabi', 'libnewlib-arm-none-eabi']],
  ['qemu-system-arm', ['qemu-system-arm']],
  ['gcc', ['gcc', 'libc6-dev']],
  ['g++', ['g++']],
  ['clang', ['clang']],
  ['cmake', ['cmake', 'make']],
];

const missingTools = () => tools.filter(([tool]) => !succeeds(tool, ['--version']));

/** Installs missing tools with apt where that is possible; what stays missing is named, and its tests are skipped. */
export function installTools() {
  const missing = missingTools();
  if (missing.length === 0) return;
  const packages = missing.flatMap(([, names]) => names);
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const maySudo = prefix.length === 0 || succeeds('sudo', ['-n', 'true']);
  if (succeeds('apt-get', ['--version']) && maySudo) {
    console.log(`rivulet: installing ${packages.join(' ')}`);
    const apt = (...args) => run(prefix[0] ?? 'apt-get', [...prefix.slice(1), ...(prefix.length > 0 ? ['apt-get'] : []), ...args], { DEBIAN_FRONTEND: 'noninteractive' });
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
  }
  const still = missingTools();
  if (still.length > 0) {
    console.log(`rivulet: not installed: ${still.map(([tool]) => tool).join(', ')}. Tests that need them are skipped; on Debian or Ubuntu:`);
    console.log(`  sudo apt-get install ${still.flatMap(([, names]) => names).join(' ')}`);
  }
}

export function stop(message) {
  console.error(`rivulet: ${message}`);
  process.exit(1);
}
