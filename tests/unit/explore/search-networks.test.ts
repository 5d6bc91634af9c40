/** The search over a made-up space: numbers are cut, each cut saves bytes and costs score. */

import { describe, expect, it } from 'vitest';
import { Networks, type PlainMove } from '../../../compiler/explore/moves.js';
import {
  type Judge,
  type Measured,
  type PlannedNumbers,
  searchNetworks,
  type SearchResult,
  SearchStopped,
} from '../../../compiler/explore/search-networks.js';
import type { Graph } from '../../../compiler/ir/graph.js';
import { SeededRandom } from '../../../compiler/util/random.js';

const parts = 8;
/** Noise of the cut of each part, and the bytes that it saves. */
const noise = [0.001, 0.5, 0.002, 0.4, 0.003, 0.3, 0.05, 0.2];
const saved = [900, 100, 800, 150, 700, 90, 20, 60];
const cut = (part: number): PlainMove => ({ kind: part % 2 === 0 ? 'even' : 'odd', node: String(part) });
/** A network is the parts that are left; the search only hands it around. */
const asGraph = (left: ReadonlySet<number>): Graph => left as unknown as Graph;
const leftOf = (graph: Graph): ReadonlySet<number> => graph as unknown as ReadonlySet<number>;

const networks = (): Networks =>
  new Networks(asGraph(new Set(noise.keys())), {
    list: (graph) => [...leftOf(graph)].map(cut),
    apply: (graph, { node }) => {
      const left = new Set(leftOf(graph));
      return left.delete(Number(node)) ? asGraph(left) : null;
    },
  });

const sum = (of: readonly number[], moves: readonly PlainMove[]): number =>
  moves.reduce((total, { node }) => total + of[Number(node)], 0);

interface Watched {
  readonly judge: Judge;
  readonly measured: (readonly PlainMove[])[];
}

function watched(limitBytes = Infinity, stopAfter = Infinity): Watched {
  const measured: (readonly PlainMove[])[] = [];
  const judge: Judge = {
    plan: (moves) =>
      [0, 1].map((schedule): PlannedNumbers => {
        const peakSramBytes = 4000 - sum(saved, moves) - 50 * schedule;
        const missing = Math.max(0, peakSramBytes / limitBytes - 1);
        const instructions = 1000 + 100 * schedule;
        return { peakSramBytes, flashBytes: 9000, instructions, executedMacs: 1, macs: 1, missing, stageEnd: null };
      }),
    measure: async (moves): Promise<Measured> => {
      if (measured.length >= stopAfter) throw new SearchStopped();
      measured.push(moves);
      const value = Math.min(120, -10 * Math.log10(sum(noise, moves)));
      return { value, sqnrDb: value, agreement: null, accuracy: null };
    },
    costOf: (db) => 10 ** (-db / 10),
    valueOf: (cost) => Math.min(120, -10 * Math.log10(cost)),
  };
  return { judge, measured };
}

const options = { budget: 200, fits: 40, population: 16 };
const run = (judge: Judge, seed: number): Promise<SearchResult> =>
  searchNetworks({ networks: networks(), longest: 6 }, judge, new SeededRandom(seed), options);
const summary = ({ front }: SearchResult): unknown =>
  front.map(({ moves, schedule, planned, measured }) => [moves, schedule, planned.peakSramBytes, measured?.value]);

describe('the search over networks', () => {
  it('finds the cuts that save much and cost little', async () => {
    const { front } = await run(watched().judge, 1);
    const best = front.find(({ planned }) => planned.peakSramBytes <= 4000 - 900 - 800 - 700);
    expect(new Set(best?.moves.map((m) => m.node))).toEqual(new Set(['0', '2', '4']));
    for (const c of front)
      expect(c.measured?.value).toBeCloseTo(Math.min(120, -10 * Math.log10(sum(noise, c.moves))), 9);
  });

  it('gives the same front for the same seed', async () => {
    expect(summary(await run(watched().judge, 7))).toEqual(summary(await run(watched().judge, 7)));
  });

  it('keeps to its budgets, and never measures what does not fit', async () => {
    const { judge, measured } = watched(2600);
    const { candidates, front, fitted } = await run(judge, 2);
    expect(candidates.length).toBeLessThanOrEqual(options.budget + 1);
    expect(fitted).toBeLessThanOrEqual(options.fits);
    expect(front.length).toBeGreaterThan(0);
    for (const moves of measured.slice(1)) expect(4000 - sum(saved, moves) - 50).toBeLessThanOrEqual(2600);
  });

  it('ends with what it has where the judge stops it', async () => {
    const { front, fitted } = await run(watched(Infinity, 5).judge, 3);
    expect(fitted).toBe(4);
    expect(front.length).toBeGreaterThan(0);
  });

  it('stays within the space: each part is cut once at most', async () => {
    const { candidates } = await run(watched().judge, 4);
    for (const { moves } of candidates) expect(new Set(moves.map((m) => m.node)).size).toBe(moves.length);
    expect(Math.max(...candidates.map((c) => c.moves.length))).toBeLessThanOrEqual(6);
    expect(parts).toBe(noise.length);
  });
});
