/**
 * What a sequence of moves will cost of the score, before it is fitted: the sum of what its moves were seen to cost. Noise of
 * independent changes adds up, and so, roughly, do lost points. A move that was never seen is taken at the least that one of its
 * kind cost, so that the search tries it.
 */

import type { PlainMove } from './moves.js';

export class Forecast {
  readonly #costs = new Map<string, { readonly cost: number; readonly seen: number }>();

  /** The score is lost in units in which moves add up. */
  costOf(moves: readonly PlainMove[]): number {
    return moves.reduce((sum, move) => sum + this.#costOfOne(move), 0);
  }

  /** A sequence was measured: what the forecast missed by is shared out among its moves, less to those that were seen often. */
  learn(moves: readonly PlainMove[], cost: number): void {
    if (moves.length === 0) return;
    const missed = cost - this.costOf(moves);
    const weights = moves.map((move) => 1 / (1 + (this.#costs.get(nameOf(move))?.seen ?? 0)));
    const total = weights.reduce((a, b) => a + b, 0);
    const costs = moves.map((move, i) => Math.max(0, this.#costOfOne(move) + (missed * weights[i]) / total));
    for (const [i, move] of moves.entries()) {
      const name = nameOf(move);
      this.#costs.set(name, { cost: costs[i], seen: (this.#costs.get(name)?.seen ?? 0) + 1 });
    }
  }

  #costOfOne(move: PlainMove): number {
    const known = this.#costs.get(nameOf(move));
    if (known !== undefined) return known.cost;
    let least = Infinity;
    for (const [name, { cost }] of this.#costs)
      if ((JSON.parse(name) as PlainMove).kind === move.kind) least = Math.min(least, cost);
    return least === Infinity ? 0 : least;
  }
}

const nameOf = (move: PlainMove): string => JSON.stringify(move);
