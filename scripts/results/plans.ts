/** Our plans of a published network. */

import type { CompileOptions } from '../../compiler/index.js';
import { compilePrepared, prepare, type Prepared } from '../../compiler/pipeline/compile.js';

/** Bytes of peak SRAM (arena and the bound of the stack), and estimated instructions of an inference. */
export interface ResultPlan {
  readonly sramBytes: number;
  readonly instructions: number;
  /** Executed over live multiply-accumulates. */
  readonly overhead: number;
}

export interface ResultPlans {
  /** Layer by layer, the image in the arena. */
  readonly layer: ResultPlan;
  /** Least SRAM that computes no multiply-accumulate twice, and within 1.5 times as many and as many instructions; rows pushed. */
  readonly once: ResultPlan;
  readonly least: ResultPlan;
  /** The least with the whole image in the arena too. */
  readonly resident: ResultPlan;
}

export const resultCore = 'cortex-m4';

export function resultPlans(bytes: Uint8Array, name: string): ResultPlans {
  const prepared = prepare({ bytes, name });
  const streamed = { objective: 'sram', input: 'streamed' } as const;
  return {
    layer: planOf(prepared, { schedule: 'layer' }),
    once: planOf(prepared, { ...streamed, maxOverhead: 1 }),
    least: planOf(prepared, streamed),
    resident: planOf(prepared, { objective: 'sram' }),
  };
}

function planOf(prepared: Prepared, options: CompileOptions): ResultPlan {
  const { document } = compilePrepared(prepared, { core: resultCore, ...options });
  return {
    sramBytes: document.memory.peakSramBytes,
    instructions: document.cost.estimatedInstructions,
    overhead: document.cost.executedMacs / document.model.liveMacs,
  };
}
