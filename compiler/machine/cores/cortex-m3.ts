import type { Core } from '../core.js';

export const cortexM3: Core = {
  id: 'cortex-m3',
  isas: ['c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m3', '-mthumb'],
  costs: 'm3',
  emulator: 'mps2-an385',
  cycles: {
    pipeline: 'm4',
    name: 'in-order M4, version 1, for an M3',
    low: 1,
    high: 1.1,
    basis: "the Cortex-M4's model, whose manual has the same timings for these instructions; not compared with silicon",
  },
};
