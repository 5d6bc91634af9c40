/**
 * npm run measure -- [--stale] [--check] [--instructions | --footprints] [--core cortex-m4,...] [--kernel rv_add_s8,...] [--verbose]
 *
 * Makes what stands in compiler/machine/measured/: instruction weights (random single kernel calls, counted under QEMU, and fitted)
 * and stack and code of every kernel (GCC's call graphs and object files). sources.ts there keeps the versions of compiler and
 * emulator, and a hash of the code that each number was measured on. What is not asked for stays as it is.
 *
 * --stale measures only what was measured on other code than there is now; --check lists that, measures nothing, and fails where the
 * list is not empty. --kernel takes ids of the code around kernels too (unit, push ...): any of them measures all of them. --verbose
 * prints the cases that the model misses most. The same code gives the same files. Needs arm-none-eabi-gcc and qemu-system-arm with
 * plugins.
 */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    stale: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    instructions: { type: 'boolean', default: false },
    footprints: { type: 'boolean', default: false },
    core: { type: 'string' },
    kernel: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const { module } = await runnerImport(join(root, 'scripts', 'measure', 'main.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
});
const both = values.instructions === values.footprints;
process.exitCode = await module.measure({
  ...values,
  instructions: values.instructions || both,
  footprints: values.footprints || both,
  cores: values.core?.split(',') ?? null,
  kernels: values.kernel?.split(',') ?? null,
});
