/**
 * Which concat parts and slices to copy though they could be views: a view saves the copy but keeps the whole storage
 * alive (a U-Net's skip connection would hold the room of the decoder's half through the whole network). Views
 * everywhere is the start; then one choice after another is turned over where that makes the arena smaller. Greedy,
 * not optimal; networks without Concat and Slice have no choice.
 */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { ScheduleProgram } from './schedule-program.js';
import { type ProblemOfProgram, problemOf } from './lifetimes.js';
import { lowerBound } from './lower-bound.js';
import type { LayerDistances } from './overlap.js';
import type { Placement } from './problem.js';
import type { Program } from './program.js';
import { solve, type SolveOptions } from './solve.js';
import { copyKey } from './views.js';

export interface PlacedProgram {
  readonly program: Program;
  readonly problem: ProblemOfProgram;
  readonly placement: Placement;
}

/** Most plans tried. */
const trialLimit = 64;
/** A trial is solved roughly: the first-fit packings mostly decide. */
const trialEffort: SolveOptions = { nodeLimit: 200, attempts: 4 };

export function chooseViews(
  graph: Int8Graph,
  build: (forced: ReadonlySet<string>) => ScheduleProgram,
  distances: LayerDistances,
  effort: SolveOptions,
): PlacedProgram {
  const place = (program: Program, problem: ProblemOfProgram, options: SolveOptions): PlacedProgram => ({
    program,
    problem,
    placement: solve(problem.problem, options),
  });
  const trial = (forced: ReadonlySet<string>, below: number): number => {
    const { program } = build(forced);
    const problem = problemOf(graph, program, distances);
    return lowerBound(problem.problem).bytes >= below
      ? below
      : place(program, problem, trialEffort).placement.arenaBytes;
  };
  const finish = (forced: ReadonlySet<string>): PlacedProgram => {
    const { program } = build(forced);
    return place(program, problemOf(graph, program, distances), effort);
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
