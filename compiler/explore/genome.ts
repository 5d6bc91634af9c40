/** A candidate: a sequence of moves, which the search varies, and one of the schedules, all of which are tried. */

import type { SeededRandom } from '../util/random.js';
import { keyOf, type Networks, type PlainMove } from './moves.js';
import { below } from './nsga2.js';

export interface Genome {
  readonly moves: readonly PlainMove[];
  /** Position in the schedules that the search chooses from. */
  readonly schedule: number;
}

export const genomeKey = ({ moves, schedule }: Genome): string => `${schedule} ${keyOf(moves)}`;

export interface Variation {
  readonly networks: Networks;
  /** Moves in a sequence at most. */
  readonly longest: number;
}

/** One to three moves drawn at random. */
export function drawMoves(v: Variation, random: SeededRandom): readonly PlainMove[] {
  let moves: readonly PlainMove[] = [];
  for (let left = 1 + below(random, 3); left > 0; left--) moves = extended(v, moves, random);
  return moves;
}

/** Up to `length` moves drawn at random. */
export function drawSequence(networks: Networks, length: number, random: SeededRandom): readonly PlainMove[] {
  let moves: readonly PlainMove[] = [];
  for (let i = 0; i < length; i++) moves = extended({ networks, longest: length }, moves, random);
  return moves;
}

/** A child of two: the first moves of one with the last of the other, then usually a change. */
export function offspring(
  v: Variation,
  a: readonly PlainMove[],
  b: readonly PlainMove[],
  random: SeededRandom,
): readonly PlainMove[] {
  const crossed = chance(random, 0.6) ? crossover(v, a, b, random) : a;
  return chance(random, 0.85) ? mutated(v, crossed, random) : crossed;
}

function crossover(
  { networks, longest }: Variation,
  a: readonly PlainMove[],
  b: readonly PlainMove[],
  random: SeededRandom,
): readonly PlainMove[] {
  const head = a.slice(0, below(random, a.length + 1));
  const tail = b.slice(below(random, b.length + 1));
  const seen = new Set(head.map((m) => JSON.stringify(m)));
  return networks.legal([...head, ...tail.filter((m) => !seen.has(JSON.stringify(m)))]).slice(0, longest);
}

function mutated(v: Variation, moves: readonly PlainMove[], random: SeededRandom): readonly PlainMove[] {
  const kind = below(random, 4);
  if (moves.length === 0 || kind < 2) return extended(v, moves, random);
  const at = below(random, moves.length);
  const without = v.networks.legal(moves.filter((_, i) => i !== at));
  return kind === 2 ? without : extended(v, without, random);
}

function extended(v: Variation, moves: readonly PlainMove[], random: SeededRandom): readonly PlainMove[] {
  if (moves.length >= v.longest) return moves;
  const move = v.networks.draw(moves, random);
  return move === null ? moves : [...moves, move];
}

const chance = (random: SeededRandom, share: number): boolean => random.next() / 2 ** 32 < share;
