/** What operators with a sliding window have in common. */

import type { Shape } from '../tensor.js';
import { dilated, type Window } from '../window.js';
import { type Axis, clip, type Operator, ownTensors, type Reads } from './operator.js';

interface Windowed {
  readonly window: Window;
}

export function windowAxis(window: Window, axis: Axis): { stride: number; pad: number; span: number } {
  return axis === 'h'
    ? { stride: window.strideH, pad: window.padTop, span: dilated(window.kernelH, window.dilationH) }
    : { stride: window.strideW, pad: window.padLeft, span: dilated(window.kernelW, window.dilationW) };
}

export const readsWindow: Reads<Windowed> = (op, axis, lo, hi, input) => {
  const { stride, pad, span } = windowAxis(op.window, axis);
  // Outputs at the ends may lie in the padding alone.
  const first = Math.max(lo, Math.ceil((pad - span + 1) / stride));
  const last = Math.min(hi - 1, Math.floor((input[axis] - 1 + pad) / stride));
  return first > last ? { lo: 0, hi: 0 } : clip(first * stride - pad, last * stride - pad + span, input[axis]);
};

/** Rows whose windows reach over the image's ends, and one more for kernels that stage input rows as they go. */
export function windowBorderRows({ window }: Windowed, input: Shape, output: Shape): number {
  const { padTop, strideH, kernelH, dilationH } = window;
  const above = Math.ceil(padTop / strideH);
  const lastInside = Math.floor((input.h + padTop - dilated(kernelH, dilationH)) / strideH);
  return Math.max(above, output.h - 1 - lastInside) + 1;
}

/** An operator that slides its window over the input. */
export const windowed = {
  ...ownTensors,
  reads: readsWindow,
  byRows: () => true,
  tiles: true,
  window: (op: Windowed) => op.window,
  borderRows: windowBorderRows,
  orderByPixel: false,
  readsAhead: true,
} as const satisfies Partial<Operator<Windowed>>;

/** Sums over a window, divided by how many elements they stand for. */
export interface WindowSums extends Windowed {
  readonly countIncludePad: boolean;
  readonly inputZeroPoint: number;
  /** Every divisor that an output position may have. */
  readonly divisors: Int32Array;
}

/** `3x3 /2 d2` */
export function windowLabel(w: Window): string {
  const stride =
    w.strideH === 1 && w.strideW === 1
      ? ''
      : w.strideH === w.strideW
        ? ` /${w.strideH}`
        : ` /${w.strideH}x${w.strideW}`;
  const dilation =
    w.dilationH === 1 && w.dilationW === 1
      ? ''
      : ` d${w.dilationH}${w.dilationH === w.dilationW ? '' : `x${w.dilationW}`}`;
  return `${w.kernelH}x${w.kernelW}${stride}${dilation}`;
}

/** `global average`, or the word with its window. */
export const poolLabel = (word: string, { window }: Windowed, input: Shape): string =>
  window.kernelH >= input.h && window.kernelW >= input.w ? 'global average' : `${word} ${windowLabel(window)}`;
