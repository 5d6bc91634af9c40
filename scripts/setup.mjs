/**
 * npm run setup: brings a fresh clone to where it can build and test, and says what it installs. npm test and npm run demo call it where
 * something is missing. Plain JavaScript without dependencies, because nothing is installed yet.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run, stop } from './bootstrap.mjs';

const succeeds = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Ends the process where this Node is older than package.json says. */
function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const least = engines.node.replace('>=', '');
  const [a, b] = [process.versions.node, least].map((version) => version.split('.').map(Number));
  if (a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]))
    stop(`this is Node ${process.versions.node}; it takes ${least} or later`);
}

/** Whether node_modules is what the lock file names. */
function hasPackages() {
  const lock = join(root, 'package-lock.json');
  const marker = join(root, 'node_modules', '.package-lock.json');
  return existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs;
}

/** Installs what the lock file names. Ends the process where it cannot. */
function installPackages() {
  // npm ci empties node_modules first: through a link that would be somebody else's.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    stop('node_modules is a link to another folder: remove the link, then run this again');
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  console.log(
    `rivulet setup: installing ${Object.keys(packages).length - 1} npm packages into node_modules (package-lock.json names them)`,
  );
  if (!run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']))
    stop('npm ci failed: is the registry reachable?');
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
  'clang-format': { isThere: answers('clang-format'), packages: ['clang-format'] },
  xmllint: { isThere: answers('xmllint'), packages: ['libxml2-utils'] },
  cmake: { isThere: () => answers('cmake')() && answers('make')(), packages: ['cmake', 'make'] },
};
/** What builds a package and runs it on an emulated board. */
export const boardTools = ['arm-none-eabi-gcc', 'qemu-system-arm', 'gcc'];

/** Names of the tools that this machine lacks. */
export const missingTools = (wanted = Object.keys(tools)) => wanted.filter((tool) => !tools[tool].isThere());

/** Installs missing tools with apt where that is possible; what stays missing is named. */
function installTools(wanted) {
  const packagesOf = (names) => names.flatMap((name) => tools[name].packages).join(' ');
  const missing = missingTools(wanted);
  if (missing.length === 0) return;
  const apt = aptGet();
  if (apt !== null) {
    console.log(`rivulet setup: installing with apt-get, some minutes: ${packagesOf(missing)}`);
    if (!apt('update', '-qq')) console.log('rivulet setup: apt-get update failed');
    // One by one, so that a package which this system does not have costs its own tool only.
    for (const tool of missing) apt('install', '-y', '-qq', '--no-install-recommends', ...tools[tool].packages);
  }
  const still = missingTools(wanted);
  if (still.length > 0) {
    console.log(
      `rivulet setup: not installed: ${still.join(', ')}. What needs them is skipped or ends with exit code 6; on Debian or Ubuntu:`,
    );
    console.log(`  sudo apt-get install ${packagesOf(still)}`);
  }
}

/** Where tools from Python's index stand that look at packages in the tests. */
const packaging = join(root, '.cache', 'packaging');
const hasPackaging = () => existsSync(join(packaging, 'bin', 'compote'));

/** Into a folder of their own, that is deleted to be rid of them; without them one part of the tests is skipped, and says so. */
function installPackaging() {
  console.log('rivulet setup: installing the tools of scripts/packaging.txt into .cache/packaging');
  const pip = ['-q', '--retries', '1', '--timeout', '10', '-r', join(root, 'scripts', 'packaging.txt')];
  if (
    !succeeds('python3', ['-m', 'venv', packaging]) ||
    !succeeds(join(packaging, 'bin', 'pip'), ['install', '--disable-pip-version-check', ...pip])
  )
    console.log('rivulet setup: not installed: platformio, compote, kconfiglib; packages are checked without them');
}

/** Installs what is missing of the packages and of the `wanted` tools; true where that was anything. */
export function setUp(wanted = Object.keys(tools)) {
  requireNode();
  const isComplete =
    hasPackages() && missingTools(wanted).length === 0 && (hasPackaging() || !wanted.includes('xmllint'));
  if (!hasPackages()) installPackages();
  installTools(wanted);
  if (wanted.includes('xmllint') && !hasPackaging()) installPackaging();
  return !isComplete;
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

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  console.log(setUp() ? 'rivulet setup: done' : 'rivulet setup: everything is there');
}
