/**
 * The order in which the plain C kernels touch memory, as access events of one call (machine/kernel.ts). Kernels walk
 * rows, then pixels, then channels upwards unless their own file says otherwise.
 */

import type { Shape } from '../../../ir/tensor.js';
import type { Window } from '../../../ir/window.js';
import type { AccessEvent, RowFilter } from '../../kernel.js';

/** Half-open interval of bytes. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const nothing: Span = { from: 0, to: 0 };

export const event = (read: Span, write: Span): AccessEvent => ({
  readFrom: read.from,
  readTo: read.to,
  writtenFrom: write.from,
  writtenTo: write.to,
});

/** Rows [y, y + rows) of a dense tensor. */
export function rowsSpan(shape: Shape, y: number, rows: number, elementBytes = 1): Span {
  const pitch = shape.w * shape.c * elementBytes;
  return { from: y * pitch, to: (y + rows) * pitch };
}

/** One pixel of a dense tensor, or `pixels` of them in a row. */
export function pixelSpan(shape: Shape, y: number, x: number, pixels = 1, elementBytes = 1): Span {
  const bytes = shape.c * elementBytes;
  const from = (y * shape.w + x) * bytes;
  return { from, to: from + pixels * bytes };
}

/** What the windows of output pixels (y, x) .. (y, x + pixels - 1) read: from the first to the last tap in the image. */
export function windowSpan(window: Window, input: Shape, y: number, x: number, pixels = 1): Span {
  const rows = inside(y * window.strideH - window.padTop, 1, window.strideH, window.kernelH, window.dilationH, input.h);
  const columns = inside(
    x * window.strideW - window.padLeft,
    pixels,
    window.strideW,
    window.kernelW,
    window.dilationW,
    input.w,
  );
  if (rows === null || columns === null) return nothing;
  return { from: (rows[0] * input.w + columns[0]) * input.c, to: (rows[1] * input.w + columns[1] + 1) * input.c };
}

/** Lowest and highest position in [0, extent) among the taps of `count` windows a stride apart; null where none is. */
function inside(
  start: number,
  count: number,
  stride: number,
  kernel: number,
  dilation: number,
  extent: number,
): readonly [number, number] | null {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < kernel; k++) {
      const at = start + i * stride + k * dilation;
      if (at < 0 || at >= extent) continue;
      lowest = Math.min(lowest, at);
      highest = Math.max(highest, at);
    }
  }
  return lowest > highest ? null : [lowest, highest];
}

/**
 * Elementwise on tensors of one shape: an element is read, then written. The first element of a row stands for all:
 * whatever the distance of the two tensors, it is the first or the last element that clashes first.
 */
export function* elementwise(shape: Shape, y: number, rows: number): Iterable<AccessEvent> {
  const span = rowsSpan(shape, y, rows);
  yield event({ from: span.from, to: span.from + 1 }, { from: span.from, to: span.from + 1 });
  yield event({ from: span.from + 1, to: span.to }, { from: span.from + 1, to: span.to });
}

export function* allRows(y: number, rows: number): Iterable<number> {
  for (let row = y; row < y + rows; row++) yield row;
}

/** Every output pixel after all that it reads. */
export function* pixelByPixel(
  output: Shape,
  y: number,
  rows: number,
  read: (y: number, x: number) => Span,
  only: RowFilter = allRows,
): Iterable<AccessEvent> {
  for (const oy of only(y, rows)) {
    for (let ox = 0; ox < output.w; ox++) yield event(read(oy, ox), pixelSpan(output, oy, ox));
  }
}

/**
 * Channel by channel (`block` channels at a time) within a pixel: output channel c is written after channel c of all
 * taps and before channel c + block of any.
 */
export function* channelByChannel(
  output: Shape,
  y: number,
  rows: number,
  block: number,
  read: (y: number, x: number) => Span,
  only: RowFilter = allRows,
): Iterable<AccessEvent> {
  const first = Math.min(block, output.c);
  for (const oy of only(y, rows)) {
    for (let ox = 0; ox < output.w; ox++) {
      const from = read(oy, ox);
      const to = pixelSpan(output, oy, ox);
      yield event(from, { from: to.from, to: to.from + first });
      if (first < output.c)
        yield event({ from: Math.min(from.from + first, from.to), to: from.to }, { from: to.from + first, to: to.to });
    }
  }
}

/** Blocks of output pixels whose input is read again for every few channels written. */
export function* pixelsReread(
  output: Shape,
  y: number,
  rows: number,
  block: number,
  read: (y: number, x: number, pixels: number) => Span,
  only: RowFilter = allRows,
): Iterable<AccessEvent> {
  for (const oy of only(y, rows)) {
    for (let ox = 0; ox < output.w; ox += block) {
      const pixels = Math.min(block, output.w - ox);
      const span = read(oy, ox, pixels);
      yield event(span, pixelSpan(output, oy, ox, pixels));
      yield event(span, nothing);
    }
  }
}

/**
 * Runs of three pixels of a call, whose rows are one list of pixels; what is left over comes pixel by pixel. First
 * pixel, counted from the call's first, and pixels.
 */
export function* pixelRunsOfThree(
  width: number,
  y: number,
  rows: number,
  only: RowFilter = allRows,
): Iterable<readonly [number, number]> {
  const count = rows * width;
  let i = 0;
  for (const oy of only(y, rows)) {
    const row = (oy - y) * width;
    i = Math.max(i, row - (row % 3));
    while (i < row + width) {
      const pixels = count - i >= 3 ? 3 : 1;
      yield [i, pixels];
      i += pixels;
    }
  }
}

/** No order is promised: everything may be written before anything is read. */
export function* unordered(read: Span, write: Span): Iterable<AccessEvent> {
  yield event(nothing, write);
  yield event(read, nothing);
}
