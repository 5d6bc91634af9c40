import type { Core } from '../core.js';

export const cortexM7: Core = {
  id: 'cortex-m7',
  isas: ['dsp', 'c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m7', '-mthumb', '-mfpu=fpv5-d16', '-mfloat-abi=hard'],
  costs: 'm7',
  emulator: 'mps2-an500',
};
