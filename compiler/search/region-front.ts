/**
 * The best ways to run nodes [first, end) as one fused region: a dynamic program over units. For a price on ring bytes
 * and a cap on work bytes (tiles and scratch, of which only the largest counts) it finds the partition of least cost;
 * sweeping both gives candidates, which the caller measures exactly. Optimal for the model in which each ring's depth
 * depends on its neighbours alone (chains, residuals inside a unit); the exact depth comes from schedule/stream.ts.
 */

import type { ValueId } from '../ir/int8-graph.js';
import { paretoOptimal } from './pareto-front.js';
import type { Effort, UnitOption, UnitTable } from './unit-table.js';

export interface RegionCandidate {
  readonly units: readonly UnitOption[];
  readonly executedMacs: number;
  readonly instructions: number;
  /** Rings and work by the model; whole tensors are the caller's. */
  readonly modelBytes: number;
}

/** Partitions of a region whose work bytes are above `aboveBytes`, and at most those of the step before. */
export interface WorkStep {
  readonly aboveBytes: number;
  /** By position in `prices`. */
  readonly sums: readonly number[];
}

/** Of a ring byte, in instructions; close to one another, so that few partitions of the hull are passed over. */
export const prices = [
  0, 0.25, 0.5, 0.75, 1, 1.4, 2, 2.8, 4, 5.3, 7, 9.2, 12, 15.5, 20, 26, 35, 46, 60, 77, 100, 141, 200, 283, 400, 632,
  1000, 1e4, 1e5,
];

/** How finely prices and caps on work bytes are swept. */
const sweeps = {
  full: { priceStep: 1, capStep: 0.985, mostSteps: 24 },
  quick: { priceStep: 4, capStep: 0.94, mostSteps: 12 },
} as const satisfies Readonly<Record<Effort, unknown>>;

/** Fronts of the regions of one network: what a unit costs in a region is worked out once for all regions alike. */
export class RegionFronts {
  readonly #known = new Map<string, Choices>();
  #units = 0;
  readonly #ends: readonly (readonly (readonly UnitOption[])[])[];

  readonly #sweep: (typeof sweeps)[Effort];

  constructor(table: UnitTable, effort: Effort = 'full') {
    this.#ends = table.from.map(byEnd);
    this.#sweep = sweeps[effort];
  }

  /**
   * @param isRing whether a value is a ring in this region (made inside it, or the streamed input).
   */
  of(first: number, end: number, isRing: (id: ValueId) => boolean): RegionCandidate[] {
    const choices = this.#choicesOf(first, end, isRing);
    if (choices === null) return [];
    const walk = new UnitWalk(choices);
    const found = new Map<number, RegionCandidate>();
    const { priceStep, capStep, mostSteps } = this.#sweep;
    for (let price = 0; price < prices.length; price += priceStep) {
      for (const aim of choices.some((here) => here.some((group) => group.sliced)) ? aims : wholeAims) {
        // Down the staircase of work bytes: each step just under the last.
        for (let cap = Infinity, steps = 0; steps < mostSteps; steps++) {
          const units = walk.leastInstructions(cap, price, aim);
          if (units === null) break;
          let workBytes = 0;
          for (const { option } of units) workBytes = Math.max(workBytes, option.workBytes);
          const key = keyOf(units);
          if (!found.has(key)) found.set(key, candidate(units));
          cap = Math.floor(workBytes * capStep) - 1;
        }
      }
    }
    return paretoOf([...found.values()]);
  }

  /**
   * What bounds the MACs of every partition from below, whatever its rings take: by steps of work bytes, the least of
   * 2 * MACs + price * ring bytes for each price. Empty where there is no partition. For tables without instructions.
   */
  bounds(first: number, end: number, isRing: (id: ValueId) => boolean): WorkStep[] {
    const choices = this.#choicesOf(first, end, isRing);
    if (choices === null) return [];
    const walk = new UnitWalk(choices);
    const steps: WorkStep[] = [];
    for (let cap = Math.max(...choices.flat().map((group) => group.mostWorkBytes)); cap >= 0; ) {
      const sums = prices.map((_, price) => walk.leastCost(cap, price, 'macs'));
      if (sums[0] === Infinity) break;
      const next = Math.floor(cap * 0.97) - 1;
      steps.push({ aboveBytes: next, sums });
      cap = next;
    }
    return steps;
  }

  /** Units inside [first, end) by first node; null where some node has none. */
  #choicesOf(first: number, end: number, isRing: (id: ValueId) => boolean): Choices[][] | null {
    const rings = new Map<ValueId, boolean>();
    const ring = (id: ValueId): boolean => {
      let known = rings.get(id);
      if (known === undefined) rings.set(id, (known = isRing(id)));
      return known;
    };
    const all: Choices[][] = [];
    for (let k = first; k < end; k++) {
      const here = this.#ends[k]
        .filter((options) => options[0].end <= end)
        .map((options) => this.#priced(options, ring));
      if (here.length === 0) return null;
      all.push(here);
    }
    return all;
  }

  /** The options for one run of nodes, where some of its inputs are rings. */
  #priced(options: readonly UnitOption[], ring: (id: ValueId) => boolean): Choices {
    const [{ first, end, inputRings }] = options;
    const key = `${first} ${end} ${inputRings.map((r) => (ring(r.value) ? 1 : 0)).join('')}`;
    let choices = this.#known.get(key);
    if (choices !== undefined) return choices;
    this.#known.set(key, (choices = choicesFor(options, ring, this.#units)));
    this.#units += options.length;
    return choices;
  }
}

const byEnd = (options: readonly UnitOption[]): UnitOption[][] => {
  const groups = new Map<number, UnitOption[]>();
  for (const o of options) {
    const group = groups.get(o.end);
    if (group === undefined) groups.set(o.end, [o]);
    else group.push(o);
  }
  return [...groups.values()];
};

/**
 * What is made least, beside bytes: instructions, or MACs and then instructions; of units that may cut channels into
 * slices or of those that do not. (Partitions come from the convex hull of costs: more units to choose from may hide
 * some that fewer units show.)
 */
const wholeAims = ['instructions', 'macs'] as const;
const aims = [...wholeAims, 'unslicedInstructions', 'unslicedMacs'] as const;
type Aim = (typeof aims)[number];

/** Units for one run of nodes, where some of its inputs are rings. */
interface Choices {
  readonly nodes: number;
  /** Whether some of them cut channels into slices. */
  readonly sliced: boolean;
  readonly mostWorkBytes: number;
  /** By position in `prices`. */
  readonly ladders: Readonly<Record<Aim, readonly Ladder[]>>;
}

interface Choice {
  /** Unlike any other's. */
  readonly id: number;
  readonly option: UnitOption;
  readonly ringBytes: number;
}

/** The cheapest unit at each cap on work bytes: rungs upwards, each needing more bytes than the one before and costing less. */
interface Ladder {
  readonly workBytes: Float64Array;
  readonly cost: Float64Array;
  readonly units: readonly Choice[];
}

function choicesFor(options: readonly UnitOption[], ring: (id: ValueId) => boolean, firstId: number): Choices {
  const all = options.map(
    (option, k): Choice => ({
      id: firstId + k,
      option,
      ringBytes: option.inputRings.reduce((sum, r) => sum + (ring(r.value) ? r.bytes : 0), option.outputRowsBytes),
    }),
  );
  const upwards = risingWork(all);
  const unsliced = risingWork(all.filter((c) => c.option.unit.sliceChannels === undefined));
  const ladders = (of: readonly Rung[], work: (o: UnitOption) => number): Ladder[] =>
    prices.map((price) => ladder(of, (c) => work(c.option) + price * c.ringBytes));
  const instructions = (o: UnitOption): number => o.instructions;
  const macs = (o: UnitOption): number => 2 * o.executedMacs + 1e-3 * o.instructions;
  const whole = { instructions: ladders(upwards, instructions), macs: ladders(upwards, macs) };
  const sliced = upwards.some(({ unit }) => unit.option.unit.sliceChannels !== undefined);
  return {
    nodes: options[0].end - options[0].first,
    sliced,
    mostWorkBytes: options.reduce((most, o) => Math.max(most, o.workBytes), 0),
    ladders: {
      ...whole,
      unslicedInstructions: sliced ? ladders(unsliced, instructions) : whole.instructions,
      unslicedMacs: sliced ? ladders(unsliced, macs) : whole.macs,
    },
  };
}

/** Undominated units by their work bytes; of equals the first in the table's order. */
function risingWork(choices: readonly Choice[]): Rung[] {
  const units = paretoOptimal(choices, (c) => [
    c.option.workBytes,
    c.ringBytes,
    c.option.instructions,
    c.option.executedMacs,
  ]);
  return units
    .map((unit, index) => ({ unit, index }))
    .sort((a, b) => a.unit.option.workBytes - b.unit.option.workBytes || a.index - b.index);
}

interface Rung {
  readonly unit: Choice;
  readonly index: number;
}

/** Of units that cost the same the first in the table's order stands. */
function ladder(upwards: readonly Rung[], costOf: (c: Choice) => number): Ladder {
  const rungs: { unit: Choice; index: number; cost: number }[] = [];
  for (const { unit, index } of upwards) {
    const cost = costOf(unit);
    const top = rungs.at(-1);
    if (top !== undefined && (cost > top.cost || (cost === top.cost && index > top.index))) continue;
    if (top?.unit.option.workBytes === unit.option.workBytes) rungs.pop();
    rungs.push({ unit, index, cost });
  }
  return {
    workBytes: Float64Array.from(rungs, (r) => r.unit.option.workBytes),
    cost: Float64Array.from(rungs, (r) => r.cost),
    units: rungs.map((r) => r.unit),
  };
}

/** The cheapest partitions of one region into units. */
class UnitWalk {
  readonly #choices: readonly (readonly Choices[])[];
  readonly #best: Float64Array;
  readonly #chosen: (Choice | null)[];

  constructor(choices: readonly (readonly Choices[])[]) {
    this.#choices = choices;
    this.#best = new Float64Array(choices.length + 1);
    this.#chosen = new Array<Choice | null>(choices.length + 1).fill(null);
  }

  /** @param price position in `prices`. Null where no partition keeps under the cap. */
  leastInstructions(capBytes: number, price: number, aim: Aim): Choice[] | null {
    if (this.leastCost(capBytes, price, aim) === Infinity) return null;
    const units: Choice[] = [];
    for (let at = this.#choices.length; at > 0; ) {
      const unit = this.#chosen[at]!;
      units.push(unit);
      at -= unit.option.end - unit.option.first;
    }
    return units.reverse();
  }

  /** Infinity where no partition keeps under the cap. */
  leastCost(capBytes: number, price: number, aim: Aim): number {
    const best = this.#best;
    const choices = this.#choices;
    const chosen = this.#chosen;
    const n = choices.length;
    best.fill(Infinity);
    best[0] = 0;
    for (let k = 0; k < n; k++) {
      const base = best[k];
      if (base === Infinity) continue;
      for (const group of choices[k]) {
        const { workBytes, cost, units } = group.ladders[aim][price];
        let rung = workBytes.length - 1;
        while (rung >= 0 && workBytes[rung] > capBytes) rung--;
        if (rung < 0) continue;
        const to = k + group.nodes;
        const sum = base + cost[rung];
        if (sum < best[to]) {
          best[to] = sum;
          chosen[to] = units[rung];
        }
      }
    }
    return best[n];
  }
}

/** Tells partitions apart: 53 bits of two hashes, so that one in many billions is taken for another and left out. */
function keyOf(units: readonly Choice[]): number {
  let a = 0;
  let b = 0;
  for (const { id } of units) {
    a = (Math.imul(a, 31) + id) | 0;
    b = Math.imul(b ^ id, 0x01000193) ^ (a >>> 7);
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}

function candidate(choices: readonly Choice[]): RegionCandidate {
  let rings = 0;
  let work = 0;
  let executedMacs = 0;
  let instructions = 0;
  for (const { option, ringBytes } of choices) {
    rings += ringBytes;
    work = Math.max(work, option.workBytes);
    executedMacs += option.executedMacs;
    instructions += option.instructions;
  }
  return { units: choices.map((c) => c.option), executedMacs, instructions, modelBytes: rings + work };
}

/** Candidates that no other beats in bytes, MACs and instructions at once; of equals, all. */
const paretoOf = (all: readonly RegionCandidate[]): RegionCandidate[] =>
  paretoOptimal(all, (c) => [c.modelBytes, c.executedMacs, c.instructions], true);
