/**
 * Schedule -> Plan: every byte of the arena placed. Lifetimes and views (schedule-steps.ts), safe overlaps
 * (lifetimes.ts, overlap.ts), exact placement (solve.ts), and an independent check of the result (validate.ts).
 */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { Schedule } from '../schedule/schedule.js';
import type { Core } from '../machine/core.js';
import { defaultCore } from '../machine/cores/index.js';
import { kernelById } from '../machine/kernel-table.js';
import { LayerDistances } from './overlap.js';
import type { Plan } from './plan.js';
import { placeSteps } from './place.js';
import { scheduleSteps } from './schedule-steps.js';
import { defaultNodeLimit, type SolveOptions } from './solve.js';
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

/** Plans one network under many schedules: what does not depend on the schedule is worked out once. */
export class MemoryPlanner {
  private readonly graph: Int8Graph;
  private readonly options: PlanOptions;
  private readonly distances: LayerDistances;

  constructor(graph: Int8Graph, options: PlanOptions = {}) {
    this.graph = graph;
    this.options = options;
    this.distances = new LayerDistances(graph);
  }

  /**
   * The plan with the smallest arena; `provenOptimal` for the schedule's order, the views chosen, their overlaps and
   * alignments. Not checked: for plans that are only compared.
   */
  draft(schedule: Schedule, effort: SolveOptions = {}): Plan {
    const { graph, options } = this;
    const core = options.core ?? defaultCore;
    const programOptions = {
      kernelById,
      core,
      activationAlignBytes: options.activationAlignBytes ?? core.activationAlignBytes,
      keepInput: options.keepInput ?? false,
    };
    const build = (forcedCopies: ReadonlySet<string>) =>
      scheduleSteps(graph, schedule, { ...programOptions, forcedCopies });
    const { sequence, problem, placement } = chooseViews(graph, build, this.distances, {
      nodeLimit: options.nodeLimit ?? defaultNodeLimit,
      ...effort,
    });
    return placeSteps(graph, schedule, sequence, problem, placement);
  }

  /** The plan itself; throws (an internal error) where the checker finds it wrong. */
  checked(plan: Plan): Plan {
    const problems = validatePlan(this.graph, plan);
    if (problems.length > 0) throw new Error(`memory plan of ${this.graph.name} is wrong:\n${problems.join('\n')}`);
    return plan;
  }
}

/** One schedule's plan, checked. */
export function planMemory(graph: Int8Graph, schedule: Schedule, options: PlanOptions = {}): Plan {
  const planner = new MemoryPlanner(graph, options);
  return planner.checked(planner.draft(schedule));
}
