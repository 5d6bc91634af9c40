/** npm run demo: sets a fresh clone up (setup.mjs) and runs the demonstration of demo-run.ts. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, root, run, stop } from './bootstrap.mjs';
import { boardTools, setUp } from './setup.mjs';

// A reader who has seen enough, as head has, ends nothing.
process.stdout.on('error', () => undefined);
setUp(boardTools);
build();
if (
  !run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'scripts/tsconfig.demo.json'])
)
  stop('the build failed');
const { demo } = await import(pathToFileURL(join(root, '.cache', 'demo', 'scripts', 'demo-run.js')).href);
process.exitCode = await demo(join(root, 'demo'));
