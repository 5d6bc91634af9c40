import type { Core } from '../core.js';

/** With the DSP extension and the FPU; cortex-m33-nodsp is the one without. */
export const cortexM33: Core = {
  id: 'cortex-m33',
  isas: ['dsp', 'c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m33', '-mthumb', '-mfpu=fpv5-sp-d16', '-mfloat-abi=hard'],
  costs: 'm33',
  emulator: 'mps2-an505',
  cycles: {
    pipeline: 'm33',
    name: 'in-order M33, version 1',
    low: 1,
    high: 1.39,
    ratioOnly: true,
    basis: 'published networks on RA6M4 and nRF5340: 10 to 39 % above the model, with the wait states of their flash',
  },
};
