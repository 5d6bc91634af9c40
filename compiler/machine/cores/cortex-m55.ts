import type { Core } from '../core.js';

export const cortexM55: Core = {
  id: 'cortex-m55',
  isas: ['mve', 'dsp', 'c'],
  activationAlignBytes: 16,
  compilerFlags: ['-mcpu=cortex-m55', '-mthumb', '-mfloat-abi=hard'],
  costs: 'm55',
  emulator: 'mps3-an547',
};
