/** Builds generated packages of several networks into one program for this machine, and runs it. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { emitPackage } from '../../../compiler/codegen/package.js';
import type { CompileFacts } from '../../../compiler/report/facts.js';

export interface HostCase {
  readonly net: string;
  readonly facts: CompileFacts;
  readonly input: Int8Array;
  /** Bytes of each output. */
  readonly expected: readonly Int8Array[];
}

/**
 * What the program prints: nothing where every output of every case is as expected, twice, over memory painted two
 * ways, with no byte outside the arena touched. Undefined behaviour and invalid accesses end it with a report.
 */
export function runOnHost(cases: readonly HostCase[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rivulet-host-'));
  try {
    const sources = new Set([join(folder, 'main.c')]);
    for (const { facts } of cases) {
      for (const [path, text] of emitPackage(facts)) {
        if (!/\.[ch]$/.test(path) || path.startsWith('example/')) continue;
        const file = join(folder, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
        if (path.endsWith('.c')) sources.add(file);
      }
    }
    writeFileSync(join(folder, 'main.c'), mainText(cases));
    const program = join(folder, 'run');
    const flags = ['-std=c11', '-O1', '-fsanitize=undefined', '-fno-sanitize-recover=all', '-w', '-I', folder];
    const built = spawnSync(process.env['CC'] ?? 'cc', [...flags, ...sources, '-o', program], { encoding: 'utf8' });
    if (built.status !== 0) return built.stderr;
    const run = spawnSync(program, { encoding: 'utf8' });
    return `${run.stdout}${run.stderr}${run.status === 0 ? '' : `exit ${run.status}`}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const list = (data: Int8Array): string => [...data].join(',');

function mainText(cases: readonly HostCase[]): string {
  const tests = cases.map(({ net, input, expected }, i) => {
    const checks = expected.map((e, k) => {
      const output = expected.length === 1 ? `${net}_output` : `${net}_output_${k}`;
      return `    { static const int8_t want[] = {${list(e)}};
      for (size_t j = 0; j < sizeof want; j++) if (want[j] != ((const int8_t *)${output}(arena))[j]) { printf("${net}: output ${k} differs at byte %zu\\n", j); break; } }`;
    });
    const arenaBytes = `${net.toUpperCase()}_ARENA_BYTES`;
    return `static void test_${i}(void) {
  static const int8_t input[] = {${list(input)}};
  static _Alignas(16) int8_t memory[${arenaBytes} + 128];
  int8_t *arena = memory + 64;
  for (int round = 0; round < 2; round++) {
    const int8_t paint = round ? 0x5a : (int8_t)0xa5;
    memset(memory, paint, sizeof memory);
    ${net}_init(arena);
    memcpy(${net}_input(arena), input, sizeof input);
    ${net}_run(arena);
${checks.join('\n')}
    for (int g = 0; g < 64; g++) if (memory[g] != paint || memory[64 + ${arenaBytes} + g] != paint) { printf("${net}: guard\\n"); break; }
  }
}`;
  });
  const includes = cases.map((c) => `#include "${c.net}.h"`).join('\n');
  const calls = cases.map((_, i) => `  test_${i}();`).join('\n');
  return `${includes}\n#include <stdio.h>\n#include <string.h>\n${tests.join('\n')}\nint main(void) {\n${calls}\n  return 0;\n}\n`;
}
