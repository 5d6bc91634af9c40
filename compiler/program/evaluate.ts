/**
 * What a network takes and costs on a machine, as numbers: what a search over networks asks hundreds of times a minute.
 * Pure, without prose; drafts are not checked, since nothing is emitted from them.
 */

import type { Int8Graph } from '../ir/int8-graph.js';
import { noLimits } from '../machine/fit.js';
import type { Machine } from '../machine/machine.js';
import type { Plan } from '../memory/plan.js';
import { NetworkPlanner, type PlanRequest } from './planner.js';
import { makeProgram } from './program.js';

export interface EvaluateRequest extends Partial<Omit<PlanRequest, 'how'>> {
  /** A mode for the search (`{ kind: 'layer' }` asks for no search), or a schedule; auto where it is left out. */
  readonly how?: PlanRequest['how'];
}

export interface Evaluation {
  /** Arena and stack bound. */
  readonly peakSramBytes: number;
  /** Constants and code. */
  readonly flashBytes: number;
  readonly executedMacs: number;
  /** Estimated executed instructions of one inference. */
  readonly instructions: number;
  /** Whether everything fits the machine's board and the request's limits. */
  readonly fits: boolean;
  readonly plan: Plan;
}

/** Throws a RivuletError (exit 2) where the network does not allow the request. */
export function evaluate(graph: Int8Graph, machine: Machine, request: EvaluateRequest = {}): Evaluation {
  const limits = request.limits ?? noLimits;
  const planner = new NetworkPlanner(graph, machine);
  const { plan } = planner.choose({
    how: request.how ?? { kind: 'auto' },
    objective: request.objective ?? 'latency',
    input: request.input ?? 'resident',
    maxOverhead: request.maxOverhead ?? null,
    maxSlowdown: request.maxSlowdown ?? null,
    limits,
    effort: request.effort ?? 'quick',
  });
  const { footprint, executedMacs, instructions } = makeProgram(graph, machine, plan);
  return {
    peakSramBytes: footprint.peakSramBytes,
    flashBytes: footprint.weightBytes + footprint.codeBytes,
    executedMacs,
    instructions,
    fits: planner.fit(footprint, limits).fits,
    plan,
  };
}
