/**
 * Measures the instruction-cost model: compiler/machine/cost-weights.ts.
 *
 *   node scripts/fit-cost.mjs [--core cortex-m4,cortex-m7] [--kernel rv_add_s8] [--verbose]
 *
 * --kernel takes ids of the code around kernels too (unit, push ...): any of them measures all of them.
 *
 * Needs arm-none-eabi-gcc and qemu-system-arm with plugins. Random single kernel calls are executed and counted exactly,
 * then weights are fitted; the file is written anew with what was measured, the rest stays. The same code gives the
 * same file. --verbose prints the cases that the model misses most.
 */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { core: { type: 'string' }, kernel: { type: 'string' }, verbose: { type: 'boolean' } },
});
const { module } = await runnerImport(join(root, 'scripts', 'cost', 'fit.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
});
await module.fitCosts({
  file: join(root, 'compiler', 'machine', 'cost-weights.ts'),
  coreIds: values.core?.split(',') ?? null,
  kernels: values.kernel?.split(',') ?? null,
  verbose: values.verbose ?? false,
});
