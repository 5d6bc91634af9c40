#!/usr/bin/env node
/** Entry point: --version answers at once; everything else is loaded when it is needed. */

import { toolVersion } from '../pipeline/version.js';

if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  process.stdout.write(`${toolVersion}\n`);
} else {
  const { runCli } = await import('./run.js');
  process.exitCode = await runCli(process.argv.slice(2));
}
