import type { Core } from '../core.js';
import { cortexM55 } from './cortex-m55.js';

/**
 * Armv8.1-M with Helium, as the Cortex-M55: the same kernels, flags (GCC 12 does not know cortex-m85) and, where QEMU has
 * no such processor, the same emulator.
 */
export const cortexM85: Core = { ...cortexM55, id: 'cortex-m85' };
