import { describe, expect, it } from 'vitest';
import type { CoreId } from '../../../compiler/machine/core.js';
import { dspKernels } from '../../../compiler/machine/kernels/dsp/index.js';
import { sharedFileBytes } from '../../../compiler/machine/kernels/dsp/footprint.js';
import { type AssemblyStack, kernelFootprint, textBytes } from '../harness/footprint.js';
import { available } from '../harness/run.js';

/**
 * Stack of the assembly on a kernel's deepest path, which the compiler does not know: pushed registers and frame, and
 * for convolutions the way from there to the rounding in C (rv_dot_block_dsp.h and rv_requantise_dsp.c, rv_add_s8_dsp.c).
 */
function assemblyStackBytes(id: string): number {
  if (id.startsWith('rv_conv2d')) return 36 + 52 + (16 + 24);
  return id === 'rv_add_s8_dsp' ? 36 + 4 : 0;
}

/** rv_depthwise_dsp.h, rv_depthwise_requantise_dsp.c and each kernel's expand(). */
const depthwiseAssembly: Readonly<Record<string, AssemblyStack>> = {
  walk: {
    bytes: 36 + 300,
    calls: [
      'rv_depthwise_begin',
      'rv_depthwise_begin_group',
      'rv_depthwise_set_rows',
      'rv_depthwise_stage_apart',
      'rv_depthwise_store_few',
      'rv_depthwise_round',
    ],
  },
  rv_depthwise_round: { bytes: 16 + 16, calls: [] },
  expand: { bytes: 36 + 12, calls: [] },
};

describe('stack and code of the DSP kernels in the kernel table', () => {
  // M7 and M33 differ by a few bytes, which the table's allowances hold.
  const cores: readonly CoreId[] = ['cortex-m4'];

  it.skipIf(!available('cortex-m4'))(
    'bound what the compiler and the assembly take, closely',
    () => {
      const wrong = dspKernels.flatMap((kernel) => {
        const measured = cores.map((core) =>
          kernelFootprint(
            kernel,
            core,
            kernel.id.startsWith('rv_depthwise') ? depthwiseAssembly : {},
            kernel.takesEpilogue === true ? ['rv_dot_last_channel'] : [],
          ),
        );
        const stackBytes = Math.max(...measured.map((m) => m.stackBytes)) + assemblyStackBytes(kernel.id);
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

  it.skipIf(!available('cortex-m4'))(
    'know the size of every file that kernels share',
    () => {
      const listed = dspKernels.flatMap((k) => k.files.filter((f) => f.endsWith('.c')));
      const shared = [...new Set(listed)].filter((f) => listed.indexOf(f) !== listed.lastIndexOf(f));
      expect(shared.sort()).toEqual(Object.keys(sharedFileBytes).sort());
      for (const file of shared) {
        const bytes = Math.max(...cores.map((core) => textBytes([file], core)));
        expect(sharedFileBytes[file], file).toBeGreaterThanOrEqual(bytes);
        expect(sharedFileBytes[file], file).toBeLessThanOrEqual(bytes * 1.1 + 64);
      }
    },
    60_000,
  );
});
