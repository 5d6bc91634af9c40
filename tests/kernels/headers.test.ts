import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { available, includeFlags, runtimeFile } from './harness/run.js';

const headers = readdirSync(runtimeFile('include'))
  .filter((f) => f.endsWith('.h'))
  .sort();

/** Compiles a file that includes one header; throws with the compiler's words. */
function compile(compiler: string, extension: string, header: string, flags: readonly string[]): void {
  const dir = mkdtempSync(join(tmpdir(), 'rv-header-'));
  try {
    writeFileSync(join(dir, `t.${extension}`), `#include "${header}"\n#include "${header}"\nextern int something;\n`);
    execFileSync(
      compiler,
      [...flags, '-Wall', '-Wextra', '-Wshadow', '-Wpedantic', '-Werror', ...includeFlags, '-c', `t.${extension}`],
      { cwd: dir, stdio: 'pipe' },
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describe('headers of the runtime', () => {
  it.skipIf(!available('host-gcc'))(
    'stand on their own in C99 and in C++',
    () => {
      expect(headers).toContain('rv_kernels.h');
      for (const header of headers) {
        compile('gcc', 'c', header, ['-std=c99', '-Wconversion']);
        compile('g++', 'cpp', header, ['-std=c++11']);
      }
    },
    60_000,
  );
});
