import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emitArray, emitStruct } from '../../compiler/codegen/initialiser.js';
import { valueOf } from '../../compiler/ir/int8-graph.js';
import { runNode } from '../../compiler/reference/int8.js';
import { kernelById } from '../../compiler/machine/kernel-table.js';
import { globalPool } from './harness/graphs/pool.js';
import { seeded } from './harness/random.js';
import { available, includeFlags, runtimeFile, warningFlags } from './harness/run.js';

/** Feeds the rows in batches through a ring that holds one batch, then prints the output pixel. */
function program(seed: number): { text: string; expected: number[] } {
  const random = seeded(seed);
  const graph = globalPool(random);
  const node = graph.nodes[0];
  const { h, w, c } = valueOf(graph, 0).shape;
  const x = random.int8Array(h * w * c);
  const batch = random.int(1, h);
  const params = emitStruct(kernelById('rv_average_pool_s8').params(node, graph), `p${seed}`);
  const input = emitArray({ kind: 'array', type: 'int8_t', data: x }, `x${seed}`);
  const text = `${[...params.arrays, input].map((a) => a.definition).join('\n')}
${params.definition}
static void run${seed}(void) {
  int8_t ring[${batch * w * c}];
  int8_t result[${c}];
  int32_t sums[${c}] = {0};
  const rv_view in = {ring, ${w * c}, ${c}, ${h}, ${w}, 0, 0, ${batch}};
  const rv_view out = {result, ${c}, ${c}, 1, 1, 0, 0, 0};
  for (int32_t y = 0; y < ${h}; y += ${batch}) {
    const int32_t rows = rv_min(${batch}, ${h} - y);
    for (int32_t i = 0; i < rows; i++) {
      memcpy(rv_out_row(&in, y + i), ${input.reference} + ((y + i) * ${w * c}), ${w * c});
    }
    const rv_window window = {y, rows, 0, ${w}};
    rv_average_pool_accumulate_s8(&p${seed}, &in, &window, sums);
  }
  rv_average_pool_finish_s8(&p${seed}, &in, &out, sums);
  for (int32_t i = 0; i < ${c}; i++) {
    printf("%d ", result[i]);
  }
}`;
  return { text, expected: Array.from(runNode(node, graph, [x])) };
}

describe('global average pooling fed row by row', () => {
  it.skipIf(!available('host-gcc'))(
    'gives the bytes of pooling the whole image',
    () => {
      const programs = Array.from({ length: 30 }, (_, i) => program(i + 1));
      const main = `int main(void) {\n${programs.map((_, i) => `  run${i + 1}();`).join('\n')}\n  return 0;\n}`;
      const dir = mkdtempSync(join(tmpdir(), 'rv-pool-'));
      try {
        writeFileSync(
          join(dir, 't.c'),
          [
            '#include <stdio.h>',
            '#include <string.h>',
            '#include "rv_kernels.h"',
            ...programs.map((p) => p.text),
            main,
            '',
          ].join('\n'),
        );
        const sources = ['accumulate', 'finish'].map((f) => runtimeFile(`src/rv_average_pool_${f}_s8.c`));
        execFileSync(
          'gcc',
          [
            ...warningFlags,
            '-fsanitize=address,undefined',
            '-fno-sanitize-recover=all',
            ...includeFlags,
            't.c',
            ...sources,
            '-o',
            't',
          ],
          { cwd: dir },
        );
        const output = execFileSync(join(dir, 't'), { encoding: 'utf8' }).trim().split(' ').map(Number);
        expect(output).toEqual(programs.flatMap((p) => p.expected));
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
    60_000,
  );
});
