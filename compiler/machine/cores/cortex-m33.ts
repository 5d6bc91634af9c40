import type { Core } from '../core.js';

/** With the DSP extension and the FPU; cortex-m33-nodsp is the one without. */
export const cortexM33: Core = {
  id: 'cortex-m33',
  isas: ['dsp', 'c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m33', '-mthumb', '-mfpu=fpv5-sp-d16', '-mfloat-abi=hard'],
  costs: 'm33',
  emulator: 'mps2-an505',
};
