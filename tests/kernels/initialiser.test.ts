import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emitArray, emitStruct } from '../../compiler/codegen/initialiser.js';
import type { CStruct } from '../../compiler/machine/kernel.js';
import { hasTool } from '../tools.js';

const include = new URL('../../runtime-c/include', import.meta.url).pathname;

/** Compiles a C file with every warning an error and returns what the program prints. */
function runC(source: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'rv-init-'));
  try {
    writeFileSync(join(dir, 't.c'), source);
    execFileSync(
      'gcc',
      [
        '-std=c99',
        '-Wall',
        '-Wextra',
        '-Wconversion',
        '-Wshadow',
        '-Wpedantic',
        '-Werror',
        `-I${include}`,
        't.c',
        '-o',
        't',
      ],
      { cwd: dir },
    );
    return execFileSync(join(dir, 't'), { encoding: 'utf8' });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const int8 = (data: number[], alignBytes?: number) =>
  ({ kind: 'array', type: 'int8_t', data: Int8Array.from(data), alignBytes }) as const;

describe('initialiser', () => {
  it('writes a readable struct with its arrays before it', () => {
    const struct: CStruct = {
      kind: 'struct',
      type: 'rv_conv_params',
      fields: {
        weights: int8([1, -128, 127], 16),
        bias: { kind: 'array', type: 'int32_t', data: Int32Array.of(-(2 ** 31), 5) },
        requant: { kind: 'struct', type: 'rv_channel_requant', fields: { multiplier: null, shift: 7, zeroPoint: -3 } },
        outChannels: 2,
      },
    };
    const { arrays, definition } = emitStruct(struct, 'net_0', { linkage: 'extern' });
    expect(arrays.map((a) => a.declaration)).toEqual([
      'extern const int8_t net_0_weights[3];',
      'extern const int32_t net_0_bias[2];',
    ]);
    expect(arrays.map((a) => a.definition)).toEqual([
      'RV_WEIGHTS RV_ALIGNED(16) const int8_t net_0_weights[3] = {\n  1, -128, 127\n};',
      'RV_WEIGHTS const int32_t net_0_bias[2] = {\n  INT32_MIN, 5\n};',
    ]);
    expect(arrays.map((a) => a.bytes)).toEqual([3, 8]);
    expect(definition).toBe(
      'static const rv_conv_params net_0 = {\n  .weights = net_0_weights, .bias = net_0_bias,\n' +
        '  .requant = {.multiplier = NULL, .shift = 7, .zeroPoint = -3}, .outChannels = 2,\n};',
    );
  });

  it.skipIf(!hasTool('gcc'))('gives C the same numbers, extremes, packed words and structs in structs included', () => {
    const weights = Int8Array.from({ length: 4099 }, (_, i) => ((i * 37) % 256) - 128);
    const wide = Int16Array.from({ length: 1025 }, (_, i) => ((i * 7919) % 65536) - 32768);
    const exact = (numerator: bigint, denominator: bigint): CStruct => ({
      kind: 'struct',
      type: 'rv_exact',
      fields: { numerator, denominator, accMin: -(2 ** 31), accMax: 2 ** 31 - 1 },
    });
    const struct: CStruct = {
      kind: 'struct',
      type: 'rv_average_pool_params',
      fields: {
        divisors: { kind: 'array', type: 'int32_t', data: [4, 2] },
        requants: {
          kind: 'structs',
          type: 'rv_requant',
          items: [
            {
              kind: 'struct',
              type: 'rv_requant',
              fields: {
                exact: { kind: 'structs', type: 'rv_exact', items: [exact(-(2n ** 63n), 3n)] },
                clampMin: -128,
              },
            },
            { kind: 'struct', type: 'rv_requant', fields: { exact: null, multiplier: 99, clampMax: 127 } },
          ],
        },
        padTop: -1,
      },
    };
    const emitted = emitStruct(struct, 'p');
    const w = emitArray({ kind: 'array', type: 'int8_t', data: weights, alignBytes: 8 }, 'w');
    const v = emitArray({ kind: 'array', type: 'int16_t', data: wide }, 'v');
    const q = emitArray({ kind: 'array', type: 'int64_t', data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) }, 'q');
    const text = `${[w, v, q, ...emitted.arrays].map((a) => a.definition).join('\n')}\n${emitted.definition}\n`;
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    const output = runC(`#include <stdio.h>\n#include "rv_kernels.h"\n${text}
int main(void) {
  unsigned long h = 0;
  for (int i = 0; i < ${weights.length}; i++) { h = (h * 31u + (unsigned long)(uint8_t)(${w.reference})[i]) & 0xffffffu; }
  for (int i = 0; i < ${wide.length}; i++) { h = (h * 31u + (unsigned long)(uint16_t)(${v.reference})[i]) & 0xffffffu; }
  const rv_requant *r = p.requants;
  printf("%lu %lld %lld %lld %d %d %d %d %d %d", h, (long long)q[0], (long long)q[1], (long long)r[0].exact->numerator,
    (int)r[0].exact->accMin, (int)r[0].clampMin, (int)r[1].multiplier, (int)(r[1].exact == NULL), (int)p.padTop, (int)p.divisors[1]);
  return ((size_t)w % 8u) != 0u;
}`);
    let hash = 0;
    for (const x of weights) hash = (hash * 31 + (x & 255)) & 0xffffff;
    for (const x of wide) hash = (hash * 31 + (x & 65535)) & 0xffffff;
    expect(output).toBe(
      `${hash} -9223372036854775808 9223372036854775807 -9223372036854775808 -2147483648 -128 99 1 -1 2`,
    );
  });

  it('refuses what C cannot say', () => {
    const one = (fields: CStruct['fields']): CStruct => ({ kind: 'struct', type: 't', fields });
    expect(() => emitStruct(one({ a: 0.5 }), 'x')).toThrow('not a 32-bit integer: 0.5');
    expect(() => emitStruct(one({ a: 2n ** 63n }), 'x')).toThrow('not a 64-bit integer');
    expect(() => emitStruct(one({ a: int8([]) }), 'x')).toThrow('empty array x_a');
  });
});
