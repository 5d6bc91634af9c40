/** The cycle models by name: which pipeline, how far from published silicon, and what objdump must be told. */

import type { Pipeline } from './pipeline.js';
import { M33Pipeline } from './in-order-m33.js';
import { M4Pipeline } from './in-order-m4.js';
import { M55Pipeline } from './in-order-m55.js';
import { M7Pipeline } from './in-order-m7.js';
import { cortexM0plusTiming, cortexM0Timing, SimplePipeline } from './in-order-simple.js';
import type { CycleModelId } from '../cycle-model.js';

interface PipelineModel {
  readonly create: () => Pipeline;
  /** Of a core with MVE: its registers are q0 to q7. */
  readonly vectors: boolean;
  /** Without them objdump reads MVE instructions as those of a coprocessor. */
  readonly objdumpArguments: readonly string[];
}

const scalar = (create: () => Pipeline): PipelineModel => ({ create, vectors: false, objdumpArguments: [] });

export const pipelineModels: Readonly<Record<CycleModelId, PipelineModel>> = {
  m0: scalar(() => new SimplePipeline(cortexM0Timing)),
  m0plus: scalar(() => new SimplePipeline(cortexM0plusTiming)),
  m4: scalar(() => new M4Pipeline()),
  m7: scalar(() => new M7Pipeline()),
  m33: scalar(() => new M33Pipeline()),
  m55: { create: () => new M55Pipeline(), vectors: true, objdumpArguments: ['-m', 'armv8.1-m.main'] },
};
