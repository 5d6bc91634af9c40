/** How the MVE depthwise convolutions lay out planes and filters (runtime-c/src/rv_depthwise_mve.h). */

import type { ConvOp } from '../../../ir/int8-graph.js';
import { dilated, type Window } from '../../../ir/window.js';
import type { CallShape } from '../../kernel.js';

/** RV_DEPTHWISE_GROUP */
export const groupChannels = 8;

/** How a filter's taps lie in a plane, and how many output rows are computed together. */
export interface DepthwiseForm {
  /** RV_DW_* */
  readonly kernel: number;
  readonly slots: number;
  readonly blocks: number;
  /** Rows of the next block when so many are left. */
  readonly rows: (left: number) => number;
}

interface Shape {
  readonly kernel: number;
  readonly slots: number;
  readonly rows: (left: number) => number;
}

function formOf(w: Window, shape: Shape): DepthwiseForm {
  const lanes = (w.kernelW - 1) * w.dilationW * shape.slots + dilated(w.kernelH, w.dilationH);
  return { ...shape, blocks: Math.ceil(lanes / 16) };
}

/** Two output rows at once where that takes no more blocks, as it does for all common filters but 5x5 at stride 2. */
export function generalForm(w: Window): DepthwiseForm {
  const height = dilated(w.kernelH, w.dilationH);
  const one = formOf(w, { kernel: 0, slots: height, rows: () => 1 });
  const two = formOf(w, { kernel: 0, slots: height + w.strideH, rows: (left) => Math.min(left, 2) });
  return two.blocks === one.blocks ? two : one;
}

const wideShapes: Readonly<Record<string, Shape>> = {
  '3x3s1': { kernel: 1, slots: 6, rows: (left) => (left >= 3 ? 4 : left) },
  '3x3s2': { kernel: 2, slots: 5, rows: (left) => Math.min(left, 2) },
  '5x5s1': { kernel: 3, slots: 6, rows: (left) => Math.min(left, 2) },
  '5x5s2': { kernel: 4, slots: 5, rows: () => 1 },
  '7x7s1': { kernel: 5, slots: 8, rows: (left) => Math.min(left, 2) },
  '7x7s2': { kernel: 6, slots: 9, rows: () => 2 },
};

/** Null for filters without blocks of their own. */
export function wideForm(w: Window): DepthwiseForm | null {
  if (w.strideH !== w.strideW || w.dilationH !== 1 || w.dilationW !== 1) return null;
  const shape = wideShapes[`${w.kernelH}x${w.kernelW}s${w.strideH}`];
  return shape === undefined ? null : formOf(w, shape);
}

export const columnsOf = (w: Window, cols: number): number => (cols - 1) * w.strideW + dilated(w.kernelW, w.dilationW);
export const stagedRowsOf = (w: Window, rows: number): number =>
  (rows - 1) * w.strideH + dilated(w.kernelH, w.dilationH);
export const planeBytes = (w: Window, form: DepthwiseForm, call: CallShape): number =>
  (columnsOf(w, call.cols) - 1) * form.slots + stagedRowsOf(w, call.rows);

/** Writes the filter of channel c in its 16 * blocks bytes from `at` on. */
function writeFilter(view: DataView, at: number, { window: w, weights }: ConvOp, form: DepthwiseForm, c: number): void {
  const taps = w.kernelH * w.kernelW;
  for (let ky = 0; ky < w.kernelH; ky++) {
    for (let kx = 0; kx < w.kernelW; kx++) {
      view.setInt8(at + kx * w.dilationW * form.slots + ky * w.dilationH, weights[c * taps + ky * w.kernelW + kx]);
    }
  }
}

/** Channel by channel: filter, bias with the accumulator's left shift, multiplier. */
export function packWide(op: ConvOp, form: DepthwiseForm): Uint8Array {
  const filterBytes = 16 * form.blocks;
  const bytes = new Uint8Array(op.bias.length * (filterBytes + 8));
  const view = new DataView(bytes.buffer);
  op.bias.forEach((bias, c) => {
    const at = c * (filterBytes + 8);
    writeFilter(view, at, op, form, c);
    view.setInt32(at + filterBytes, Math.imul(bias, 2 ** op.requant.leftShift), true);
    view.setInt32(at + filterBytes + 4, op.requant.multipliers[c], true);
  });
  return bytes;
}

/** Groups of eight channels: of the even ones biases and filters, of the odd ones; then, on the fast path, multipliers. */
export function packGroups(op: ConvOp, form: DepthwiseForm, fast: boolean): Uint8Array {
  const filterBytes = 16 * form.blocks;
  const half = 16 + 4 * filterBytes;
  const groupBytes = 2 * half + (fast ? 32 : 0);
  const bytes = new Uint8Array(Math.ceil(op.bias.length / groupChannels) * groupBytes);
  const view = new DataView(bytes.buffer);
  op.bias.forEach((bias, c) => {
    const base = Math.floor(c / groupChannels) * groupBytes;
    const odd = c % 2;
    const lane = (c % groupChannels) >> 1;
    view.setInt32(base + odd * half + 4 * lane, bias, true);
    writeFilter(view, base + odd * half + 16 + lane * filterBytes, op, form, c);
    if (fast) view.setInt32(base + 2 * half + 16 * odd + 4 * lane, op.requant.multipliers[c], true);
  });
  return bytes;
}
