/** An in-order processor pipeline that is fed one instruction after another. */

import type { Instruction } from './instruction.js';

export interface Pipeline {
  reset(): void;
  /** `taken`: whether the last instruction of a block goes elsewhere; `target`: where execution goes on. */
  step(i: Instruction, taken: boolean, target: Instruction | null): void;
  /** Cycles since reset. */
  now(): number;
  /** Cycles of a wrong guess of a branch, where the pipeline guesses; absent where taken branches cost what `step` says. */
  readonly mispredicted?: { readonly conditional: number; readonly indirect: number };
}

/** A branch whose target comes from a register or from memory. */
export const isIndirect = (i: Instruction): boolean =>
  i.base === 'bx' || i.base === 'blx' || i.base === 'tbb' || i.base === 'tbh' || i.kind === 'loadMany';

/** Whether the instruction leaves straight-line execution by a load into the program counter. */
export const loadsCounter = (i: Instruction): boolean => i.writes.includes('pc');
