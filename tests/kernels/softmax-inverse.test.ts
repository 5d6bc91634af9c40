import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { available, includeFlags } from './harness/run.js';

/** Divisors at both ends, at every carry between the halves, and two million drawn ones, against a 64-bit division. */
const program = `#include <stdio.h>
#include "rv_softmax.h"
static int wrong = 0;
static void check(uint32_t d) {
  const uint32_t exact = (uint32_t)(((uint64_t)1 << 61) / d);
  if (rv_divide_by(d) != exact && wrong++ < 5) { printf("%u: %u instead of %u\\n", d, rv_divide_by(d), exact); }
}
int main(void) {
  const uint32_t least = (uint32_t)1 << 30;
  for (uint32_t i = 0; i < 100000u; i++) { check(least + i); check((2u * least) - 1u - i); }
  for (uint32_t high = 0x8000u; high < 0x10000u; high++) { check(high << 15); check((high << 15) | 0x7FFFu); check((high << 15) | 1u); check((high << 15) | 0x7FFEu); }
  uint32_t seed = 1u;
  for (uint32_t i = 0; i < 2000000u; i++) { seed = (seed * 1664525u) + 1013904223u; check(least | (seed >> 2)); }
  printf("%d wrong\\n", wrong);
  return 0;
}
`;

describe('the inverse of a softmax sum', () => {
  it.skipIf(!available('host-gcc'))(
    'is the floor of the quotient',
    () => {
      const dir = mkdtempSync(join(tmpdir(), 'rv-inverse-'));
      try {
        writeFileSync(join(dir, 't.c'), program);
        execFileSync('gcc', ['-std=c99', '-O2', '-Wall', '-Wextra', '-Werror', ...includeFlags, 't.c', '-o', 't'], {
          cwd: dir,
        });
        expect(execFileSync(join(dir, 't'), { encoding: 'utf8' })).toBe('0 wrong\n');
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
    60_000,
  );
});
