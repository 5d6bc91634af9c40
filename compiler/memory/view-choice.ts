/**
 * Which concat parts and slices to copy though they could be views: a view saves the copy but keeps the whole storage
 * alive (a U-Net's skip connection would hold the room of the decoder's half through the whole network). Views
 * everywhere is the start; then one choice after another is turned over where that makes the arena smaller. Greedy,
 * not optimal; networks without Concat and Slice have no choice.
 */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { ScheduledSteps } from './schedule-steps.js';
import { type SequenceProblem, problemOf } from './lifetimes.js';
import { lowerBound } from './lower-bound.js';
import type { LayerDistances } from './overlap.js';
import type { Placement } from './problem.js';
import type { StepSequence } from './step-sequence.js';
import { solve, type SolveOptions } from './solve.js';
import { copyKey } from './views.js';

export interface PlacedSequence {
  readonly sequence: StepSequence;
  readonly problem: SequenceProblem;
  readonly placement: Placement;
}

/** Most plans tried. */
const trialLimit = 64;
/** A trial is solved roughly: the first-fit packings mostly decide. */
const trialEffort: SolveOptions = { nodeLimit: 200, attempts: 4 };

export function chooseViews(
  graph: Int8Graph,
  build: (forced: ReadonlySet<string>) => ScheduledSteps,
  distances: LayerDistances,
  effort: SolveOptions,
): PlacedSequence {
  const place = (sequence: StepSequence, problem: SequenceProblem, options: SolveOptions): PlacedSequence => ({
    sequence,
    problem,
    placement: solve(problem.problem, options),
  });
  const trial = (forced: ReadonlySet<string>, below: number): number => {
    const { sequence } = build(forced);
    const problem = problemOf(graph, sequence, distances);
    return lowerBound(problem.problem).bytes >= below
      ? below
      : place(sequence, problem, trialEffort).placement.arenaBytes;
  };
  const finish = (forced: ReadonlySet<string>): PlacedSequence => {
    const { sequence } = build(forced);
    return place(sequence, problemOf(graph, sequence, distances), effort);
  };
  const keys = build(new Set()).views.free.map(copyKey);
  if (keys.length === 0) return finish(new Set());
  let forced: ReadonlySet<string> = new Set();
  let best = trial(forced, Infinity);
  let trials = 1;
  for (let improved = true; improved && trials < trialLimit; ) {
    improved = false;
    for (const key of keys) {
      if (trials++ >= trialLimit) break;
      const turned = new Set(forced);
      if (!turned.delete(key)) turned.add(key);
      const arenaBytes = trial(turned, best);
      if (arenaBytes >= best) continue;
      best = arenaBytes;
      forced = turned;
      improved = true;
    }
  }
  return finish(forced);
}
