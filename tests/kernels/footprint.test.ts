import { describe, expect, it } from 'vitest';
import type { CoreId } from '../../compiler/machine/core.js';
import { cKernels } from '../../compiler/machine/kernels/c/index.js';
import { kernelFootprint } from './harness/footprint.js';
import { available } from './harness/run.js';

describe('stack and code in the kernel table', () => {
  const cores: readonly CoreId[] = ['cortex-m0', 'cortex-m4', 'cortex-m55'];

  it.skipIf(!available('cortex-m4'))(
    'bound what the compiler makes of the plain C kernels, closely',
    () => {
      const wrong = cKernels.flatMap((kernel) => {
        const measured = cores.map((core) => kernelFootprint(kernel, core));
        const stackBytes = Math.max(...measured.map((m) => m.stackBytes));
        const codeBytes = Math.max(...measured.map((m) => m.codeBytes));
        const stackFits = stackBytes <= kernel.stackBytes && kernel.stackBytes <= stackBytes + 32;
        const codeFits = codeBytes <= kernel.codeBytes && kernel.codeBytes <= codeBytes * 1.1 + 64;
        return stackFits && codeFits
          ? []
          : [
              `${kernel.id}: stack ${stackBytes} (table ${kernel.stackBytes}), code ${codeBytes} (table ${kernel.codeBytes})`,
            ];
      });
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});
