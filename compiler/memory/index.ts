/**
 * Schedule -> Plan: every byte of the arena placed. Lifetimes and views (schedule-program.ts), safe overlaps
 * (lifetimes.ts, overlap.ts), exact placement (solve.ts), and an independent check of the result (validate.ts).
 */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { Schedule } from '../schedule/schedule.js';
import type { Core } from '../target/core.js';
import { kernelById } from '../target/kernel-table.js';
import type { Plan } from './plan.js';
import { placeProgram } from './place.js';
import { scheduleProgram } from './schedule-program.js';
import { defaultNodeLimit } from './solve.js';
import { validatePlan } from './validate.js';
import { chooseViews } from './view-choice.js';

export { peakStep, stepUsage, type StepUsage } from './occupancy.js';
export { validatePlan } from './validate.js';

export interface PlanOptions {
  /** Sets the default alignment of activations, and the costs that decide on walks from the last rows to the first. */
  readonly core?: Core;
  /** Alignment of every activation; 16 for the vector loads of an M55, 4 elsewhere. A power of two. */
  readonly activationAlignBytes?: number;
  /** Network inputs keep their data to the end. */
  readonly keepInput?: boolean;
  /** Limit on search nodes. */
  readonly nodeLimit?: number;
}

/**
 * The plan with the smallest arena; `provenOptimal` for the schedule's order, the views chosen, their overlaps and
 * alignments. Throws (an internal error) where the checker finds the plan wrong.
 */
export function planMemory(graph: Int8Graph, schedule: Schedule, options: PlanOptions = {}): Plan {
  const core = options.core ?? 'cortex-m4';
  const nodeLimit = options.nodeLimit ?? defaultNodeLimit;
  const programOptions = {
    kernelById,
    core,
    activationAlignBytes: options.activationAlignBytes ?? (core === 'cortex-m55' ? 16 : 4),
    keepInput: options.keepInput ?? false,
  };
  const build = (forcedCopies: ReadonlySet<string>) => scheduleProgram(graph, schedule, { ...programOptions, forcedCopies });
  const { program, problem, placement } = chooseViews(graph, build, nodeLimit);
  const plan = placeProgram(graph, schedule, program, problem, placement);
  const problems = validatePlan(graph, plan);
  if (problems.length > 0) throw new Error(`memory plan of ${graph.name} is wrong:\n${problems.join('\n')}`);
  return plan;
}
