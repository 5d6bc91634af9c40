import type { Core } from '../core.js';

/**
 * Armv8-M Baseline: Armv6-M with MOVW, CBZ and a divider, so the Cortex-M0's weights are an upper estimate. QEMU has no
 * such processor; the Cortex-M33 of its MPS2 executes a superset.
 */
export const cortexM23: Core = {
  id: 'cortex-m23',
  isas: ['c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m23', '-mthumb'],
  costs: 'm0',
  emulator: 'mps2-an505',
  cycles: null,
};
