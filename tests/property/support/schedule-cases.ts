/** Random legal schedules of networks as one C program: every output against the reference, in the memory of the plan. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { emitPackage } from '../../../compiler/codegen/package.js';
import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { valueOf } from '../../../compiler/ir/int8-graph.js';
import type { Core } from '../../../compiler/machine/core.js';
import { machineOf } from '../../../compiler/machine/machine.js';
import { planNetwork } from '../../../compiler/pipeline/plan-network.js';
import { type Int8Tensor, runInt8 } from '../../../compiler/reference/int8.js';
import type { CompileFacts } from '../../../compiler/report/facts.js';
import type { Schedule } from '../../../compiler/schedule/schedule.js';
import { inputBytes, randomSchedule, Rng } from './random-networks.js';

export interface Case {
  readonly net: string;
  readonly graph: Int8Graph;
  readonly schedule: Schedule;
  readonly facts: CompileFacts;
  readonly inputs: readonly Int8Array[];
  readonly expected: readonly Int8Tensor[];
}

/** `networks` networks of `make`, `schedules` schedules of each, half of them with the first input pushed. */
export function makeCases(
  seed: number,
  networks: number,
  schedules: number,
  core: Core,
  make: (rng: Rng, n: number) => Int8Graph,
): Case[] {
  const rng = new Rng(seed);
  const cases: Case[] = [];
  for (let n = 0; n < networks; n++) {
    const graph = make(rng, n);
    const inputs = inputBytes(graph).map((length) => Int8Array.from({ length }, () => rng.int(-128, 127)));
    const expected = runInt8(graph, inputs);
    for (let k = 0; k < schedules; k++) {
      const net = `n${n}_${k}`;
      const schedule = randomSchedule(rng, graph, core, k % 2 === 1);
      const { facts } = planNetwork({
        net,
        model: { name: net, sha256: '0'.repeat(64), macs: 0, parameters: 0 },
        graph,
        machine: machineOf(null, core.id),
        how: schedule,
        options: {},
        pareto: false,
        diagnostics: [],
        removedChannels: [],
      });
      cases.push({ net, graph, schedule, facts, inputs, expected });
    }
  }
  return cases;
}

/** Writes all packages and one main; returns the folder. */
function writeProgram(folder: string, cases: readonly Case[]): string[] {
  const sources = new Set<string>();
  for (const c of cases) {
    for (const [path, text] of emitPackage(c.facts)) {
      if (!/\.[ch]$/.test(path) || path.startsWith('example/')) continue;
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      if (path.endsWith('.c')) sources.add(file);
    }
  }
  writeFileSync(join(folder, 'main.c'), mainText(cases));
  return [...sources, join(folder, 'main.c')];
}

const bytes = (data: Int8Tensor): string => [...data].join(',');

/**
 * For each case: paint, run (or push in chunks of changing size), compare; the address sanitizer guards the arena. Of two runs
 * from complementary paints, every byte but the plan's gaps is touched.
 */
function mainText(cases: readonly Case[]): string {
  const includes = cases.map((c) => `#include "${c.net}.h"`).join('\n');
  const tests = cases.map((c, i) => {
    const shape = valueOf(c.graph, c.graph.inputs[0].value).shape;
    const row = shape.w * shape.c;
    const upper = c.net.toUpperCase();
    const streamed = c.schedule.input === 'streamed';
    const several = c.inputs.length > 1;
    const writes = c.inputs
      .map((_, k) =>
        streamed && k === 0
          ? ''
          : `memcpy(${c.net}_input${several ? `_${k}` : ''}(arena), input_${i}_${k}, sizeof input_${i}_${k});`,
      )
      .join(' ');
    const run = streamed
      ? `bad |= push_${i}(arena, ${shape.h >> 1}, round); bad |= push_${i}(arena, ${shape.h}, round); if (${c.net}_push_rows(arena, input_${i}_0, 1) != 0) { printf("${c.net} takes a row too many\\n"); bad = 1; }`
      : `${writes} ${c.net}_run(arena);`;
    const outputs = c.expected
      .map((e, k) => {
        const name = c.expected.length === 1 ? `${c.net}_output` : `${c.net}_output_${k}`;
        return `{ static const ${e instanceof Int8Array ? 'int8_t' : 'int32_t'} want[] = {${bytes(e)}}; for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) if (want[i] != ${name}(arena)[i]) { printf("${c.net} output ${k} differs at %zu: %d, not %d\\n", i, ${name}(arena)[i], want[i]); bad = 1; break; } }`;
      })
      .join('\n    ');
    const inputs = c.inputs.map((input, k) => `static const int8_t input_${i}_${k}[] = {${bytes(input)}};\n`).join('');
    // Half an image is aborted first. Rows stand in memory of their own, which is gone after each push. Other inputs are
    // written before the image begins, or after.
    const push = !streamed
      ? ''
      : `static int push_${i}(void *arena, int32_t count, int late) {
  int32_t chunk = 1;
  if (!late) { ${writes} }
  ${c.net}_begin(arena);
  if (late) { ${writes} }
  for (int32_t at = 0; at < count;) {
    const int32_t n = chunk > count - at ? count - at : chunk;
    int8_t *rows = malloc(n * ${row});
    memcpy(rows, input_${i}_0 + at * ${row}, n * ${row});
    const int32_t taken = ${c.net}_push_rows(arena, rows, n);
    free(rows);
    if (taken != n) { printf("${c.net} takes %d rows of %d\\n", (int)taken, (int)n); return 1; }
    at += n;
    chunk = chunk % 3 + 1;
  }
  return 0;
}
`;
    return `${inputs}${push}static int test_${i}(void) {
  static const int32_t gaps[][2] = {${[...c.facts.program.plan.gaps, [-1, -1]].map(([from, to]) => `{${from}, ${to}}`).join(', ')}};
  static int8_t before[${upper}_ARENA_BYTES];
  int8_t *arena = malloc(${upper}_ARENA_BYTES);
  int bad = 0;
  for (int round = 0; round < 2; round++) {
    memset(arena, round ? 0x5a : 0xa5, ${upper}_ARENA_BYTES);
    ${c.net}_init(arena);
    ${run}
    ${outputs}
    if (round == 0) memcpy(before, arena, ${upper}_ARENA_BYTES);
  }
  for (int32_t i = 0, gap = 0; i < ${upper}_ARENA_BYTES; i++) {
    if (i == gaps[gap][1]) gap++;
    const int inGap = i >= gaps[gap][0] && i < gaps[gap][1];
    if (!inGap && before[i] == (int8_t)0xa5 && arena[i] == 0x5a) { printf("${c.net} byte %d of %d is not touched\\n", (int)i, ${upper}_ARENA_BYTES); bad = 1; break; }
  }
  free(arena);
  return bad;
}`;
  });
  return `${includes}\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n${tests.join('\n')}\nint main(void) { int bad = 0;\n${cases.map((_, i) => `  bad |= test_${i}();`).join('\n')}\n  return bad; }\n`;
}

/** What the cases' program prints on this machine: nothing where all is right. */
export function runCases(cases: readonly Case[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rivulet-schedules-'));
  try {
    const sources = writeProgram(folder, cases);
    const sanitised = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
    execFileSync('gcc', ['-std=c11', '-O1', ...sanitised, '-w', '-I', folder, ...sources, '-o', join(folder, 'run')], {
      stdio: 'pipe',
    });
    execFileSync(join(folder, 'run'), { stdio: 'pipe' });
    return '';
  } catch (error) {
    const failed = error as { stdout?: Buffer; stderr?: Buffer; message: string };
    return `${failed.stdout?.toString() ?? failed.message}${failed.stderr?.toString() ?? ''}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
