import type { Core } from '../core.js';

export const cortexM4: Core = {
  id: 'cortex-m4',
  isas: ['dsp', 'c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m4', '-mthumb', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'],
  costs: 'm4',
  emulator: 'mps2-an386',
};
