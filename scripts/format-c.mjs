/** npm run format: clang-format over the C of the runtime, the tests and the benchmarks; --check only looks. */

import { spawnSync } from 'node:child_process';
import { root, stop } from './bootstrap.mjs';

const check = process.argv.includes('--check');
const listed = spawnSync('git', ['ls-files', '*.c', '*.h'], { cwd: root, encoding: 'utf8' });
const files = listed.stdout.split('\n').filter((file) => file !== '');
if (spawnSync('clang-format', ['--version']).status !== 0) {
  if (process.env['CI'] === 'true') stop('clang-format is missing: apt-get install clang-format');
  console.log('rivulet: no clang-format here, C is not checked (apt-get install clang-format)');
} else {
  const ran = spawnSync('clang-format', check ? ['--dry-run', '-Werror', ...files] : ['-i', ...files], {
    cwd: root,
    stdio: 'inherit',
  });
  if (ran.status !== 0) stop(check ? 'C is not formatted: npm run format' : 'clang-format failed');
}
