/**
 * Which concat parts and slices to copy though they could be views: a view saves the copy but keeps the whole storage
 * alive (a U-Net's skip connection would hold the room of the decoder's half through the whole network). Views
 * everywhere is the start; then one choice after another is turned over where that makes the arena smaller. Greedy,
 * not optimal; networks without Concat and Slice have no choice.
 */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { LayerProgram } from './layer-program.js';
import { type ProblemOfProgram, problemOf } from './lifetimes.js';
import type { Placement } from './problem.js';
import type { Program } from './program.js';
import { solve } from './solve.js';
import { copyKey } from './views.js';

export interface PlacedProgram {
  readonly program: Program;
  readonly problem: ProblemOfProgram;
  readonly placement: Placement;
}

/** Most plans tried; each takes a few milliseconds. */
const trialLimit = 64;
/** Search nodes of a trial: the first-fit packings mostly decide. */
const trialNodes = 200;

export function chooseViews(graph: Int8Graph, build: (forced: ReadonlySet<string>) => LayerProgram, nodeLimit: number): PlacedProgram {
  const place = (built: LayerProgram, nodes: number): PlacedProgram => {
    const problem = problemOf(graph, built.program);
    return { program: built.program, problem, placement: solve(problem.problem, { nodeLimit: nodes }) };
  };
  const views = build(new Set());
  const keys = views.views.free.map(copyKey);
  if (keys.length === 0) return place(views, nodeLimit);
  let forced: ReadonlySet<string> = new Set();
  let best = place(views, trialNodes).placement.arenaBytes;
  let trials = 1;
  for (let improved = true; improved && trials < trialLimit;) {
    improved = false;
    for (const key of keys) {
      if (trials++ >= trialLimit) break;
      const turned = new Set(forced);
      if (!turned.delete(key)) turned.add(key);
      const { arenaBytes } = place(build(turned), trialNodes).placement;
      if (arenaBytes >= best) continue;
      best = arenaBytes;
      forced = turned;
      improved = true;
    }
  }
  return place(build(forced), nodeLimit);
}
