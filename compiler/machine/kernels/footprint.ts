/** The members of a Kernel that say how much stack and code it takes: arm-none-eabi-gcc -O3, as measured. */

import type { Kernel } from '../kernel.js';
import type { FootprintTable } from '../measured/footprint-table.js';

export type KernelFootprint = Pick<Kernel, 'stackBytes' | 'codeBytes' | 'sharedCode'>;

/** Of a kernel and the files that it lists; what it shares with other kernels is linked once. */
export const footprintsIn =
  ({ kernels, sharedFiles }: FootprintTable) =>
  (id: string, files: readonly string[] = []): KernelFootprint => {
    const [stackBytes, codeBytes] = kernels[id];
    const shared = files.filter((file) => file in sharedFiles);
    return {
      stackBytes,
      codeBytes,
      ...(shared.length === 0 ? {} : { sharedCode: Object.fromEntries(shared.map((f) => [f, sharedFiles[f]])) }),
    };
  };
