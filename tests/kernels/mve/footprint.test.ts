import { describe, expect, it } from 'vitest';
import { sharedFileBytes } from '../../../compiler/machine/kernels/mve/footprint.js';
import { mveKernels } from '../../../compiler/machine/kernels/mve/index.js';
import { kernelFootprint, textBytes } from '../harness/footprint.js';
import { available } from '../harness/run.js';

/** Pushed registers: r4-r11, lr, d8-d15. */
const pushedBytes = 36 + 64;
/** From a requantisation in C, called by the assembly, to its end: rv_requantise_lanes and a 64-bit division. */
const roundingBytes = 64 + 104;

/**
 * What the assembly adds to the deepest path that the compiler knows, by the frames in rv_dot_asm_mve.h and rv_dot_slice_mve.c (with
 * requantise_group), rv_depthwise_group_mve.c (with its callback, less rv_depthwise_planes_init, which is on the known
 * path) and rv_depthwise_rows_mve.c (less the same), and by what rv_depthwise_conv2d_line_s8_mve.c pushes.
 */
function assemblyStackBytes(id: string): number {
  if (id === 'rv_conv2d_1x1_partial_s8_mve') return pushedBytes + 300 + 128 + roundingBytes;
  // Not in assembly.
  if (id.startsWith('rv_conv2d_epilogue')) return 0;
  if (id.startsWith('rv_conv2d')) return pushedBytes + 276 + 128 + roundingBytes;
  if (id === 'rv_depthwise_conv2d_s8_mve') return pushedBytes + 300 + 112 + roundingBytes - 160;
  if (id === 'rv_depthwise_conv2d_line_s8_mve') return pushedBytes;
  return id === 'rv_depthwise_conv2d_wide_s8_mve' ? pushedBytes + 124 - 160 : 0;
}

describe('stack and code of the MVE kernels in the kernel table', () => {
  it.skipIf(!available('cortex-m55'))(
    'bound what the compiler and the assembly take, closely',
    () => {
      const wrong = mveKernels.flatMap((kernel) => {
        const measured = kernelFootprint(kernel, 'cortex-m55');
        const stackBytes = measured.stackBytes + assemblyStackBytes(kernel.id);
        const stackFits = stackBytes <= kernel.stackBytes && kernel.stackBytes <= stackBytes + 32;
        const codeFits = measured.codeBytes <= kernel.codeBytes && kernel.codeBytes <= measured.codeBytes * 1.1 + 64;
        return stackFits && codeFits
          ? []
          : [
              `${kernel.id}: stack ${stackBytes} (table ${kernel.stackBytes}), code ${measured.codeBytes} (table ${kernel.codeBytes})`,
            ];
      });
      expect(wrong).toEqual([]);
    },
    120_000,
  );

  it.skipIf(!available('cortex-m55'))(
    'know the size of every file that kernels share',
    () => {
      const listed = mveKernels.flatMap((k) => k.files.filter((f) => f.endsWith('.c')));
      const shared = [...new Set(listed)].filter((f) => listed.indexOf(f) !== listed.lastIndexOf(f));
      expect(shared.sort()).toEqual(Object.keys(sharedFileBytes).sort());
      for (const file of shared) {
        const bytes = textBytes([file], 'cortex-m55');
        expect(sharedFileBytes[file], file).toBeGreaterThanOrEqual(bytes);
        expect(sharedFileBytes[file], file).toBeLessThanOrEqual(bytes * 1.1 + 64);
      }
    },
    60_000,
  );
});
