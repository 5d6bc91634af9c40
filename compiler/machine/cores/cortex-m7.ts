import type { Core } from '../core.js';

export const cortexM7: Core = {
  id: 'cortex-m7',
  isas: ['dsp', 'c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m7', '-mthumb', '-mfpu=fpv5-d16', '-mfloat-abi=hard'],
  costs: 'm7',
  emulator: 'mps2-an500',
  cycles: {
    pipeline: 'm7',
    name: 'in-order M7, version 1',
    low: 0.98,
    high: 1.41,
    ratioOnly: true,
    basis:
      'published networks on STM32H743: one is 2 % above the model, seven are 30 to 41 % above it, and their caches and clock are not stated',
  },
};
