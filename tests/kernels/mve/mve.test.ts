/** The MVE kernels: their C twins on the host under sanitizers, their assembler on an emulated Cortex-M55. */

import { describe, expect, it } from 'vitest';
import { mveKernels } from '../../../compiler/machine/kernels/mve/index.js';
import { seeded } from '../harness/random.js';
import { available, runKernelCases } from '../harness/run.js';
import { mveCases, mveOverlaps, mveSlices, testedIds } from './suite.js';

const headers = ['rv_kernels_mve.h'];

describe('MVE kernels', () => {
  it('are all under test', () => {
    expect([...testedIds].sort()).toEqual(mveKernels.map((k) => k.id).sort());
  });

  for (const target of ['host-gcc', 'host-clang'] as const) {
    it.skipIf(!available(target))(
      `have twins that give the reference bytes on ${target} under sanitizers`,
      () => {
        expect(
          runKernelCases([...mveCases(seeded(target === 'host-gcc' ? 11 : 12)), ...mveSlices(seeded(16))], {
            target,
            headers,
          }),
        ).toEqual([]);
      },
      120_000,
    );
  }

  for (const seed of [13, 14]) {
    it.skipIf(!available('cortex-m55'))(
      `give the reference bytes on an emulated Cortex-M55 (seed ${seed})`,
      () => {
        expect(
          runKernelCases([...mveCases(seeded(seed)), ...mveSlices(seeded(seed))], { target: 'cortex-m55', headers }),
        ).toEqual([]);
      },
      120_000,
    );
  }

  for (const target of ['host-gcc', 'cortex-m55'] as const) {
    it.skipIf(!available(target))(
      `keep their access order on ${target}: outputs over dying inputs, and in place`,
      () => {
        const cases = mveOverlaps(seeded(15), 0.5);
        expect(cases.length).toBeGreaterThan(250);
        expect(runKernelCases(cases, { target, headers })).toEqual([]);
      },
      120_000,
    );
  }
});
