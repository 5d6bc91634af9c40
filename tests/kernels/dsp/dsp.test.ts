/** The DSP kernels: their C twins on the host under sanitizers, their assembly on emulated Cortex-M4, M7 and M33. */

import { describe, expect, it } from 'vitest';
import { dspKernels } from '../../../compiler/machine/kernels/dsp/index.js';
import { overlapCases } from '../harness/overlap.js';
import { seeded } from '../harness/random.js';
import { available, runKernelCases, type Target } from '../harness/run.js';
import { suiteCases } from '../harness/suite.js';
import { dspSlices, dspSuite, slicedIds } from './suite.js';

const headers = ['rv_kernels_dsp.h'];

describe('DSP kernels', () => {
  it('are all under test', () => {
    expect([...new Set([...dspSuite.map((e) => e.id), ...slicedIds])].sort()).toEqual(
      dspKernels.map((k) => k.id).sort(),
    );
  });

  const runs: readonly (readonly [Target, seed: number, fraction: number])[] = [
    ['host-gcc', 21, 0.7],
    ['host-clang', 22, 0.3],
    ['cortex-m4', 23, 1],
    ['cortex-m7', 24, 0.5],
    ['cortex-m33', 25, 0.5],
  ];
  for (const [target, seed, fraction] of runs) {
    it.skipIf(!available(target))(
      `give the reference bytes on ${target}, in every form of view and window`,
      () => {
        expect(
          runKernelCases([...suiteCases(seeded(seed), dspSuite, fraction), ...dspSlices(seeded(seed), fraction)], {
            target,
            headers,
          }),
        ).toEqual([]);
      },
      120_000,
    );
  }

  for (const target of ['host-gcc', 'cortex-m4'] as const) {
    it.skipIf(!available(target))(
      `give the reference bytes on ${target} with the output over the dying input`,
      () => {
        const random = seeded(26);
        const cases = dspSuite.flatMap((entry) =>
          Array.from({ length: Math.ceil(entry.count / 3) }, (_, i) => overlapCases(random, entry, i)).flat(),
        );
        expect(cases.length).toBeGreaterThan(200);
        expect(runKernelCases(cases, { target, headers })).toEqual([]);
      },
      120_000,
    );
  }
});
