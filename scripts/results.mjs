/**
 * npm run results [-- FILE...] [--render]: writes docs/results.md and docs/results.svg, published accuracy of published networks beside the
 * SRAM and the work of our plans. The networks' files stand in ../shared/models; some minutes, and nothing is built or run. FILE...
 * (architectures/mcunet-5fps) plans only these anew; --render makes both of the plans that stand in scripts/results/plans.json.
 */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { module } = await runnerImport(join(root, 'scripts', 'results', 'main.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
});
process.exitCode = module.results(root, process.argv.slice(2));
