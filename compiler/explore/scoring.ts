/** How well a candidate does the original's work, on inputs that no fit has seen. */

import type { Graph } from '../ir/graph.js';
import { Convolver } from '../quantise/engine/convolver.js';
import { accuracy, agreement, type Outputs, outputsOf, sqnrDb } from '../redesign/score.js';
import type { Measured } from './search-networks.js';

/** One input of the network: the elements of each tensor, as memory has them. */
export type Sample = readonly Float32Array[];

/** A candidate that is the same function: decibels beyond this say nothing. */
export const mostDb = 120;

export class Scorer {
  readonly #samples: readonly Sample[];
  readonly #labels: readonly number[] | null;
  readonly #convolver = new Convolver();
  readonly #wanted: Outputs;

  constructor(original: Graph, samples: readonly Sample[], labels: readonly number[] | null) {
    this.#samples = samples;
    this.#labels = labels;
    this.#wanted = outputsOf(original, samples, this.#convolver);
  }

  /** `value` is accuracy where there are labels (with decibels deciding between equals), else decibels. */
  score(graph: Graph): Measured {
    const outputs = outputsOf(graph, this.#samples, this.#convolver);
    const db = Math.max(-mostDb, Math.min(mostDb, sqnrDb(this.#wanted, outputs)));
    const right = this.#labels === null ? null : accuracy(outputs, this.#labels);
    const value = right === null ? db : right + db / (2 * mostDb * this.#samples.length);
    return { value, sqnrDb: db, agreement: agreement(this.#wanted, outputs), accuracy: right };
  }
}
