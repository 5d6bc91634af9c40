/**
 * The weight stream of the DSP kernels' dot products (runtime-c/include/rv_dsp.h, rv_dot_blocks): pairs of output
 * channels, four inputs at a time.
 */

import type { ChannelRequant, ConvOp } from '../../../ir/int8-graph.js';
import type { CValue } from '../../kernel.js';
import { effectiveRounding } from '../c/structs.js';

/**
 * The requantisation that the assembly does itself: fixed rounding, no left shift. Multipliers are in the packing then;
 * every other requantisation goes through C and reads them from rv_channel_requant.
 */
export const isFastRequant = (r: ChannelRequant): boolean => effectiveRounding(r) === 'fixed' && r.leftShift === 0;

const isEvenRequant = (r: ChannelRequant): boolean => effectiveRounding(r) === 'even' && r.leftShift === 0;

/** The requantisation that the block products' assembly does itself: ties to even, too. */
export const isDotRequant = (r: ChannelRequant): boolean => isFastRequant(r) || isEvenRequant(r);

/** Masks of ties stand behind the multipliers: not in a slice that is not the last one, which is never requantised. */
export const hasMasks = ({ requant, partial }: ConvOp): boolean =>
  isEvenRequant(requant) && (partial === undefined || partial.last);

/** Weights as rows [channels of the group][depth]; a group's rows are neighbours. */
export interface DotShape {
  readonly groups: number;
  /** Output channels of a group. */
  readonly channels: number;
  /** Inputs of an output. */
  readonly depth: number;
}

export const dotShape = (op: ConvOp): DotShape => {
  const channels = op.bias.length / op.groups;
  return { groups: op.groups, channels, depth: op.weights.length / op.bias.length };
};

const summable = new WeakMap<ConvOp, boolean>();

/**
 * Whether the second channel of every pair may be summed in units of 256 above the first (rv_dot_s8): its weights
 * leave room for the first channel's in 16 bits, and its accumulator fits 24 bits whatever the inputs are.
 */
export function fitsSummedWords(op: ConvOp): boolean {
  let fits = summable.get(op);
  if (fits === undefined) {
    fits = op.weights instanceof Int8Array && everySecondChannelFits(op, op.weights);
    summable.set(op, fits);
  }
  return fits;
}

function everySecondChannelFits(op: ConvOp, weights: Int8Array): boolean {
  const { groups, channels, depth } = dotShape(op);
  for (let g = 0; g < groups; g++) {
    for (let b = 1; b < channels; b += 2) {
      const channel = g * channels + b;
      let lowest = op.bias[channel];
      let highest = op.bias[channel];
      for (let k = 0; k < depth; k++) {
        const w = weights[channel * depth + k];
        if (w === -128 && weights[(channel - 1) * depth + k] < 0) return false;
        lowest += w > 0 ? -128 * w : 127 * w;
        highest += w > 0 ? 127 * w : -128 * w;
      }
      if (lowest < -(2 ** 23) || highest >= 2 ** 23) return false;
    }
  }
  return true;
}

const roundUp4 = (n: number): number => Math.ceil(n / 4) * 4;

/** uint32 words of one channel pair's stream. */
const pairWords = (depth: number, masks: boolean): number => 4 + roundUp4(depth) / 2 + (masks ? 2 : 0);

/**
 * The stream of all groups, one after the other. `summed`: words for rv_dot_s8, otherwise for rv_dot_wide_s8. Inputs
 * beyond the depth and the partner of a last odd channel have weight zero.
 */
export function packDot(op: ConvOp, summed: boolean): CValue {
  const { groups, channels, depth } = dotShape(op);
  const pairs = Math.ceil(channels / 2);
  const { requant } = op;
  const fast = isDotRequant(requant);
  const masks = hasMasks(op);
  const words = new Uint32Array(groups * pairs * pairWords(depth, masks));
  let at = 0;
  const half = (a: number, b: number): number => (summed ? (a + 256 * b) & 0xffff : (a & 0xff) | ((b & 0xff) << 8));
  for (let g = 0; g < groups; g++) {
    for (let pair = 0; pair < pairs; pair++) {
      const a = g * channels + 2 * pair;
      const b = 2 * pair + 1 < channels ? a + 1 : null;
      const weight = (channel: number | null, k: number): number =>
        channel === null || k >= depth ? 0 : op.weights[channel * depth + k];
      const biasB = b === null ? 0 : op.bias[b];
      for (let k = 0; k < roundUp4(depth); k += 4) {
        for (const first of [k, k + 1]) {
          words[at++] =
            half(weight(a, first), weight(b, first)) | (half(weight(a, first + 2), weight(b, first + 2)) << 16);
        }
        if (k > 0) continue;
        words[at++] = op.bias[a];
        words[at++] = summed ? (op.bias[a] + Math.imul(256, biasB)) | 0 : biasB;
      }
      words[at++] = fast ? requant.multipliers[a] : 0;
      words[at++] = fast && b !== null ? requant.multipliers[b] : 0;
      if (!masks) continue;
      for (const channel of [a, b])
        words[at++] = channel !== null && requant.even![channel] !== 0 ? 2 ** requant.shift : 0;
    }
  }
  return { kind: 'array', type: 'uint32_t', data: words };
}
