/** Operators that only move data; generic in the element type, so that the float interpreter shares them. */

import type { Shape } from '../../ir/tensor.js';
import { elements } from '../../ir/tensor.js';

export type Axis = 'h' | 'w' | 'c';
/** Element arrays that can be moved. */
export type Elements = Int8Array | Int32Array | Float32Array | Float64Array;

const create = <T extends Elements>(like: T, length: number): T =>
  new (like.constructor as new (n: number) => T)(length);

/** Builds a tensor from the source index of each element; -1 takes `fill`. */
function gatherElements<T extends Elements>(
  x: T,
  output: Shape,
  source: (y: number, x: number, c: number) => number,
  fill = 0,
): T {
  const out = create(x, elements(output));
  let at = 0;
  for (let y = 0; y < output.h; y++) {
    for (let col = 0; col < output.w; col++) {
      for (let c = 0; c < output.c; c++) {
        const from = source(y, col, c);
        out[at++] = from < 0 ? fill : x[from];
      }
    }
  }
  return out;
}

export function concat<T extends Elements>(
  axis: Axis,
  inputs: readonly T[],
  shapes: readonly Shape[],
  output: Shape,
): T {
  const out = create(inputs[0], elements(output));
  let base = 0;
  inputs.forEach((x, i) => {
    const s = shapes[i];
    let from = 0;
    for (let y = 0; y < s.h; y++) {
      for (let col = 0; col < s.w; col++) {
        const oy = axis === 'h' ? y + base : y;
        const ox = axis === 'w' ? col + base : col;
        const to = (oy * output.w + ox) * output.c + (axis === 'c' ? base : 0);
        for (let c = 0; c < s.c; c++) out[to + c] = x[from++];
      }
    }
    base += s[axis];
  });
  return out;
}

export function slice<T extends Elements>(start: Shape, step: Shape, x: T, input: Shape, output: Shape): T {
  return gatherElements(
    x,
    output,
    (y, col, c) => ((start.h + y * step.h) * input.w + start.w + col * step.w) * input.c + start.c + c * step.c,
  );
}

/** Reflection without repeating the border, as often as needed. */
function reflect(i: number, extent: number): number {
  if (extent === 1) return 0;
  const period = 2 * (extent - 1);
  const m = ((i % period) + period) % period;
  return m < extent ? m : period - m;
}

/** Index of the source along an axis; -1 for the constant. */
function padIndex(mode: 'constant' | 'reflect' | 'edge', i: number, extent: number): number {
  if (i >= 0 && i < extent) return i;
  if (mode === 'constant') return -1;
  return mode === 'edge' ? Math.min(Math.max(i, 0), extent - 1) : reflect(i, extent);
}

export function pad<T extends Elements>(
  op: { readonly mode: 'constant' | 'reflect' | 'edge'; readonly before: Shape },
  value: number,
  x: T,
  input: Shape,
  output: Shape,
): T {
  return gatherElements(
    x,
    output,
    (y, col, c) => {
      const iy = padIndex(op.mode, y - op.before.h, input.h);
      const ix = padIndex(op.mode, col - op.before.w, input.w);
      const ic = padIndex(op.mode, c - op.before.c, input.c);
      return iy < 0 || ix < 0 || ic < 0 ? -1 : (iy * input.w + ix) * input.c + ic;
    },
    value,
  );
}

/** Source strides of each output axis, and the output's extents, of a permutation of a row-major tensor. */
export function transposeStrides(
  dims: readonly number[],
  perm: readonly number[],
): { extents: number[]; strides: number[] } {
  const inStrides = dims.map((_, i) => dims.slice(i + 1).reduce((a, b) => a * b, 1));
  return { extents: perm.map((p) => dims[p]), strides: perm.map((p) => inStrides[p]) };
}

export function transpose<T extends Elements>(dims: readonly number[], perm: readonly number[], x: T): T {
  const { extents, strides } = transposeStrides(dims, perm);
  const out = create(x, x.length);
  const index = extents.map(() => 0);
  let from = 0;
  for (let at = 0; at < x.length; at++) {
    out[at] = x[from];
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < extents[axis]) break;
      from -= strides[axis] * extents[axis];
      index[axis] = 0;
    }
  }
  return out;
}

export function gather<T extends Elements>(axis: Axis, indices: Int32Array, x: T, input: Shape, output: Shape): T {
  return gatherElements(x, output, (y, col, c) => {
    const iy = axis === 'h' ? indices[y] : y;
    const ix = axis === 'w' ? indices[col] : col;
    const ic = axis === 'c' ? indices[c] : c;
    return (iy * input.w + ix) * input.c + ic;
  });
}

export function resizeNearest<T extends Elements>(
  rows: Int32Array,
  columns: Int32Array,
  x: T,
  input: Shape,
  output: Shape,
): T {
  return gatherElements(x, output, (y, col, c) => (rows[y] * input.w + columns[col]) * input.c + c);
}
