/** Integer weights and biases of one convolution, fitted to what it reads. */

import { type Conv2d, type ConvTranspose2d, floatBias, floatWeights } from '../ir/graph.js';
import type { Quant, Shape } from '../ir/tensor.js';
import type { QuantisedConv } from './assignment.js';
import type { Convolver } from './engine/convolver.js';
import { type Moments, momentsOf, pixelsOf, type ReadPair } from './moments.js';
import { correctedTarget, correctionGain, planCorrection, planRounding, roundSequentially } from './round.js';
import type { SequenceOptions } from './sequence.js';

export interface LayerTensors {
  readonly input: Shape;
  readonly output: Shape;
  /** Of the input. */
  readonly quant: Quant;
}

/** Damping of the sequential rounding, relative to the mean variance of the inputs. */
const roundingDamping = 0.01;
/** Dampings of the correction that are tried; infinite: none. */
const correctionDampings = [Infinity, 10, 1, 0.1, 0.01];
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

  #channelWeights(o: number): Float64Array {
    return Float64Array.from(this.#weights.subarray(o * this.#length, (o + 1) * this.#length));
  }

  #channelsOf(group: number): readonly number[] {
    const count = this.#op.outChannels / this.#op.groups;
    return Array.from({ length: count }, (_, i) => group * count + i);
  }

  /** The damping with which the correction helps the samples that it was not fitted to most; infinite where none does. */
  bestDamping(): number {
    const gains = correctionDampings.map(() => 0);
    const judging = this.#momentsOver(this.#reads.slice(this.#fitted));
    for (let g = 0; g < this.#op.groups; g++) {
      const fit = this.#fittedMoments(g);
      const judge = judging(g);
      if (fit === null || judge === null) return Infinity;
      correctionDampings.forEach((damping, k) => {
        const plan = planCorrection(fit, damping);
        if (plan === null) return;
        for (const o of this.#channelsOf(g)) {
          const w = this.#channelWeights(o);
          gains[k] += correctionGain(judge, w, correctedTarget(plan, fit, w));
        }
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
    const needsMoments = rounding === 'sequential' || correctBias || Number.isFinite(correctionDamping);
    for (let g = 0; g < groups; g++) {
      const moments = needsMoments ? this.#fittedMoments(g) : null;
      const plan = moments !== null && rounding === 'sequential' ? planRounding(moments, roundingDamping) : null;
      const correction = moments === null ? null : planCorrection(moments, correctionDamping);
      const targets = this.#channelsOf(g).map((o) => {
        const w = this.#channelWeights(o);
        const target = correction === null || moments === null ? w : correctedTarget(correction, moments, w);
        const largest = target.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        return { o, w, target, scale: scaleOf(largest, real[o], quant.scale) };
      });
      // ONNX has scales along one axis of the weights only: a group of a transposed convolution has one scale.
      const shared =
        this.#op.kind === 'convTranspose2d' && groups > 1 ? Math.max(...targets.map((t) => t.scale)) : null;
      for (const { o, w, target, scale: own } of targets) {
        const scale = shared ?? own;
        const rounded = plan === null ? nearest(target, scale) : roundSequentially(plan, target, scale);
        weights.set(rounded, o * length);
        scales[o] = scale;
        let shift = real[o];
        if (moments !== null && correctBias)
          for (let i = 0; i < length; i++)
            shift += w[i] * moments.meanReal[i] - rounded[i] * scale * moments.meanCodes[i];
        bias[o] = Math.round(shift / (scale * quant.scale));
      }
    }
    return { weights, scales, bias };
  }
}

const nearest = (w: Float64Array, scale: number): Int8Array =>
  Int8Array.from(w, (v) => Math.max(-127, Math.min(127, Math.round(v / scale))));

/** A bias stays this far inside int32, so that accumulators do. */
const mostBias = 2 ** 30;

/** The scale of a channel's weights: the largest weight is 127, unless the bias then leaves int32. */
function scaleOf(largest: number, bias: number, inputScale: number): number {
  const least = Math.abs(bias) / (inputScale * mostBias);
  return Math.fround(Math.max(largest / 127, least, 1e-30));
}
