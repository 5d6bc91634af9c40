/**
 * Brings a fresh clone to where it can build and test: node_modules, and the compilers and emulator of the tests. Plain
 * JavaScript without dependencies, because nothing is installed yet.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the project's folder, its output on this terminal; true where it succeeded. */
export function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status === 0;
}

const succeeds = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Ends the process where this Node is older than package.json says. */
function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const least = engines.node.replace('>=', '');
  const [a, b] = [process.versions.node, least].map((version) => version.split('.').map(Number));
  if (a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]))
    stop(`this is Node ${process.versions.node}; it takes ${least} or later`);
}

/** Installs what the lock file names, unless that was done. Ends the process where it cannot. */
export function installPackages() {
  requireNode();
  const lock = join(root, 'package-lock.json');
  const marker = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return;
  // npm ci empties node_modules first: through a link that would be somebody else's.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    stop('node_modules is a link to another folder: remove the link, then run this again');
  console.log('rivulet: installing npm packages');
  if (!run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']))
    stop('npm ci failed: is the registry reachable?');
}

/** Builds dist/, with a command that npx can run: npm itself sees to that only where it installs. */
export function build() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!run(process.execPath, [tsc, '-p', 'tsconfig.build.json'])) stop('the build failed');
  if (!run(process.execPath, [join(root, 'scripts', 'report-script.mjs')])) stop('the build failed');
  chmodSync(join(root, 'dist', 'compiler', 'cli', 'main.js'), 0o755);
}

/** A tool that answers --version. */
const answers = (tool) => () => succeeds(tool, ['--version']);

/** The cross compiler comes without its C library where recommended packages are not installed. */
function hasCrossCompiler() {
  const specs = spawnSync('arm-none-eabi-gcc', ['-print-file-name=nano.specs'], { encoding: 'utf8' });
  return specs.status === 0 && existsSync(specs.stdout.trim());
}

/** So does clang, without its sanitizers. */
function hasSanitizers(compiler) {
  return (
    spawnSync(compiler, ['-fsanitize=address,undefined', '-x', 'c', '-', '-o', '/dev/null'], {
      input: 'int main(void) { return 0; }\n',
    }).status === 0
  );
}

/** Tools of the tests, with the Debian packages that hold them. */
const tools = {
  'arm-none-eabi-gcc': { isThere: hasCrossCompiler, packages: ['gcc-arm-none-eabi', 'libnewlib-arm-none-eabi'] },
  'qemu-system-arm': { isThere: answers('qemu-system-arm'), packages: ['qemu-system-arm'] },
  gcc: { isThere: () => hasSanitizers('gcc'), packages: ['gcc', 'libc6-dev'] },
  'g++': { isThere: answers('g++'), packages: ['g++'] },
  clang: { isThere: () => hasSanitizers('clang'), packages: ['clang', 'libclang-rt-dev'] },
  chromium: { isThere: answers('chromium'), packages: ['chromium'] },
  cmake: { isThere: () => answers('cmake')() && answers('make')(), packages: ['cmake', 'make'] },
};
/** What builds a package and runs it on an emulated board. */
export const boardTools = ['arm-none-eabi-gcc', 'qemu-system-arm', 'gcc'];

/** Installs missing tools with apt where that is possible; what stays missing is named. */
export function installTools(wanted = Object.keys(tools)) {
  const missingTools = () => wanted.filter((tool) => !tools[tool].isThere());
  const packagesOf = (names) => names.flatMap((name) => tools[name].packages).join(' ');
  const missing = missingTools();
  if (missing.length === 0) return;
  const apt = aptGet();
  if (apt !== null) {
    console.log(`rivulet: installing ${packagesOf(missing)} (apt, some minutes)`);
    if (!apt('update', '-qq')) console.log('rivulet: apt-get update failed');
    // One by one, so that a package which this system does not have costs its own tool only.
    for (const tool of missing) apt('install', '-y', '-qq', '--no-install-recommends', ...tools[tool].packages);
  }
  const still = missingTools();
  if (still.length > 0) {
    console.log(
      `rivulet: not installed: ${still.join(', ')}. What needs them is skipped or ends with exit code 6; on Debian or Ubuntu:`,
    );
    console.log(`  sudo apt-get install ${packagesOf(still)}`);
  }
}

/** Runs apt-get, its errors on this terminal; null where there is none, or no right to use it. */
function aptGet() {
  const isRoot = process.getuid?.() === 0;
  if (!succeeds('apt-get', ['--version']) || !(isRoot || succeeds('sudo', ['-n', 'true']))) return null;
  const command = [...(isRoot ? [] : ['sudo', '-n']), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  return (...args) =>
    spawnSync(command[0], [...command.slice(1), ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
      .status === 0;
}

export function stop(message) {
  console.error(`rivulet: ${message}`);
  process.exit(1);
}
