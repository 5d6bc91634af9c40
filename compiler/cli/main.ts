#!/usr/bin/env node
/**
 * Entry point: --version answers at once; everything else is loaded when it is needed, and after a look at Node, because
 * an older one fails while it loads the packages.
 */

import { leastNode, toolVersion } from '../pipeline/version.js';

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${toolVersion}\n`);
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  try {
    (await import('./node-version.js')).requireNode(process.versions.node, leastNode);
  } catch (error) {
    return (await import('./failure.js')).reportFailure(error, argv);
  }
  return (await import('./run.js')).runCli(argv);
}
