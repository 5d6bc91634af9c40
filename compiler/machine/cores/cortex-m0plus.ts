import type { Core } from '../core.js';
import { cortexM0 } from './cortex-m0.js';

/** Armv6-M as the Cortex-M0: the same instructions, in fewer cycles. */
export const cortexM0plus: Core = {
  ...cortexM0,
  id: 'cortex-m0plus',
  compilerFlags: ['-mcpu=cortex-m0plus', '-mthumb'],
  cycles: { ...cortexM0.cycles!, pipeline: 'm0plus', name: 'in-order M0+, version 1' },
};
