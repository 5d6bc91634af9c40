import type { Core } from '../core.js';

export const cortexM0: Core = {
  id: 'cortex-m0',
  isas: ['c'],
  activationAlignBytes: 4,
  compilerFlags: ['-mcpu=cortex-m0', '-mthumb'],
  costs: 'm0',
  emulator: 'microbit',
};
