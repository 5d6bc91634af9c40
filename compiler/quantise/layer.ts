/** Integer weights and biases of one convolution, fitted to what it reads. */

import { type Conv2d, type ConvTranspose2d, floatBias, floatWeights } from '../ir/graph.js';
import type { Quant, Shape } from '../ir/tensor.js';
import type { QuantisedConv } from './assignment.js';
import type { Convolver } from './engine/convolver.js';
import { type Moments, momentsOf, pixelsOf, type ReadPair } from './moments.js';
import { correction, correctionGain, planRounding, roundSequentially } from './round.js';
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
const rowsPerUnknown = 8;
const [leastRows, mostRows] = [384, 4096];
/** Weights of a channel that are fitted together. */
const mostUnknowns = 640;
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
  /** The parts of a channel's weights that are fitted together: matrices stay below a size. */
  readonly #blocks: readonly (readonly [number, number])[];
  /** By block and group: moments over the samples that weights are fitted to. */
  readonly #fitting: readonly ((group: number) => Moments | null)[];

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
    this.#blocks = blocksOf(this.#length);
    this.#fitting = this.#blocks.map((columns) => this.#momentsOver(reads.slice(0, fitted), columns));
  }

  /** By group: the moments over some of the samples; none for operators that have none. */
  #momentsOver(reads: readonly ReadPair[], columns: readonly [number, number]): (group: number) => Moments | null {
    const { input, output, quant } = this.#tensors;
    const op = this.#op;
    const rows = Math.min(Math.max(rowsPerUnknown * (columns[1] - columns[0]), leastRows), mostRows);
    const pixels = pixelsOf(output, Math.max(reads.length, 1), rows);
    let [first, known] = [0, [] as readonly Moments[]];
    return (group) => {
      if (op.kind !== 'conv2d' || reads.length === 0) return null;
      if (group < first || group >= first + known.length) {
        const count = Math.max(1, Math.min(op.groups - group, Math.floor(blockChannels / (input.c / op.groups))));
        first = group;
        known = momentsOf(this.#convolver, { op, input, output, quant, pixels, columns }, group, count, reads);
      }
      return known[group - first];
    };
  }

  /** Some columns of the weights of a group's output channels, one channel a row. */
  #groupWeights(group: number, [from, to]: readonly [number, number]): Float64Array {
    const rows = this.#op.outChannels / this.#op.groups;
    const out = new Float64Array(rows * (to - from));
    for (let o = 0; o < rows; o++) {
      const start = (group * rows + o) * this.#length;
      out.set(this.#weights.subarray(start + from, start + to), o * (to - from));
    }
    return out;
  }

  /** The damping with which the correction helps the samples that it was not fitted to most; infinite where none does. */
  bestDamping(): number {
    const gains = correctionDampings.map(() => 0);
    for (const [b, columns] of this.#blocks.entries()) {
      const judging = this.#momentsOver(this.#reads.slice(this.#fitted), columns);
      for (let g = 0; g < this.#op.groups; g++) {
        const [fit, judge] = [this.#fitting[b](g), judging(g)];
        if (fit === null || judge === null) return Infinity;
        const w = this.#groupWeights(g, columns);
        const gain = correctionGain(this.#convolver, judge, w);
        const correct = correction(this.#convolver, fit, w);
        correctionDampings.forEach((damping, k) => {
          if (Number.isFinite(damping)) gains[k] += gain(correct(damping));
        });
      }
    }
    return correctionDampings[gains.indexOf(Math.max(...gains))];
  }

  quantise(correctionDamping: number): QuantisedConv {
    const { outChannels: n, groups } = this.#op;
    const { quant } = this.#tensors;
    const { rounding, correctBias } = this.#options;
    const real = floatBias(this.#op);
    const isFitted = rounding === 'sequential' || correctBias || Number.isFinite(correctionDamping);
    const weights = new Int8Array(n * this.#length);
    const scales = new Float32Array(n);
    const shifts = Float64Array.from(real);
    const rows = n / groups;
    for (let g = 0; g < groups; g++) {
      const first = g * rows;
      const parts = this.#blocks.map((columns, b) => {
        const moments = isFitted ? this.#fitting[b](g) : null;
        const w = this.#groupWeights(g, columns);
        const targets = moments === null ? w : correction(this.#convolver, moments, w)(correctionDamping);
        return { columns, moments, w, targets };
      });
      for (let o = 0; o < rows; o++) {
        let largest = 0;
        for (const {
          targets,
          columns: [from, to],
        } of parts)
          for (let i = o * (to - from); i < (o + 1) * (to - from); i++)
            largest = Math.max(largest, Math.abs(targets[i]));
        scales[first + o] = scaleOf(largest, real[first + o], quant.scale);
      }
      const own = scales.subarray(first, first + rows);
      // ONNX has scales along one axis of the weights only: a group of a transposed convolution has one scale.
      if (this.#op.kind === 'convTranspose2d' && groups > 1) own.fill(Math.max(...own));
      for (const {
        columns: [from, to],
        moments,
        w,
        targets,
      } of parts) {
        const plan =
          moments !== null && rounding === 'sequential'
            ? planRounding(this.#convolver, moments, roundingDamping)
            : null;
        const rounded = plan === null ? nearest(targets, own) : roundSequentially(this.#convolver, plan, targets, own);
        const width = to - from;
        for (let o = 0; o < rows; o++) {
          weights.set(rounded.subarray(o * width, (o + 1) * width), (first + o) * this.#length + from);
          if (moments === null || !correctBias) continue;
          for (let i = 0, at = o * width; i < width; i++, at++)
            shifts[first + o] += w[at] * moments.meanReal[i] - rounded[at] * own[o] * moments.meanCodes[i];
        }
      }
    }
    return { weights, scales, bias: Int32Array.from(shifts, (b, o) => Math.round(b / (scales[o] * quant.scale))) };
  }
}

function blocksOf(length: number): readonly (readonly [number, number])[] {
  const count = Math.ceil(length / mostUnknowns);
  return Array.from({ length: count }, (_, i) => [
    Math.floor((i * length) / count),
    Math.floor(((i + 1) * length) / count),
  ]);
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
