/** Instructions of the MVE depthwise convolutions, counted from their code as in cost.ts. */

import type { Shape } from '../../../ir/tensor.js';
import { dilated, type Window } from '../../../ir/window.js';
import { added, axisTaps, type Features } from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { columnsOf, type DepthwiseForm, groupChannels, planeBytes, stagedRowsOf } from './pack-depthwise.js';

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

/** Set-up and staging of a call's planes. */
function planeFeatures({ window: w, form, call, channels, batches }: DepthwiseWork, input: Shape): Features {
  const groups = Math.ceil(channels / groupChannels);
  const part = channels % groupChannels === 0 ? 0 : 1;
  const rows = stagedRowsOf(w, call.rows);
  const columns = columnsOf(w, call.cols);
  const outputs = Math.max(
    1,
    Math.floor((input.h + w.padTop + w.padBottom - dilated(w.kernelH, w.dilationH)) / w.strideH) + 1,
  );
  const inside = rows * axisTaps(input.h, outputs, w.kernelH, w.strideH, w.dilationH, w.padTop).inside;
  const padded = (rows - inside) * columns + inside * Math.max(0, columns - input.w);
  return {
    groups,
    batches: groups * batches.length,
    insideRows: groups * inside,
    paddedRows: groups * (rows - inside),
    stagedPixels: groups * (rows * columns - padded),
    paddedPixels: groups * padded,
    partRows: part * rows,
    partPixels: part * rows * columns,
    // Once a call, where columns of few rows leave gaps between them.
    clearedVectors: rows < form.slots ? Math.ceil((groupChannels * planeBytes(w, form, call)) / 16) : 0,
  };
}

const total = (values: readonly number[], of: (n: number) => number): number =>
  values.reduce((sum, n) => sum + of(n), 0);

export function generalDepthwiseFeatures(work: DepthwiseWork, input: Shape): Features {
  const {
    window: w,
    form: { blocks, slots },
    call,
    channels,
    batches,
  } = work;
  const groups = Math.ceil(channels / groupChannels);
  const pairs = (near: boolean, count: number): Features => {
    const n = groups * count;
    if (blocks === 1) return near ? { nearPairs: n } : { farPairs: n };
    return blocks === 2 || blocks === 4
      ? { evenPairs: n, evenBlocks: n * blocks }
      : { longPairs: n, longBlocks: n * blocks };
  };
  const twos = batches.filter((n) => n === 2).length;
  const alone = batches.length - twos;
  return {
    ...planeFeatures(work, input),
    ...added(pairs(w.strideH <= 2, twos * call.cols), pairs(w.strideW * slots === 4, alone * Math.ceil(call.cols / 2))),
    oddColumns: groups * alone * (call.cols % 2),
  };
}

export function wideDepthwiseFeatures(work: DepthwiseWork, input: Shape): Features {
  const { form, call, channels, batches } = work;
  const widthOf = (n: number): number => 8 / form.rows(n);
  const full = channels * total(batches, (n) => Math.floor(call.cols / widthOf(n)));
  const outputs = (n: number): number => (call.cols % widthOf(n)) * form.rows(n);
  const partial = channels * total(batches, outputs);
  return {
    ...planeFeatures(work, input),
    channelBatches: channels * batches.length,
    taps: channels * batches.length * form.blocks,
    full,
    fullTaps: full * form.blocks,
    partial: channels * batches.filter((n) => outputs(n) > 0).length,
    partialTaps: partial * form.blocks,
  };
}
