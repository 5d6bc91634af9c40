/** How well a float network does the work of another, or of its labels. */

import type { Graph } from '../ir/graph.js';
import { Convolver } from '../quantise/engine/convolver.js';
import { Noise } from '../quantise/measure.js';
import { FloatNetwork, type RealSample } from './float-network.js';

/** By sample: the network's outputs, HWC. */
export type Outputs = readonly (readonly Float32Array[])[];

export function outputsOf(graph: Graph, samples: readonly RealSample[], convolver = new Convolver()): Outputs {
  const network = new FloatNetwork(graph, convolver);
  return samples.map((sample) => network.run(sample));
}

/** 10 log10(sum y^2 / sum (y - q)^2) over all outputs and samples, in decibels; infinite where nothing differs. */
export function sqnrDb(original: Outputs, other: Outputs): number {
  const noise = new Noise();
  original.forEach((sample, s) => {
    sample.forEach((y, k) => noise.add(y, other[s][k], null));
  });
  return noise.db;
}

/** Index of the largest element of the first output. */
export function topClass(outputs: readonly Float32Array[]): number {
  const [x] = outputs;
  let best = 0;
  for (let i = 1; i < x.length; i++) if (x[i] > x[best]) best = i;
  return best;
}

/** Share of the samples whose largest element of the first output is the same, 0 to 1. */
export const agreement = (original: Outputs, other: Outputs): number =>
  original.filter((sample, s) => topClass(sample) === topClass(other[s])).length / Math.max(original.length, 1);

/** Share of the samples whose largest element of the first output is their label, 0 to 1. */
export const accuracy = (outputs: Outputs, labels: readonly number[]): number =>
  outputs.filter((sample, s) => topClass(sample) === labels[s]).length / Math.max(outputs.length, 1);
