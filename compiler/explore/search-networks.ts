/**
 * The joint search: NSGA-II over sequences of moves and schedules. A candidate is planned exactly when it is first met; what it
 * scores is forecast from the moves that were measured, and only candidates that could be on the front by that forecast are fitted
 * and measured. A candidate that no schedule makes fit is never fitted. Results of planning and measuring come from the caller and
 * decide everything but what the seed does: with the same results a search takes the same way, which is how it is resumed.
 */

import type { SeededRandom } from '../util/random.js';
import { Forecast } from './forecast.js';
import { drawMoves, type Genome, genomeKey, offspring, type Variation } from './genome.js';
import { keyOf, type PlainMove } from './moves.js';
import { crowdingDistances, type Judged, ranksOf, survivors, thinned, tournament } from './nsga2.js';

/** What the planner says of a network under a schedule. */
export interface PlannedNumbers {
  readonly peakSramBytes: number;
  readonly flashBytes: number;
  readonly instructions: number;
  readonly executedMacs: number;
  readonly macs: number;
  /** By how much the limits are missed, as shares of them added up; 0 where it fits. */
  readonly missing: number;
  /** Name of the node that a patch stage ends at. */
  readonly stageEnd: string | null;
}

export interface Measured {
  /** Larger is better: decibels, a share, or what the user's command said. */
  readonly value: number;
  readonly sqnrDb: number | null;
  readonly agreement: number | null;
  readonly accuracy: number | null;
}

export interface Candidate extends Genome {
  readonly planned: PlannedNumbers;
  /** Null until it is fitted and measured. */
  readonly measured: Measured | null;
}

export interface Judge {
  /** By schedule; null where the network cannot be planned so. */
  readonly plan: (moves: readonly PlainMove[]) => readonly (PlannedNumbers | null)[];
  /** Null where it could not be measured. */
  readonly measure: (moves: readonly PlainMove[]) => Promise<Measured | null>;
  /** Scores in units in which moves add up (noise power, lost points), and back. */
  readonly costOf: (value: number) => number;
  readonly valueOf: (cost: number) => number;
}

/** Thrown by a judge: what was found until then is the result. */
export class SearchStopped extends Error {}

export interface SearchOptions {
  /** Candidates to plan: networks times schedules. */
  readonly budget: number;
  /** Networks to fit and measure. */
  readonly fits: number;
  readonly population: number;
  readonly onProgress?: (state: SearchProgress) => void;
}

export interface SearchProgress {
  readonly evaluated: number;
  readonly fitted: number;
  readonly front: readonly Candidate[];
}

export interface SearchResult {
  /** Measured candidates that fit and that no other beats in everything, most score first. */
  readonly front: readonly Candidate[];
  /** All that were planned, in the order in which they were met. */
  readonly candidates: readonly Candidate[];
  readonly fitted: number;
}

/** Generations that bring nothing new before the search ends early. */
const patience = 5;

export async function searchNetworks(
  variation: Variation,
  judge: Judge,
  random: SeededRandom,
  options: SearchOptions,
): Promise<SearchResult> {
  const search = new NetworkSearch(variation, judge, options);
  return search.run(random);
}

class NetworkSearch {
  readonly #variation: Variation;
  readonly #judge: Judge;
  readonly #options: SearchOptions;
  readonly #met = new Map<string, { readonly genome: Genome; readonly planned: PlannedNumbers }>();
  readonly #planned = new Set<string>();
  readonly #measured = new Map<string, Measured | null>();
  readonly #forecast = new Forecast();

  constructor(variation: Variation, judge: Judge, options: SearchOptions) {
    this.#variation = variation;
    this.#judge = judge;
    this.#options = options;
  }

  async run(random: SeededRandom): Promise<SearchResult> {
    try {
      await this.#search(random);
    } catch (error) {
      if (!(error instanceof SearchStopped)) throw error;
    }
    return { front: this.#front(), candidates: this.#candidates(), fitted: this.#fitted };
  }

  async #search(random: SeededRandom): Promise<void> {
    const { population } = this.#options;
    await this.#measure([]);
    this.#meet([]);
    this.#meetSingleMoves();
    for (let tries = 0; this.#met.size < population && tries < 4 * population; tries++)
      this.#meet(drawMoves(this.#variation, random));
    await this.#measureBest(Math.ceil(this.#options.fits / 4));
    for (let idle = 0; idle < patience && !this.#isSpent; ) {
      const before = this.#met.size;
      const pool = this.#candidates();
      const parents = survivors(pool.map(this.#judged), population).map((i) => pool[i]);
      for (let tries = 0; tries < 3 * population && this.#met.size < before + population && !this.#isSpent; tries++) {
        const [a, b] = [parents[tournament(parents.length, random)], parents[tournament(parents.length, random)]];
        this.#meet(offspring(this.#variation, a.moves, b.moves, random));
      }
      idle = this.#met.size === before ? idle + 1 : 0;
      const generations = Math.max(1, Math.ceil((this.#options.budget - this.#met.size) / population) + 1);
      await this.#measureBest(Math.ceil((this.#options.fits - this.#fitted) / generations));
    }
    // What the forecast still puts on the front is measured, so that nothing stays there by a guess.
    await this.#measureBest(this.#options.fits);
  }

  get #isSpent(): boolean {
    return this.#met.size >= this.#options.budget;
  }

  get #fitted(): number {
    return this.#measured.size - (this.#measured.has(keyOf([])) ? 1 : 0);
  }

  /** Each legal move by itself, a place of each kind in turn: at most a quarter of the budget. */
  #meetSingleMoves(): void {
    const list = this.#variation.networks.listAfter([]);
    const kinds = [...new Set(list.map((m) => m.kind))].map((kind) => list.filter((m) => m.kind === kind));
    const most = this.#met.size + Math.floor(this.#options.budget / 4);
    for (let round = 0; kinds.some((places) => round < places.length); round++)
      for (const places of kinds) if (round < places.length && this.#met.size < most) this.#meet([places[round]]);
  }

  /** Under every schedule at once: the second plan of a network is cheap. */
  #meet(moves: readonly PlainMove[]): void {
    const key = keyOf(moves);
    if (this.#planned.has(key) || this.#isSpent) return;
    this.#planned.add(key);
    for (const [schedule, planned] of this.#judge.plan(moves).entries()) {
      const genome = { moves, schedule };
      if (planned !== null) this.#met.set(genomeKey(genome), { genome, planned });
    }
    this.#report();
  }

  #candidates(): readonly Candidate[] {
    return [...this.#met.values()].map(({ genome, planned }) => ({
      ...genome,
      planned,
      measured: this.#measured.get(keyOf(genome.moves)) ?? null,
    }));
  }

  readonly #judged = ({ moves, planned, measured }: Candidate): Judged => {
    const failed = measured === null && this.#measured.has(keyOf(moves));
    const value = measured?.value ?? this.#judge.valueOf(this.#forecast.costOf(moves));
    return {
      objectives: [-value, planned.peakSramBytes, planned.instructions, planned.flashBytes],
      violation: planned.missing + (failed ? 1 : 0),
    };
  };

  /** Measures up to `most` sequences that the forecast puts on the front, those with most room first. */
  async #measureBest(most: number): Promise<void> {
    for (let left = Math.min(most, this.#options.fits - this.#fitted); left > 0; left--) {
      const fitting = this.#candidates().filter((c) => c.planned.missing === 0);
      const judged = fitting.map(this.#judged);
      const ranks = ranksOf(judged);
      const front = fitting.map((_, i) => i).filter((i) => ranks[i] === 0);
      const room = crowdingDistances(front.map((i) => judged[i]));
      let best: number | null = null;
      for (let k = 0; k < front.length; k++) {
        if (this.#measured.has(keyOf(fitting[front[k]].moves))) continue;
        if (best === null || room[k] > room[best]) best = k;
      }
      if (best === null) return;
      await this.#measure(fitting[front[best]].moves);
      this.#report();
    }
  }

  async #measure(moves: readonly PlainMove[]): Promise<void> {
    const measured = await this.#judge.measure(moves);
    this.#measured.set(keyOf(moves), measured);
    if (measured !== null) this.#forecast.learn(moves, this.#judge.costOf(measured.value));
  }

  #front(): readonly Candidate[] {
    const known = this.#candidates().filter((c) => c.measured !== null && c.planned.missing === 0);
    const ranks = ranksOf(known.map(this.#judged));
    const seen = new Set<string>();
    return known
      .filter((c, i) => {
        // Two schedules of a network, or two ways to it, may come to the same.
        const same = JSON.stringify(this.#judged(c).objectives);
        const isFirst = ranks[i] === 0 && !seen.has(same);
        if (isFirst) seen.add(same);
        return isFirst;
      })
      .sort(
        (a, b) =>
          (b.measured?.value ?? 0) - (a.measured?.value ?? 0) || b.planned.peakSramBytes - a.planned.peakSramBytes,
      );
  }

  #report(): void {
    this.#options.onProgress?.({ evaluated: this.#met.size, fitted: this.#fitted, front: this.#front() });
  }
}

/**
 * Points worth a folder each: of those that score and SRAM alone put on a front all that room is for, then others of the front
 * by the room that they have. In the order of the front.
 */
export function pointsToKeep(front: readonly Candidate[], count: number): readonly Candidate[] {
  const of = (c: Candidate, all: boolean): Judged => ({
    objectives: [
      -(c.measured?.value ?? 0),
      c.planned.peakSramBytes,
      ...(all ? [c.planned.instructions, c.planned.flashBytes] : []),
    ],
    violation: 0,
  });
  const flat = front.map((c) => of(c, false));
  const ranks = ranksOf(flat);
  const first = front.filter((_, i) => ranks[i] === 0);
  const rest = front.filter((_, i) => ranks[i] !== 0);
  const chosen = thinned(
    first.map((c) => of(c, false)),
    count,
  ).map((i) => first[i]);
  const others = thinned(
    rest.map((c) => of(c, true)),
    Math.max(0, count - chosen.length),
  ).map((i) => rest[i]);
  const all = new Set([...chosen, ...others]);
  return front.filter((c) => all.has(c));
}
