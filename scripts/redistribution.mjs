/**
 * node scripts/redistribution.mjs PART [flags]: measures what docs/redistribution.md says. Parts are the files of
 * scripts/redistribution; each says what it takes.
 */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root, stop } from './bootstrap.mjs';

const [part = '', ...flags] = process.argv.slice(2);
const source = join(root, 'scripts', 'redistribution', `${part}.ts`);
if (!/^[a-z]+$/.test(part) || !existsSync(source)) {
  const parts = readdirSync(join(root, 'scripts', 'redistribution')).map((file) => file.replace(/\.ts$/, ''));
  stop(`there is no part "${part}": ${parts.join(', ')}`);
}
const outfile = join(root, '.cache', 'redistribution', `${part}.mjs`);
await build({
  entryPoints: [source],
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  outfile,
  logLevel: 'warning',
});
const { main } = await import(pathToFileURL(outfile).href);
await main(flags);
