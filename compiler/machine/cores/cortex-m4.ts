import type { Core } from '../core.js';

export const cortexM4: Core = {
  id: 'cortex-m4',
  isas: ['dsp', 'c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m4', '-mthumb', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'],
  costs: 'm4',
  emulator: 'mps2-an386',
  cycles: {
    pipeline: 'm4',
    name: 'in-order M4, version 1',
    low: 1,
    high: 1.06,
    basis:
      'fifteen published points of pqm4 on an STM32L4R5 without wait states: silicon is 1.1 % above the model, 5.2 % above the manual alone',
  },
};
