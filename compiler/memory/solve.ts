/**
 * Places the buffers of a Problem in the smallest arena: a lower bound, first-fit packings, and the branch and bound
 * between the two. Deterministic; optimal unless the node limit is met, and then it says so.
 */

import { ArenaSearch } from './branch-and-bound.js';
import { firstFit } from './first-fit.js';
import { lowerBound } from './lower-bound.js';
import type { Placement, Problem } from './problem.js';
import { buildRelations } from './relations.js';

export interface SolveOptions {
  /** Search nodes in all; about 10 to 50 microseconds each on networks of a hundred buffers. */
  readonly nodeLimit?: number;
  /** First-fit placements tried with each order. */
  readonly attempts?: number;
}

export const defaultNodeLimit = 20_000;

/** The best placement found and the proven lower bound; equal where provenOptimal. */
export function solve(problem: Problem, options: SolveOptions = {}): Placement {
  const relations = buildRelations(problem);
  const nodeLimit = options.nodeLimit ?? defaultNodeLimit;
  const share = Math.ceil(nodeLimit / 4);
  let low = lowerBound(problem).bytes;
  let best = firstFit(problem, relations, low, options.attempts);
  let nodes = 0;
  const search = new ArenaSearch(problem, relations);
  // Arenas below `from` are not tried any more: proven impossible, or given up.
  let from = low;
  while (best.arenaBytes > low && nodes < nodeLimit) {
    // The bound itself first: it is the most likely optimum. Then halve the gap; what is left proves the last step.
    const last = best.arenaBytes - 1;
    const target = nodes === 0 ? low : Math.min(last, Math.floor((from + last) / 2));
    const verdict = search.fit(target, target === last ? nodeLimit - nodes : Math.min(share, nodeLimit - nodes));
    nodes += verdict.nodes;
    if (verdict.kind === 'found') {
      const arenaBytes = problem.buffers.reduce((max, b, i) => Math.max(max, verdict.offsets[i] + b.bytes), 0);
      best = { offsets: verdict.offsets, arenaBytes };
    } else {
      if (verdict.kind === 'impossible') low = Math.max(low, target + 1);
      else if (target === last) break;
      from = target + 1;
    }
  }
  return {
    offsets: Array.from(best.offsets),
    arenaBytes: best.arenaBytes,
    lowerBoundBytes: low,
    provenOptimal: best.arenaBytes <= low,
    nodes,
  };
}
