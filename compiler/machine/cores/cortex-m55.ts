import type { Core } from '../core.js';

export const cortexM55: Core = {
  id: 'cortex-m55',
  isas: ['mve', 'dsp', 'c'],
  activationAlignBytes: 16,
  compilerFlags: ['-mcpu=cortex-m55', '-mthumb', '-mfloat-abi=hard'],
  costs: 'm55',
  emulator: 'mps3-an547',
  cycles: {
    pipeline: 'm55',
    name: 'in-order M55, version 1',
    low: 0.88,
    high: 1.16,
    basis: 'published MVE kernels on an Apollo510: 5.4 % from the model on average, 14 % at most',
  },
};
