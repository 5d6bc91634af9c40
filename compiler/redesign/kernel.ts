/** A convolution with a kernel of another size around the same centre. */

import type { Conv2d } from '../ir/graph.js';
import type { Window } from '../ir/window.js';
import { dilated } from '../ir/window.js';
import type { Shape } from '../ir/tensor.js';

interface AxisFit {
  /** Of the new kernel's first tap in the old kernel; negative where the new one begins before it. */
  readonly offset: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Where a kernel of `size` taps stands so that every output stays where it was: centred where padding allows it, else as
 * near as it does. Null where no place keeps the number of outputs.
 */
function fitAxis(
  extent: number,
  outputs: number,
  old: { readonly kernel: number; readonly stride: number; readonly dilation: number; readonly before: number },
  size: number,
): AxisFit | null {
  const spare = old.kernel - size;
  const centre = spare / 2;
  const offsets = Array.from({ length: Math.abs(spare) + 1 }, (_, i) => (spare < 0 ? -i : i)).sort(
    (a, b) => Math.abs(a - centre) - Math.abs(b - centre) || Math.abs(a) - Math.abs(b),
  );
  for (const offset of offsets) {
    const before = old.before - offset * old.dilation;
    if (before < 0) continue;
    const span = dilated(size, old.dilation);
    // The least padding behind that the last output needs.
    const after = Math.max(0, (outputs - 1) * old.stride + span - before - extent);
    const made = Math.floor((extent + before + after - span) / old.stride) + 1;
    if (made === outputs) return { offset, before, after };
  }
  return null;
}

export interface Refitted {
  readonly window: Window;
  readonly offsetH: number;
  readonly offsetW: number;
}

/** Null where the kernel cannot stand so that outputs stay where they were. */
export function resizedWindow(
  w: Window,
  kernelH: number,
  kernelW: number,
  input: Shape,
  output: Shape,
): Refitted | null {
  const rows = fitAxis(
    input.h,
    output.h,
    { kernel: w.kernelH, stride: w.strideH, dilation: w.dilationH, before: w.padTop },
    kernelH,
  );
  const columns = fitAxis(
    input.w,
    output.w,
    { kernel: w.kernelW, stride: w.strideW, dilation: w.dilationW, before: w.padLeft },
    kernelW,
  );
  if (rows === null || columns === null) return null;
  return {
    window: {
      ...w,
      kernelH,
      kernelW,
      padTop: rows.before,
      padBottom: kernelH === w.kernelH ? w.padBottom : rows.after,
      padLeft: columns.before,
      padRight: kernelW === w.kernelW ? w.padRight : columns.after,
    },
    offsetH: rows.offset,
    offsetW: columns.offset,
  };
}

/** Taps that both kernels have keep their weights; the others are zeros. */
export function cropped(op: Conv2d, { window, offsetH, offsetW }: Refitted): Conv2d {
  const { kernelH: oldH, kernelW: oldW } = op.window;
  const { kernelH, kernelW } = window;
  const inner = op.weights.data.length / (op.outChannels * oldH * oldW);
  const data = new Float32Array(op.outChannels * kernelH * kernelW * inner);
  for (let o = 0; o < op.outChannels; o++)
    for (let y = 0; y < kernelH; y++)
      for (let x = 0; x < kernelW; x++) {
        const [oldY, oldX] = [y + offsetH, x + offsetW];
        if (oldY < 0 || oldY >= oldH || oldX < 0 || oldX >= oldW) continue;
        const from = ((o * oldH + oldY) * oldW + oldX) * inner;
        data.set(op.weights.data.subarray(from, from + inner), ((o * kernelH + y) * kernelW + x) * inner);
      }
  return { ...op, window, weights: { kind: 'float', data } };
}
