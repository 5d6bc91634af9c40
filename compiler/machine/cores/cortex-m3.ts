import type { Core } from '../core.js';

export const cortexM3: Core = {
  id: 'cortex-m3',
  isas: ['c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m3', '-mthumb'],
  costs: 'm3',
  emulator: 'mps2-an385',
};
