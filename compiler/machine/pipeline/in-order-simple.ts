/**
 * Cortex-M0+ (DDI 0484, table 3-1) and Cortex-M0 (DDI 0432, table 3-1), single-cycle multiplier, no wait states. Both tables are
 * complete: these cores have no stalls between instructions but those of memory.
 */

import type { Instruction } from './instruction.js';
import { loadsCounter, type Pipeline } from './pipeline.js';

export interface SimpleTiming {
  /** Cycles of a taken branch, of BL, and of POP with the program counter beside its registers. */
  readonly taken: number;
  readonly link: number;
  readonly popCounter: number;
}

export const cortexM0Timing: SimpleTiming = { taken: 3, link: 4, popCounter: 4 };
export const cortexM0plusTiming: SimpleTiming = { taken: 2, link: 3, popCounter: 3 };

export class SimplePipeline implements Pipeline {
  readonly #timing: SimpleTiming;
  #cycles = 0;

  constructor(timing: SimpleTiming) {
    this.#timing = timing;
  }

  reset(): void {
    this.#cycles = 0;
  }

  now(): number {
    return this.#cycles;
  }

  step(i: Instruction, taken: boolean): void {
    this.#cycles += this.#cost(i, taken);
  }

  #cost(i: Instruction, taken: boolean): number {
    const { link, popCounter } = this.#timing;
    switch (i.kind) {
      case 'load':
      case 'store':
        return loadsCounter(i) ? 2 + this.#timing.taken : 2;
      case 'loadMany':
        return loadsCounter(i) ? popCounter + i.registers - 1 : 1 + i.registers;
      case 'storeMany':
        return 1 + i.registers;
      case 'branch':
        if (i.base === 'bl') return link;
        return taken || i.base === 'bx' || i.base === 'blx' ? this.#timing.taken : 1;
      case 'none':
        return i.base === 'nop' ? 1 : link;
      default:
        // mov pc, lr and add pc, r0 are branches.
        return loadsCounter(i) ? this.#timing.taken : 1;
    }
  }
}
