/** Integer weights and biases of one convolution, fitted to what it reads. */

import { type Conv2d, type ConvTranspose2d, floatBias, floatWeights } from '../ir/graph.js';
import type { Quant, Shape } from '../ir/tensor.js';
import type { QuantisedConv } from './assignment.js';
import type { Convolver } from './engine/convolver.js';
import { type Moments, momentsOf, pixelsOf, type ReadPair } from './moments.js';
import { correctedTargets, correctionGain, planRounding, roundSequentially } from './round.js';
import type { SequenceOptions } from './sequence-options.js';

export interface LayerTensors {
  readonly input: Shape;
  readonly output: Shape;
  /** Of the input. */
  readonly quant: Quant;
}

/** Damping of the sequential rounding, relative to the mean variance of the inputs. */
const roundingDamping = 0.01;
/** Dampings of the correction that are tried; infinite: none. */
const correctionDampings = [Infinity, 1, 0.1, 0.01];
/** Rows of the moments' matrices: so many times the unknowns, within these bounds. */
const rowsPerUnknown = 16;
const [leastRows, mostRows] = [384, 4096];
/** Channels that are read together. */
const blockChannels = 16;

export class LayerRounding {
  readonly #op: Conv2d | ConvTranspose2d;
  readonly #tensors: LayerTensors;
  readonly #reads: readonly ReadPair[];
  readonly #fitted: number;
  readonly #convolver: Convolver;
  readonly #options: SequenceOptions;
  readonly #weights: Float32Array;
  readonly #length: number;
  readonly #fittedMoments: (group: number) => Moments | null;

  /** The first `fitted` of the samples' reads are fitted to. */
  constructor(
    op: Conv2d | ConvTranspose2d,
    tensors: LayerTensors,
    reads: readonly ReadPair[],
    fitted: number,
    convolver: Convolver,
    options: SequenceOptions,
  ) {
    this.#op = op;
    this.#tensors = tensors;
    this.#reads = reads;
    this.#fitted = fitted;
    this.#convolver = convolver;
    this.#options = options;
    this.#weights = floatWeights(op);
    this.#length = this.#weights.length / op.outChannels;
    this.#fittedMoments = this.#momentsOver(reads.slice(0, fitted));
  }

  /** By group: the moments over some of the samples; none for operators that have none. */
  #momentsOver(reads: readonly ReadPair[]): (group: number) => Moments | null {
    const { input, output, quant } = this.#tensors;
    const op = this.#op;
    const rows = Math.min(Math.max(rowsPerUnknown * this.#length, leastRows), mostRows);
    const pixels = pixelsOf(output, Math.max(reads.length, 1), rows);
    let [first, block] = [0, [] as readonly Moments[]];
    return (group) => {
      if (op.kind !== 'conv2d' || reads.length === 0) return null;
      if (group < first || group >= first + block.length) {
        const count = Math.max(1, Math.min(op.groups - group, Math.floor(blockChannels / (input.c / op.groups))));
        first = group;
        block = momentsOf(this.#convolver, { op, input, output, quant, pixels }, group, count, reads);
      }
      return block[group - first];
    };
  }

  /** Weights of a group's output channels, one a row. */
  #groupWeights(group: number): Float64Array {
    const rows = this.#op.outChannels / this.#op.groups;
    return Float64Array.from(this.#weights.subarray(group * rows * this.#length, (group + 1) * rows * this.#length));
  }

  /** The damping with which the correction helps the samples that it was not fitted to most; infinite where none does. */
  bestDamping(): number {
    const gains = correctionDampings.map(() => 0);
    const judging = this.#momentsOver(this.#reads.slice(this.#fitted));
    for (let g = 0; g < this.#op.groups; g++) {
      const fit = this.#fittedMoments(g);
      const judge = judging(g);
      if (fit === null || judge === null) return Infinity;
      const w = this.#groupWeights(g);
      correctionDampings.forEach((damping, k) => {
        if (!Number.isFinite(damping)) return;
        const corrected = correctedTargets(this.#convolver, fit, w, damping);
        gains[k] += correctionGain(this.#convolver, judge, w, corrected);
      });
    }
    return correctionDampings[gains.indexOf(Math.max(...gains))];
  }

  quantise(correctionDamping: number): QuantisedConv {
    const { outChannels: n, groups } = this.#op;
    const { quant } = this.#tensors;
    const { rounding, correctBias } = this.#options;
    const length = this.#length;
    const weights = new Int8Array(n * length);
    const scales = new Float32Array(n);
    const bias = new Int32Array(n);
    const real = floatBias(this.#op);
    const groupOut = n / groups;
    const needsMoments = rounding === 'sequential' || correctBias || Number.isFinite(correctionDamping);
    for (let g = 0; g < groups; g++) {
      const first = g * groupOut;
      const moments = needsMoments ? this.#fittedMoments(g) : null;
      const w = this.#groupWeights(g);
      const targets = moments === null ? w : correctedTargets(this.#convolver, moments, w, correctionDamping);
      for (let o = 0; o < groupOut; o++) {
        const largest = targets.subarray(o * length, (o + 1) * length).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        scales[first + o] = scaleOf(largest, real[first + o], quant.scale);
      }
      const own = scales.subarray(first, first + groupOut);
      // ONNX has scales along one axis of the weights only: a group of a transposed convolution has one scale.
      if (this.#op.kind === 'convTranspose2d' && groups > 1) own.fill(Math.max(...own));
      const plan =
        moments !== null && rounding === 'sequential' ? planRounding(this.#convolver, moments, roundingDamping) : null;
      const rounded = plan === null ? nearest(targets, own) : roundSequentially(this.#convolver, plan, targets, own);
      weights.set(rounded, first * length);
      for (let o = 0; o < groupOut; o++) {
        let shift = real[first + o];
        if (moments !== null && correctBias)
          for (let i = 0, at = o * length; i < length; i++, at++)
            shift += w[at] * moments.meanReal[i] - rounded[at] * own[o] * moments.meanCodes[i];
        bias[first + o] = Math.round(shift / (own[o] * quant.scale));
      }
    }
    return { weights, scales, bias };
  }
}

/** One scale a row. */
function nearest(w: Float64Array, scales: Float32Array): Int8Array {
  const length = w.length / scales.length;
  return Int8Array.from(w, (v, i) => Math.max(-127, Math.min(127, Math.round(v / scales[Math.floor(i / length)]))));
}

/** A bias stays this far inside int32, so that accumulators do. */
const mostBias = 2 ** 30;

/** The scale of a channel's weights: the largest weight is 127, unless the bias then leaves int32. */
function scaleOf(largest: number, bias: number, inputScale: number): number {
  const least = Math.abs(bias) / (inputScale * mostBias);
  return Math.fround(Math.max(largest / 127, least, 1e-30));
}
