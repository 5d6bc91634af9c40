/** npm run bench: prepares a fresh clone and runs the benchmark of scripts/bench. Flags: scripts/bench/options.ts. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, run, stop } from './bootstrap.mjs';
import { boardTools, setUp } from './setup.mjs';

setUp(boardTools);
if (
  !run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'scripts/bench/tsconfig.json'])
)
  stop('the build failed');
const { bench } = await import(pathToFileURL(join(root, '.cache', 'bench', 'scripts', 'bench', 'main.js')).href);
process.exitCode = await bench(root, process.argv.slice(2));
