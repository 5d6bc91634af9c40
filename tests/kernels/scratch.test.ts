import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../compiler/machine/kernel.js';
import { cKernels } from '../../compiler/machine/kernels/c/index.js';
import { dspKernels } from '../../compiler/machine/kernels/dsp/index.js';
import { mveKernels } from '../../compiler/machine/kernels/mve/index.js';
import { seeded } from './harness/random.js';
import { available, runKernelCases, type Target } from './harness/run.js';
import { scratchCases } from './harness/scratch.js';

/** Those that take scratch for some call; all others say that they take none. */
const takesScratch = ({ scratchBytes }: Kernel): boolean => !/^\(\)\s*=>\s*0$/.test(scratchBytes.toString());

describe('scratch of every kernel, on every small image and in calls of every size', () => {
  const runs: readonly (readonly [Target, readonly Kernel[]])[] = [
    ['cortex-m3', cKernels],
    ['cortex-m4', dspKernels],
    ['cortex-m55', mveKernels],
    ['host-gcc', [...cKernels, ...dspKernels, ...mveKernels]],
  ];
  for (const [target, table] of runs) {
    it.skipIf(!available(target))(
      `is written to the last byte, and nothing beside it, on ${target}`,
      () => {
        // The twins under sanitizers take longer: every other case of a kernel.
        const seen = new Map<string, number>();
        const turn = (id: string): number => seen.set(id, (seen.get(id) ?? -1) + 1).get(id)!;
        const all = scratchCases(seeded(41), table);
        const cases = all.filter((c) => target !== 'host-gcc' || turn(c.kernel.id) % 2 === 0);
        const tried = new Set(cases.map((c) => c.kernel.id));
        expect(table.filter((k) => takesScratch(k) && !tried.has(k.id)).map((k) => k.id)).toEqual([]);
        // In several programs: one would not fit the emulated boards' flash.
        for (let from = 0; from < cases.length; from += 400)
          expect(
            runKernelCases(cases.slice(from, from + 400), {
              target,
              headers: ['rv_kernels_dsp.h', 'rv_kernels_mve.h'],
            }),
          ).toEqual([]);
      },
      300_000,
    );
  }
});
