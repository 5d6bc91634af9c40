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
export function generalDepthwiseCost({ window: w, form, fast, call, channels }: DepthwiseWork): number {
  const { blocks } = form;
  const columns = columnsOf(w, call.cols);
  const near = blocks === 1 && (w.strideW * form.slots === 3 || w.strideW * form.slots === 6);
  const taps = near ? 48 : [1, 2, 4].includes(blocks) ? 16 + 40 * blocks : 56 + 56 * blocks;
  const pair = taps + 9 + (fast ? 33 : 340);
  const pairs = Math.ceil(call.cols / 2) + (call.cols % 2) * 0.15;
  const staging = stagedRowsOf(w, call.rows) * (24 + 3.6 * columns);
  const group = 230 + staging + call.rows * (38 + pairs * pair);
  return 300 + Math.ceil(channels / groupChannels) * group;
}

/** Eight outputs of a channel at once. */
export function wideDepthwiseCost({ window: w, form, call, channels, batches }: DepthwiseWork): number {
  const staging = stagedRowsOf(w, call.rows) * (34 + 3.6 * columnsOf(w, call.cols));
  let setUp = 0;
  let channelRows = 0;
  for (const n of batches) {
    const tall = form.rows(n);
    const cols = 8 / tall;
    const partial = (call.cols % cols) * tall;
    setUp += 110;
    channelRows += 18 + form.blocks + Math.floor(call.cols / cols) * (18 + 16 * form.blocks);
    if (partial > 0) channelRows += 28 + 2 * form.blocks * partial;
  }
  return 300 + Math.ceil(channels / groupChannels) * (120 + staging + setUp) + channels * channelRows;
}
