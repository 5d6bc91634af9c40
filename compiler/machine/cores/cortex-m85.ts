import type { Core } from '../core.js';
import { cortexM55 } from './cortex-m55.js';

/**
 * Armv8.1-M with Helium, as the Cortex-M55: the same kernels, flags (GCC 12 does not know cortex-m85) and, where QEMU has
 * no such processor, the same emulator.
 */
export const cortexM85: Core = {
  ...cortexM55,
  id: 'cortex-m85',
  cycles: {
    ...cortexM55.cycles!,
    name: 'in-order M55, version 1, for an M85',
    low: 0.5,
    ratioOnly: true,
    basis:
      "the Cortex-M55's model; the Cortex-M85 issues two instructions a cycle, so it is rather what it takes at most",
  },
};
