/** Instructions of the MVE depthwise convolutions, counted from their code as in cost.ts. */

import type { Window } from '../../../ir/window.js';
import type { CallShape } from '../../kernel.js';
import { columnsOf, type DepthwiseForm, groupChannels, stagedRowsOf } from './pack-depthwise.js';

export interface DepthwiseWork {
  readonly window: Window;
  readonly form: DepthwiseForm;
  /** Fast requantisation. */
  readonly fast: boolean;
  readonly call: CallShape;
  readonly channels: number;
  /** Output rows of each batch. */
  readonly batches: readonly number[];
}

/** Two pixels of eight channels at once. */
export function generalDepthwiseCost({ window: w, form, fast, call, channels, batches }: DepthwiseWork): number {
  const { blocks, slots } = form;
  // With 16 taps, the other pixel's are near in two rows, and along a row of 4 slots at stride 1.
  const taps = (near: boolean): number => {
    if (blocks === 1) return near ? 48 : 56;
    return blocks === 2 || blocks === 4 ? 16 + 40 * blocks : 40 + 56 * blocks;
  };
  const requantise = fast ? 40 : 190;
  const two = call.cols * (taps(w.strideH <= 2) + requantise);
  const one = Math.ceil(call.cols / 2) * (taps(w.strideW * slots === 4) + requantise) + (call.cols % 2) * 14;
  const rows = batches.reduce((sum, n) => sum + 60 + (n === 2 ? two : one), 0);
  const staging = stagedRowsOf(w, call.rows) * (26 + 3.7 * columnsOf(w, call.cols));
  return 420 + Math.ceil(channels / groupChannels) * (110 + staging + rows);
}

/** Eight outputs of a channel at once. */
export function wideDepthwiseCost({ window: w, form, call, channels, batches }: DepthwiseWork): number {
  const staging = stagedRowsOf(w, call.rows) * (40 + 3.7 * columnsOf(w, call.cols));
  let setUp = 0;
  let channelRows = 0;
  for (const n of batches) {
    const tall = form.rows(n);
    const cols = 8 / tall;
    const partial = (call.cols % cols) * tall;
    setUp += 135;
    channelRows += 18 + form.blocks + Math.floor(call.cols / cols) * (18 + 16 * form.blocks);
    if (partial > 0) channelRows += 28 + 2 * form.blocks * partial;
  }
  return 420 + Math.ceil(channels / groupChannels) * (60 + staging + setUp) + channels * channelRows;
}
