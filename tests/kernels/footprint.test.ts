import { describe, expect, it } from 'vitest';
import { footprintOn, footprintSets, sharedFileBytes, sharedFilesOf } from './harness/footprint-table.js';
import { available } from './harness/run.js';

// A few bytes of code are the compiler's version; M7 and M33 differ from M4 by less than the allowance.
describe.each(footprintSets)(
  'stack and code of the kernels for $isa in the table',
  ({ isa, kernels, table, cores }) => {
    const measuredOn = isa === 'dsp' ? cores.slice(0, 1) : cores;

    it.skipIf(!available(cores[0]))('bound what the compiler and the assembly take, closely', () => {
      const wrong = kernels.flatMap((kernel) => {
        const measured = measuredOn.map((core) => footprintOn(kernel, core));
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
      expect(wrong, 'npm run measure -- --footprints writes the table anew').toEqual([]);
    });

    it.skipIf(!available(cores[0]))('know the size of every file that kernels share', () => {
      const shared = sharedFilesOf(kernels);
      expect(Object.keys(table.sharedFiles).sort()).toEqual(shared);
      for (const file of shared) {
        const bytes = sharedFileBytes(file, measuredOn);
        expect(table.sharedFiles[file], file).toBeGreaterThanOrEqual(bytes);
        expect(table.sharedFiles[file], file).toBeLessThanOrEqual(bytes * 1.1 + 64);
      }
    });
  },
);
