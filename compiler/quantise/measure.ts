/** Signal to quantisation noise, in decibels: 10 log10(sum y^2 / sum (y - q)^2). */

import { type Graph, type ValueId, valueOfGraph } from '../ir/graph.js';
import type { Quant } from '../ir/tensor.js';
import type { Sequenced } from './sequence.js';

/** Sums over which a ratio is taken. */
export class Noise {
  #signal = 0;
  #noise = 0;

  /** Codes that stand for y, or (without `quant`) numbers. */
  add(y: Float32Array, codes: ArrayLike<number>, quant: Quant | null): void {
    const { scale, zeroPoint } = quant ?? { scale: 1, zeroPoint: 0 };
    for (let i = 0; i < y.length; i++) {
      const error = y[i] - scale * (codes[i] - zeroPoint);
      this.#signal += y[i] * y[i];
      this.#noise += error * error;
    }
  }

  /** Infinite without noise. */
  get db(): number {
    return this.#noise === 0 ? Infinity : 10 * Math.log10(this.#signal / this.#noise);
  }
  get noise(): number {
    return this.#noise;
  }
}

/** Of the network's outputs over the samples from one on. Indices do not count. */
export function sqnrDb(
  graph: Graph,
  chosen: ReadonlyMap<ValueId, { readonly quant: Quant }>,
  { outputs, floatOutputs }: Sequenced,
  from: number,
): number {
  const noise = new Noise();
  graph.outputs.forEach((io, k) => {
    if (valueOfGraph(graph, io.value).dtype === 'int32') return;
    const quant = chosen.get(io.value)?.quant ?? null;
    for (let s = from; s < outputs.length; s++) noise.add(floatOutputs[s][k], outputs[s][k], quant);
  });
  return noise.db;
}
