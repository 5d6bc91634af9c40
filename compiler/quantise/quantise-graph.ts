/** The method: a float graph and samples of its inputs to a quantised graph. */

import { elements } from '../ir/tensor.js';
import { type Graph, type ValueId, valueOfGraph } from '../ir/graph.js';
import { countMacs } from '../ir/graph-size.js';
import { quantisedGraph } from './assignment.js';
import { chooseRanges, type ChosenRange } from './choose-ranges.js';
import { Convolver } from './engine/convolver.js';
import { floatRunner } from './engine/float-node.js';
import { equalise } from './equalise.js';
import { sqnrDb } from './measure.js';
import { type Sensitivity, sensitivities } from './sensitivity.js';
import { type Sequenced, quantiseInSequence } from './sequence.js';
import type { SequenceOptions } from './sequence-options.js';
import { calibrate, type Calibration, type ValueStatistics } from './statistics.js';
import type { Switches } from './switches.js';

/** One sample: the real elements of each network input, HWC. */
export type RealSample = readonly Float32Array[];

/** What was decided, stage by stage. */
export interface Decisions {
  readonly ranges: Switches['ranges'];
  readonly equalise: boolean;
  readonly rounding: SequenceOptions['rounding'];
  readonly compensate: boolean;
  readonly bias: boolean;
}

export interface QuantisedNetwork {
  readonly graph: Graph;
  /** The float network that was quantised: the given one, equalised where that helps. */
  readonly float: Graph;
  readonly decisions: Decisions;
  readonly ranges: ReadonlyMap<ValueId, ChosenRange>;
  readonly statistics: ReadonlyMap<ValueId, ValueStatistics>;
}

/** Work that deciding may cost, in multiply-accumulates: about a third of a minute. */
const decisionWork = 6e10;
/** Likewise for the gradients of one measurement of sensitivities. */
const sensitivityWork = 1.5e10;
/** Runs of the network that deciding costs for each sample. */
const runsToDecide = 16;
/** Of the samples that decide, every so many-th only judges. */
const judgeEvery = 4;
/** With fewer samples none can be spared to judge. */
const fewestToJudge = 8;

export function quantiseGraph(
  graph: Graph,
  samples: readonly RealSample[],
  switches: Switches,
  onProgress: (what: string) => void = () => {},
): QuantisedNetwork {
  const method = new Method(graph, switches, onProgress);
  return method.run(samples);
}

interface Facts {
  readonly graph: Graph;
  readonly statistics: ReadonlyMap<ValueId, ValueStatistics>;
  readonly sensitivity: ReadonlyMap<ValueId, Sensitivity>;
}

class Method {
  readonly #graph: Graph;
  readonly #switches: Switches;
  readonly #progress: (what: string) => void;
  readonly #convolver = new Convolver();
  readonly #workPerSample: number;

  constructor(graph: Graph, switches: Switches, progress: (what: string) => void) {
    this.#graph = graph;
    this.#switches = switches;
    this.#progress = progress;
    const touched = graph.nodes.reduce((sum, n) => sum + elements(valueOfGraph(graph, n.output).shape), 0);
    this.#workPerSample = countMacs(graph) + 16 * touched;
  }

  run(samples: readonly RealSample[]): QuantisedNetwork {
    const { rounding, bias, ranges } = this.#switches;
    const base: SequenceOptions = {
      rounding: rounding === 'nearest' ? 'nearest' : 'sequential',
      correctBias: bias !== 'off',
      compensate: false,
    };
    const decided = this.#decide(samples, base);
    this.#progress('measuring the float network');
    const facts = this.#facts(samples, decided.equalise);
    const chosen = chooseRanges(facts.graph, samples, facts, ranges);
    this.#progress('rounding weights');
    const options = { ...base, compensate: decided.compensate };
    const roles = { samples, fitted: samples.length, dampings: decided.dampings };
    const { assignment } = this.#sequence(facts.graph, roles, chosen, options);
    return {
      graph: quantisedGraph(facts.graph, assignment),
      float: facts.graph,
      decisions: {
        ranges,
        equalise: decided.equalise,
        rounding: base.rounding,
        compensate: options.compensate,
        bias: base.correctBias,
      },
      ranges: chosen,
      statistics: facts.statistics,
    };
  }

  #sequence(
    graph: Graph,
    roles: Parameters<typeof quantiseInSequence>[1],
    chosen: ReadonlyMap<ValueId, ChosenRange>,
    options: SequenceOptions,
  ): Sequenced {
    const quants = new Map([...chosen].map(([id, { quant }]) => [id, quant]));
    return quantiseInSequence(graph, roles, quants, options, this.#convolver);
  }

  /** Statistics and sensitivities of the network, equalised by them or not. */
  #facts(samples: readonly RealSample[], equalised: boolean): Facts {
    const plain = this.#measured(this.#graph, samples);
    if (!equalised) return plain;
    const { graph, scaled } = equalise(this.#graph, plain.statistics, plain.sensitivity);
    return scaled === 0 ? plain : this.#measured(graph, samples);
  }

  #measured(graph: Graph, samples: readonly RealSample[]): Facts {
    const run = floatRunner(graph, this.#convolver);
    const { statistics }: Calibration = calibrate(graph, samples, run);
    const most = Math.max(1, Math.floor(sensitivityWork / (3 * this.#workPerSample)));
    const sensitivity = sensitivities(graph, evenly(samples, most), statistics, run, this.#convolver);
    return { graph, statistics, sensitivity };
  }

  /** Which optional stages help samples that they were not fitted to. */
  #decide(
    samples: readonly RealSample[],
    base: SequenceOptions,
  ): { equalise: boolean; compensate: boolean; dampings: ReadonlyMap<ValueId, number> | null } {
    const { equalise: wanted, compensate } = this.#switches;
    const most = Math.max(fewestToJudge, Math.floor(decisionWork / (runsToDecide * this.#workPerSample)));
    const some = evenly(samples, most);
    if (some.length < fewestToJudge)
      return { equalise: wanted === 'on', compensate: compensate === 'on', dampings: null };
    if (wanted !== 'auto' && compensate === 'off')
      return { equalise: wanted === 'on', compensate: false, dampings: null };
    this.#progress('deciding which stages pay');
    const isJudge = (i: number): boolean => i % judgeEvery === judgeEvery - 1;
    const fit = some.filter((_, i) => !isJudge(i));
    const ordered = [...fit, ...some.filter((_, i) => isJudge(i))];
    const roles = { samples: ordered, fitted: fit.length, dampings: null };
    const attempt = (facts: Facts, options: SequenceOptions): { db: number; sequenced: Sequenced } => {
      const chosen = chooseRanges(facts.graph, fit, facts, this.#switches.ranges);
      const sequenced = this.#sequence(facts.graph, roles, chosen, options);
      return { db: sqnrDb(facts.graph, chosen, sequenced, fit.length), sequenced };
    };
    let best: { facts: Facts; equalise: boolean; db: number } | null = null;
    for (const equalised of wanted === 'auto' ? [false, true] : [wanted === 'on']) {
      const facts = this.#facts(fit, equalised);
      const { db } = attempt(facts, base);
      if (best === null || db > best.db) best = { facts, equalise: equalised, db };
    }
    if (best === null) throw new Error('nothing was attempted');
    if (compensate === 'off') return { equalise: best.equalise, compensate: false, dampings: null };
    const { db, sequenced } = attempt(best.facts, { ...base, compensate: true });
    const pays = compensate === 'on' || db > best.db;
    return { equalise: best.equalise, compensate: pays, dampings: pays ? sequenced.dampings : null };
  }
}

/** At most `most` of a list, evenly spread. */
export function evenly<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / most)]);
}
