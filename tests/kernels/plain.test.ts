import { coreOf } from '../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { cKernels } from '../../compiler/machine/kernels/c/index.js';
import { chooseKernel } from '../../compiler/machine/kernel-table.js';
import { seeded } from './harness/random.js';
import { available, runKernelCases, type Target } from './harness/run.js';
import { slicedCases } from './harness/slices.js';
import { plainSuite, suiteCases } from './harness/suite.js';

const partial = 'rv_conv2d_1x1_partial_s8';

describe('plain C kernels', () => {
  it('are all under test, and the table finds each of them', () => {
    expect([...new Set([...plainSuite.map((e) => e.id), partial])].sort()).toEqual(cKernels.map((k) => k.id).sort());
    const chosen = suiteCases(seeded(5), plainSuite, 0.2).map((c) => ({
      by: chooseKernel(c.node, c.graph, coreOf('cortex-m3')),
      c,
    }));
    const better = new Set([
      'rv_conv2d_s8>rv_conv2d_1x1_s8',
      'rv_conv2d_s8>rv_depthwise_conv2d_s8',
      'rv_conv2d_epilogue_s8>rv_depthwise_conv2d_epilogue_s8',
    ]);
    for (const { by, c } of chosen) if (by !== c.kernel) expect(better).toContain(`${c.kernel.id}>${by.id}`);
  });

  for (const target of ['host-gcc', 'host-clang'] as const) {
    it.skipIf(!available(target))(
      `give the reference bytes on ${target} under sanitizers, in every form of view and window`,
      () => {
        expect(
          runKernelCases(
            [
              ...suiteCases(seeded(target === 'host-gcc' ? 1 : 2)),
              ...slicedCases(seeded(target === 'host-gcc' ? 8 : 9), partial, 40, true),
            ],
            { target },
          ),
        ).toEqual([]);
      },
      120_000,
    );
  }

  for (const target of ['cortex-m0', 'cortex-m3'] satisfies Target[]) {
    it.skipIf(!available(target))(
      `give the reference bytes on an emulated ${target}`,
      () => {
        expect(
          runKernelCases([...suiteCases(seeded(3), plainSuite, 0.4), ...slicedCases(seeded(10), partial, 40, true)], {
            target,
          }),
        ).toEqual([]);
      },
      120_000,
    );
  }
});
