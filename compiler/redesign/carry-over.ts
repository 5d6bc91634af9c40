/** Makes moves on a trained network and carries its weights over. */

import type { Graph } from '../ir/graph.js';
import { Convolver } from '../quantise/engine/convolver.js';
import type { RealSample } from './float-network.js';
import { applyMove, describeMove, type Move } from './index.js';
import { outputsOf, sqnrDb } from './score.js';

export interface CarryOverOptions {
  /** What is happening, in words, for whoever waits. */
  readonly onProgress?: (what: string) => void;
}

export interface CarriedStep {
  readonly move: Move;
  readonly words: string;
  /** Where the move's own layers end, against the original there; null where nothing of the original compares. */
  readonly blockSqnrDb: number | null;
  /** At the network's outputs, over the samples that no weight was fitted to. Infinite where nothing differs. */
  readonly outputSqnrDb: number;
}

export interface CarriedOver {
  readonly graph: Graph;
  readonly steps: readonly CarriedStep[];
}

export function carryOver(
  original: Graph,
  moves: readonly Move[],
  calibration: readonly RealSample[],
  options: CarryOverOptions = {},
): CarriedOver {
  const convolver = new Convolver();
  const wanted = outputsOf(original, calibration, convolver);
  const steps: CarriedStep[] = [];
  let graph = original;
  for (const move of moves) {
    const words = describeMove(graph, move);
    options.onProgress?.(words);
    graph = applyMove(graph, move);
    steps.push({
      move,
      words,
      blockSqnrDb: null,
      outputSqnrDb: sqnrDb(wanted, outputsOf(graph, calibration, convolver)),
    });
  }
  return { graph, steps };
}
