/** What the compiler knows of a processor core. Each is one file in cores/, listed in cores/index.ts. */

import type { CycleModel } from './cycle-model.js';
import type { EmulatorId } from './emulator.js';
import type { IsaId } from './isa.js';

/** Name of a core in board files, options and plan.json, for example cortex-m4. */
export type CoreId = string;

/** Cores that execute the same instructions for the same C: the measured weights stand under this name. */
export type CostClass = 'm0' | 'm3' | 'm4' | 'm7' | 'm33' | 'm55';

export interface Core {
  readonly id: CoreId;
  /** Instruction sets whose kernels it runs, best first. */
  readonly isas: readonly IsaId[];
  /** Where every activation begins: what the core's vector loads want. A power of two. */
  readonly activationAlignBytes: number;
  /** For arm-none-eabi-gcc and clang. */
  readonly compilerFlags: readonly string[];
  /** Whose measured instruction weights hold for it. */
  readonly costs: CostClass;
  /** The QEMU machine whose processor runs its code. */
  readonly emulator: EmulatorId;
  /** Null where no model of its pipeline is known. */
  readonly cycles: CycleModel | null;
}
