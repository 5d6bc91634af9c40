/**
 * Every operator by the kernel that a core chooses for it: where a fast kernel accepts what it does not compute, these
 * cases find it. Nodes are those of the plain C suite, of which the fast kernels take a part.
 */

import { coreOf } from '../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { valueOf } from '../../compiler/ir/int8-graph.js';
import { chooseKernel } from '../../compiler/machine/kernel-table.js';
import type { CoreId } from '../../compiler/machine/core.js';
import { type KernelCase, randomCase, randomTensor, stepInputs } from './harness/case.js';
import { type Random, seeded } from './harness/random.js';
import { available, runKernelCases } from './harness/run.js';
import { plainSuite } from './harness/suite.js';

const chosenCases = (r: Random, core: CoreId): KernelCase[] =>
  plainSuite.flatMap(({ count, make }, entry) =>
    Array.from({ length: 2 * count }, (_, i) => {
      const graph = make(r, i);
      const [node] = graph.nodes;
      const kernel = chooseKernel(node, graph, coreOf(core));
      const inputs = stepInputs(node).map((value) => randomTensor(r, valueOf(graph, value)));
      return randomCase(r, `${kernel.id}_${entry}_${i}`, kernel, graph, inputs);
    }),
  );

describe('kernels that a core chooses', () => {
  const cores: readonly (readonly [core: CoreId, fast: RegExp])[] = [
    ['cortex-m4', /_dsp$/],
    ['cortex-m55', /_(mve|dsp)$/],
  ];
  for (const [core, fast] of cores) {
    it.skipIf(!available(core))(
      `give the reference bytes of any operator on an emulated ${core}`,
      () => {
        const cases = chosenCases(seeded(61), core);
        const fastOnes = cases.filter((c) => fast.test(c.kernel.id));
        expect(fastOnes.length).toBeGreaterThan(cases.length / 4);
        expect(cases.length - fastOnes.length).toBeGreaterThan(cases.length / 4);
        expect(runKernelCases(cases, { target: core, headers: ['rv_kernels_dsp.h', 'rv_kernels_mve.h'] })).toEqual([]);
      },
      120_000,
    );
  }
});
