/** Window attributes of convolutions and pools: kernel_shape, strides, dilations, pads, auto_pad. */

import type { Window } from '../../ir/window.js';
import { dilated } from '../../ir/window.js';
import type { NodeContext } from '../context.js';
import { maxWindow } from '../limits.js';

/** One spatial axis. */
interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

export interface WindowSpec {
  readonly window: Window;
  /** auto_pad in use: 'NOTSET' where pads are explicit. */
  readonly autoPad: string;
}

/** Two entries, rows first; a one-dimensional operator has one row. */
function spatial(ctx: NodeContext, name: string, rank: 3 | 4, fallback: number): readonly [number, number] {
  const values = ctx.ints(name) ?? new Array<number>(rank - 2).fill(fallback);
  if (values.length !== rank - 2)
    ctx.shapeProblem(`attribute ${name} has ${values.length} entries for ${rank - 2} spatial axes`);
  for (const v of values) {
    if (v < 1 || v > maxWindow) ctx.unsupported(`attribute ${name} = [${values.join(', ')}] is out of range`);
  }
  return rank === 4 ? [values[0], values[1]] : [1, values[0]];
}

function explicitPads(
  ctx: NodeContext,
  rank: 3 | 4,
): { before: readonly [number, number]; after: readonly [number, number] } {
  const n = rank - 2;
  const pads = ctx.ints('pads') ?? new Array<number>(2 * n).fill(0);
  if (pads.length !== 2 * n) ctx.shapeProblem(`attribute pads has ${pads.length} entries for ${n} spatial axes`);
  for (const p of pads)
    if (Math.abs(p) > maxWindow) ctx.unsupported(`attribute pads = [${pads.join(', ')}] is out of range`);
  return rank === 4
    ? { before: [pads[0], pads[1]], after: [pads[2], pads[3]] }
    : { before: [0, pads[0]], after: [0, pads[1]] };
}

/**
 * The window over an input of `size` [h, w]. Negative pads are left for the caller to judge.
 * SAME pads so that the output has ceil(size / stride) elements, the odd one at the end (UPPER) or the start (LOWER);
 * `sameExtent` is the kernel's extent for that. A kernel so much smaller than its stride that nothing is padded starts
 * at the first element.
 */
export function readWindow(
  ctx: NodeContext,
  rank: 3 | 4,
  kernel: readonly [number, number],
  size: readonly [number, number],
  sameExtent = dilated,
): WindowSpec {
  const strides = spatial(ctx, 'strides', rank, 1);
  const dilations = spatial(ctx, 'dilations', rank, 1);
  const autoPad = ctx.string('auto_pad', 'NOTSET') || 'NOTSET';
  const pads = explicitPads(ctx, rank);
  const axis = (i: 0 | 1): AxisWindow => {
    const base = { kernel: kernel[i], stride: strides[i], dilation: dilations[i] };
    if (autoPad === 'NOTSET') return { ...base, before: pads.before[i], after: pads.after[i] };
    if (autoPad === 'VALID') return { ...base, before: 0, after: 0 };
    if (autoPad !== 'SAME_UPPER' && autoPad !== 'SAME_LOWER') ctx.unsupported(`auto_pad '${autoPad}' is not known`);
    const total = Math.max(0, samePads(size[i], base.stride, sameExtent(base.kernel, base.dilation)));
    const small = Math.floor(total / 2);
    return autoPad === 'SAME_UPPER'
      ? { ...base, before: small, after: total - small }
      : { ...base, before: total - small, after: small };
  };
  const [y, x] = [axis(0), axis(1)];
  return {
    autoPad,
    window: {
      kernelH: y.kernel,
      kernelW: x.kernel,
      strideH: y.stride,
      strideW: x.stride,
      dilationH: y.dilation,
      dilationW: x.dilation,
      padTop: y.before,
      padLeft: x.before,
      padBottom: y.after,
      padRight: x.after,
    },
  };
}

/** Elements to add for ceil(size / stride) windows; negative where the last one ends before the input does. */
export const samePads = (size: number, stride: number, extent: number): number =>
  (Math.ceil(size / stride) - 1) * stride + extent - size;

/** kernel_shape, or the size of the weights' last axes. */
export function kernelShape(ctx: NodeContext, rank: 3 | 4, weightDims?: readonly number[]): readonly [number, number] {
  if (ctx.ints('kernel_shape') !== null) {
    const kernel = spatial(ctx, 'kernel_shape', rank, 1);
    const own = weightDims?.slice(2);
    if (own !== undefined && own.join() !== (rank === 4 ? kernel : kernel.slice(1)).join()) {
      ctx.shapeProblem(
        `kernel_shape [${kernel.join(', ')}] does not agree with weights of shape [${weightDims?.join(', ')}]`,
      );
    }
    return kernel;
  }
  if (weightDims === undefined) return ctx.shapeProblem('attribute kernel_shape is missing');
  const [kh, kw] = rank === 4 ? [weightDims[2], weightDims[3]] : [1, weightDims[2]];
  if (!(kh >= 1) || !(kw >= 1) || kh > maxWindow || kw > maxWindow)
    ctx.shapeProblem(`weights of shape [${weightDims.join(', ')}] have no kernel`);
  return [kh, kw];
}

/** Output rows and columns of a window that moves over h x w: floor((size + pads - extent) / stride) + 1. */
export function windowOutput(ctx: NodeContext, window: Window, h: number, w: number): { h: number; w: number } {
  const rows = h + window.padTop + window.padBottom - dilated(window.kernelH, window.dilationH);
  const columns = w + window.padLeft + window.padRight - dilated(window.kernelW, window.dilationW);
  if (rows < 0 || columns < 0) {
    ctx.shapeProblem(
      `a kernel of ${dilated(window.kernelH, window.dilationH)} x ${dilated(window.kernelW, window.dilationW)} ` +
        `does not fit its padded input of ${h + window.padTop + window.padBottom} x ${w + window.padLeft + window.padRight}`,
    );
  }
  return { h: Math.floor(rows / window.strideH) + 1, w: Math.floor(columns / window.strideW) + 1 };
}

export function requirePadsNotNegative(ctx: NodeContext, window: Window): void {
  if (Math.min(window.padTop, window.padLeft, window.padBottom, window.padRight) < 0) {
    ctx.unsupported(
      `negative pads [${window.padTop}, ${window.padLeft}, ${window.padBottom}, ${window.padRight}] are not supported`,
    );
  }
}
