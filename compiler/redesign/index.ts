/** All moves over a float network. */

import type { Graph } from '../ir/graph.js';
import { illegal, type Move, type MoveRule } from './move.js';
import { moveRules } from './moves/index.js';

export type { Move, MoveKind, MoveRule } from './move.js';

function ruleOf(move: Move): MoveRule {
  const rule = moveRules.find(({ kind }) => kind === move.kind);
  if (rule === undefined) throw illegal(move, 'there is no such kind of move');
  return rule;
}

/** Every legal move, by kind, each kind in the order of the nodes. The graph is float, after the passes. */
export const listMoves = (graph: Graph): readonly Move[] => moveRules.flatMap((rule) => rule.list(graph));

/** Throws a RivuletError (E180) where the move is not legal. Weights are carried over in the plainest way. */
export const applyMove = (graph: Graph, move: Move): Graph => ruleOf(move).apply(graph, move);

export const applyMoves = (graph: Graph, moves: readonly Move[]): Graph => moves.reduce(applyMove, graph);

/** What the move would do to this graph, in one line. */
export const describeMove = (graph: Graph, move: Move): string => ruleOf(move).words(graph, move);
