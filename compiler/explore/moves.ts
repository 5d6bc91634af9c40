/** What the search needs of moves: to list, apply and name them. A sequence of moves is a network. */

import type { Graph } from '../ir/graph.js';
import type { SeededRandom } from '../util/random.js';
import { below } from './nsga2.js';

/** Plain data, so that a sequence can be written to a file and read by another program. */
export interface PlainMove {
  readonly kind: string;
  /** Name of the node that it is about. */
  readonly node: string;
}

export interface MoveSet {
  /** The legal moves of a network, in a fixed order. */
  readonly list: (graph: Graph) => readonly PlainMove[];
  /** The network after a move, weights carried plainly; null where the move is not legal in it. */
  readonly apply: (graph: Graph, move: PlainMove) => Graph | null;
}

/** Sequences and the networks that they lead to, kept while they are in use. */
export class Networks {
  readonly #original: Graph;
  readonly #moves: MoveSet;
  readonly #graphs = new Map<string, Graph>();
  readonly #lists = new Map<string, readonly PlainMove[]>();

  constructor(original: Graph, moves: MoveSet) {
    this.#original = original;
    this.#moves = moves;
  }

  /** The network after all moves; null where one of them is not legal. */
  graphOf(moves: readonly PlainMove[]): Graph | null {
    if (moves.length === 0) return this.#original;
    const key = keyOf(moves);
    const known = this.#graphs.get(key);
    if (known !== undefined) return known;
    const before = this.graphOf(moves.slice(0, -1));
    const graph = before === null ? null : this.#moves.apply(before, moves[moves.length - 1]);
    if (graph !== null) remember(this.#graphs, key, graph);
    return graph;
  }

  /** Legal moves after a legal sequence. */
  listAfter(moves: readonly PlainMove[]): readonly PlainMove[] {
    const key = keyOf(moves);
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const graph = this.graphOf(moves);
    const list = graph === null ? [] : this.#moves.list(graph);
    remember(this.#lists, key, list);
    return list;
  }

  /** Those of the moves that are legal after those before them. */
  legal(moves: readonly PlainMove[]): readonly PlainMove[] {
    const kept: PlainMove[] = [];
    for (const move of moves) if (this.graphOf([...kept, move]) !== null) kept.push(move);
    return kept;
  }

  /** A legal move drawn kind by kind, so that kinds with many places do not crowd out the others; null without any. */
  draw(moves: readonly PlainMove[], random: SeededRandom): PlainMove | null {
    const list = this.listAfter(moves);
    const kinds = [...new Set(list.map((m) => m.kind))];
    if (kinds.length === 0) return null;
    const kind = kinds[below(random, kinds.length)];
    const places = list.filter((m) => m.kind === kind);
    return places[below(random, places.length)];
  }
}

/** Networks are large: the oldest go first. */
const kept = 200;

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > kept) map.delete(oldest);
}

export const keyOf = (moves: readonly PlainMove[]): string => JSON.stringify(moves);
