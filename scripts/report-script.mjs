/** Bundles the script of report.html into dist/page/report.js, which reports embed. Quick: a few hundredths of a second. */

import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

buildSync({
  absWorkingDir: root,
  entryPoints: ['compiler/page/report.ts'],
  outfile: 'dist/page/report.js',
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
});
