import type { Core } from '../core.js';

export const cortexM0: Core = {
  id: 'cortex-m0',
  isas: ['c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m0', '-mthumb'],
  costs: 'm0',
  emulator: 'microbit',
  cycles: {
    pipeline: 'm0',
    name: 'in-order M0, version 1',
    low: 0.95,
    high: 1.05,
    basis: "the manual's table of cycles, which is complete; not compared with silicon",
  },
};
