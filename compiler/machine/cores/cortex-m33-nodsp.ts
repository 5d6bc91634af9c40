import type { Core } from '../core.js';
import { cortexM33 } from './cortex-m33.js';

/**
 * A Cortex-M33 without DSP extension and FPU, as in the nRF5340's network core. The plain C kernels execute what they do
 * on a Cortex-M3: Armv8-M Mainline is Armv7-M for them.
 */
export const cortexM33nodsp: Core = {
  id: 'cortex-m33-nodsp',
  isas: ['c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m33+nodsp', '-mthumb', '-mfloat-abi=soft'],
  costs: 'm3',
  emulator: 'mps2-an505',
  cycles: cortexM33.cycles,
};
