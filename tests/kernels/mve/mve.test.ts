/** The MVE kernels: their C twins on the host under sanitizers, their assembler on an emulated Cortex-M55. */

import { describe, expect, it } from 'vitest';
import { seeded } from '../harness/random.js';
import { available, runKernelCases } from '../harness/run.js';
import { suiteCases } from '../harness/suite.js';
import { mveSuite } from './suite.js';

const headers = ['rv_kernels_mve.h'];

describe('MVE kernels', () => {
  for (const target of ['host-gcc', 'host-clang'] as const) {
    it.skipIf(!available(target))(`have twins that give the reference bytes on ${target} under sanitizers`, () => {
      expect(runKernelCases(suiteCases(seeded(target === 'host-gcc' ? 11 : 12), mveSuite), { target, headers })).toEqual([]);
    }, 120_000);
  }

  for (const seed of [13, 14]) {
    it.skipIf(!available('cortex-m55'))(`give the reference bytes on an emulated Cortex-M55 (seed ${seed})`, () => {
      expect(runKernelCases(suiteCases(seeded(seed), mveSuite), { target: 'cortex-m55', headers })).toEqual([]);
    }, 120_000);
  }
});
