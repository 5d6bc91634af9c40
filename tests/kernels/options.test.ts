/** Other compilers and options than validation's: assembly must not lean on what -O3 of one compiler happens to do. */

import { describe, expect, it } from 'vitest';
import { hasTool } from '../tools.js';
import { dspSlices, dspSuite } from './dsp/suite.js';
import type { KernelCase } from './harness/case.js';
import { type Random, seeded } from './harness/random.js';
import { available, runKernelCases, type Target } from './harness/run.js';
import { slicedCases } from './harness/slices.js';
import { plainSuite, suiteCases } from './harness/suite.js';
import { mveCases, mveSlices } from './mve/suite.js';

interface Subject {
  readonly target: Target;
  readonly headers: readonly string[];
  readonly cases: (random: Random) => KernelCase[];
}

const subjects: readonly Subject[] = [
  {
    target: 'cortex-m0',
    headers: [],
    cases: (r) => [...suiteCases(r, plainSuite, 0.1), ...slicedCases(r, 'rv_conv2d_1x1_partial_s8', 5, true)],
  },
  {
    target: 'cortex-m4',
    headers: ['rv_kernels_dsp.h'],
    cases: (r) => [...suiteCases(r, dspSuite, 0.1), ...dspSlices(r, 0.1)],
  },
  { target: 'cortex-m55', headers: ['rv_kernels_mve.h'], cases: (r) => [...mveCases(r, 0.15), ...mveSlices(r, 0.15)] },
];

/** With what each asks of the kernels. */
const options: readonly (readonly [compiler: 'gcc' | 'clang', flags: readonly string[], asks: string])[] = [
  ['gcc', ['-O0'], 'functions at any halfword, frame pointers, nothing inlined'],
  [
    'gcc',
    ['-Os', '-flto', '-flto-partition=max'],
    'functions at any halfword; what assembly alone calls stays, in whichever part of the program',
  ],
  [
    'gcc',
    ['-O2', '-fpic', '-fno-omit-frame-pointer', '-fstack-protector-all'],
    'nothing stands before or behind the assembly, r7 and addresses are not what they are elsewhere',
  ],
  ['clang', ['-O2'], 'another assembler and register allocator'],
];

describe('kernels under other compilers and options', () => {
  subjects.forEach(({ target, headers, cases }, i) => {
    options.forEach(([compiler, flags, asks], k) => {
      const here = available(target) && (compiler === 'gcc' || hasTool('clang'));
      it.skipIf(!here)(
        `give the reference bytes on an emulated ${target} by ${compiler} ${flags.join(' ')}: ${asks}`,
        () => {
          expect(runKernelCases(cases(seeded(31 + i + 10 * k)), { target, headers, flags, compiler })).toEqual([]);
        },
        120_000,
      );
    });
  });
});
