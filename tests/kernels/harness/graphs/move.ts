/** Random nodes that move data. */

import { linearAxis } from '../../../../compiler/import/ops/resize-axis.js';
import type { Int8Graph, ResizeOp } from '../../../../compiler/ir/int8-graph.js';
import type { Shape } from '../../../../compiler/ir/tensor.js';
import { planLinear } from '../../../../compiler/numerics/resize.js';
import { graphOf, randomShape } from '../nodes.js';
import type { Random } from '../random.js';

export function slice(r: Random): Int8Graph {
  const input = randomShape(r, 9, 9);
  const along = (extent: number): { start: number; step: number; count: number } => {
    const step = r.pick([1, 1, 2, 3, -1, -2]);
    const start = r.int(0, extent - 1);
    const room = step > 0 ? Math.floor((extent - 1 - start) / step) : Math.floor(start / -step);
    return { start, step, count: 1 + r.int(0, room) };
  };
  const [h, w, c] = [along(input.h), along(input.w), along(input.c)];
  return graphOf(
    {
      kind: 'slice',
      start: { h: h.start, w: w.start, c: c.start },
      step: { h: h.step, w: w.step, c: c.step },
    },
    [input],
    { h: h.count, w: w.count, c: c.count },
  );
}

export function concat(r: Random): Int8Graph {
  const a = randomShape(r, 6, 9);
  const axis = r.pick(['h', 'w', 'c'] as const);
  const b = { ...a, [axis]: r.int(1, 5) } as Shape;
  return graphOf({ kind: 'concat', axis }, [a, b], { ...a, [axis]: a[axis] + b[axis] });
}

export function pad(r: Random): Int8Graph {
  const input = randomShape(r, 6, 6);
  const mode = r.pick(['constant', 'reflect', 'edge'] as const);
  const amount = (extent: number, likely: number): number =>
    r.chance(likely) ? r.int(-Math.min(1, extent - 1), 4) : 0;
  const before = { h: amount(input.h, 0.8), w: amount(input.w, 0.8), c: amount(input.c, 0.3) };
  const after = {
    h: amount(input.h + before.h, 0.8),
    w: amount(input.w + before.w, 0.8),
    c: amount(input.c + before.c, 0.3),
  };
  const output = { h: input.h + before.h + after.h, w: input.w + before.w + after.w, c: input.c + before.c + after.c };
  return graphOf({ kind: 'pad', mode, before, after, value: r.int(-128, 127) }, [input], output);
}

export const resize =
  (mode: ResizeOp['mode']) =>
  (r: Random): Int8Graph =>
    mode === 'nearest' ? nearest(r) : linear(r);

function nearest(r: Random): Int8Graph {
  const input = randomShape(r, 7, 7);
  const axis = (extent: number, out: number): ResizeOp['rows'] => {
    const index0 = Int32Array.from({ length: out }, (_, i) => Math.min(extent - 1, Math.floor((i * extent) / out)));
    return { index0, index1: index0, weight1: new Int32Array(out), denominator: 1, float1: new Float32Array(out) };
  };
  const output = { h: r.int(1, 9), w: r.int(1, 9), c: input.c };
  return graphOf(
    {
      kind: 'resize',
      mode: 'nearest',
      rows: axis(input.h, output.h),
      columns: axis(input.w, output.w),
      inputZeroPoint: r.int(-128, 127),
      linear: null,
    },
    [input],
    output,
  );
}

/** Scales that meet ties, and others; codes themselves, truncated. */
function linear(r: Random): Int8Graph {
  const input = randomShape(r, 7, 7);
  const output = {
    h: r.pick([input.h, 2 * input.h, r.int(1, 9)]),
    w: r.pick([input.w, 2 * input.w, r.int(1, 9)]),
    c: input.c,
  };
  return linearResize(r, input, output, 0.2);
}

/** `unlikely`: the chance of weights that miss the integer ones, which puts more in doubt. */
export function linearResize(r: Random, input: Shape, output: Shape, unlikely: number): Int8Graph {
  const axis = (extent: number, out: number): ResizeOp['rows'] => {
    const made = linearAxis(
      extent,
      out,
      { numerator: out, denominator: extent },
      r.pick(['half_pixel', 'align_corners', 'asymmetric', 'pytorch_half_pixel'] as const),
    );
    return r.chance(unlikely)
      ? { ...made, float1: made.float1.map((x) => Math.min(1, x + r.int(0, 9) * 2 ** -16)) }
      : made;
  };
  const truncates = r.chance(0.3);
  const origin = r.pick([0, -128]);
  const scale = Math.fround(r.int(1, 1 << 20) / 2 ** 24);
  const [inputScale, outputScale] = truncates
    ? [1, 1]
    : [scale, Math.fround(scale * r.pick([1, 1, 2, 0.5, r.int(50, 300) / 100]))];
  const inputZeroPoint = truncates ? origin : r.int(-128, 127);
  const rows = axis(input.h, output.h);
  const columns = axis(input.w, output.w);
  const plan = planLinear(
    { rows, columns, inputZeroPoint },
    { truncates, inputScale, outputScale, zeroPoint: truncates ? origin : r.int(-128, 127) },
    { min: -128, max: 127 },
  );
  if (plan === null) throw new Error('these factors have no integer form');
  return graphOf({ kind: 'resize', mode: 'linear', rows, columns, inputZeroPoint, linear: plan }, [input], output);
}

/** A permutation of dims that moves pixels or rows. */
export function transpose(r: Random): Int8Graph {
  const forms: readonly { dims: number[]; perm: number[] }[] = [
    {
      dims: [r.int(2, 5), r.int(2, 5), r.int(2, 9)],
      perm: r.pick([
        [2, 0, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 1, 0],
      ]),
    },
    {
      dims: [r.int(2, 3), r.int(2, 3), 2, 1, 2, r.int(2, 5)],
      perm: r.pick([
        [0, 2, 1, 3, 4, 5],
        [0, 3, 2, 1, 5, 4],
        [5, 0, 2, 1, 4, 3],
      ]),
    },
  ];
  const { dims, perm } = r.pick(forms);
  const split = (d: readonly number[]): Shape => ({
    h: d[0],
    w: d.slice(1, -1).reduce((p, v) => p * v, 1),
    c: d.at(-1)!,
  });
  return graphOf({ kind: 'transpose', dims, perm }, [split(dims)], split(perm.map((p) => dims[p])));
}

/** ShuffleNet's channel shuffle, pixels flattened or not. */
export function shuffle(r: Random): Int8Graph {
  const shape = { h: r.int(1, 4), w: r.int(1, 4), c: 0 };
  const [groups, each] = [r.int(2, 4), r.int(2, 4)];
  const full = { ...shape, c: groups * each };
  const op = r.chance(0.5)
    ? { kind: 'transpose' as const, dims: [shape.h * shape.w, groups, each], perm: [0, 2, 1] }
    : { kind: 'transpose' as const, dims: [1, shape.h, shape.w, groups, each], perm: [0, 1, 2, 4, 3] };
  return graphOf(op, [full], full);
}

export function gather(r: Random): Int8Graph {
  const input = randomShape(r, 6, 9);
  const axis = r.pick(['h', 'w', 'c'] as const);
  const indices = Int32Array.from({ length: r.int(1, 9) }, () => r.int(0, input[axis] - 1));
  return graphOf({ kind: 'gather', axis, indices }, [input], { ...input, [axis]: indices.length } as Shape);
}
