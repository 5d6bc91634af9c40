/** What moves cost a trained network, and what fitting its weights recovers: node scripts/redesign.mjs [--help]. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, run, stop } from './bootstrap.mjs';

if (
  !run(process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'scripts/redesign/tsconfig.json',
  ])
)
  stop('the build failed');
const { main } = await import(pathToFileURL(join(root, '.cache', 'redesign', 'scripts', 'redesign', 'main.js')).href);
process.exitCode = main(root, process.argv.slice(2));
