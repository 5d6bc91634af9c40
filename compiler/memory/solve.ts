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
  /** A larger arena than this is of no use: nothing is searched for among those. */
  readonly enoughBytes?: number;
}

export const defaultNodeLimit = 20_000;

/** The best placement found and the proven lower bound; equal where provenOptimal. */
export function solve(problem: Problem, options: SolveOptions = {}): Placement {
  const relations = buildRelations(problem);
  const nodeLimit = options.nodeLimit ?? defaultNodeLimit;
  const share = Math.ceil(nodeLimit / 4);
  const enough = options.enoughBytes ?? Infinity;
  let low = lowerBound(problem).bytes;
  let best = firstFit(problem, relations, low, options.attempts);
  let nodes = 0;
  const search = new ArenaSearch(problem, relations);
  // Arenas below `from` are not tried any more: proven impossible, or given up.
  let from = low;
  // The bound itself first: it is the most likely optimum. Then the gap is halved, but each new best arena may be the
  // least, so once for each a byte less is tried.
  let doubted = Infinity;
  let found = false;
  while (best.arenaBytes > low && low <= enough && nodes < nodeLimit) {
    const last = Math.min(best.arenaBytes - 1, enough);
    const doubt: boolean = nodes > 0 && !found && last < doubted;
    const target = nodes === 0 ? low : doubt ? last : Math.min(last, Math.floor((from + last) / 2));
    if (doubt) doubted = last;
    const rest = target === last && !doubt;
    const verdict = search.fit(target, rest ? nodeLimit - nodes : Math.min(share, nodeLimit - nodes));
    nodes += verdict.nodes;
    // After a doubt that was right, halving goes faster.
    found = doubt && verdict.kind === 'found';
    if (verdict.kind === 'found') {
      const arenaBytes = problem.buffers.reduce((max, b, i) => Math.max(max, verdict.offsets[i] + b.bytes), 0);
      best = { offsets: verdict.offsets, arenaBytes };
    } else {
      if (verdict.kind === 'impossible') low = Math.max(low, target + 1);
      else if (rest) break;
      if (!doubt) from = target + 1;
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
