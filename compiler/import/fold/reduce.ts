/** Reductions of constants. */

import { newArray, product, sourceOffsets, stridesOf } from '../constant.js';
import type { Constant } from '../constant.js';
import type { NodeContext } from '../context.js';
import { required } from './common.js';
import type { Folder } from './folder.js';

interface Reduction {
  readonly start: number;
  readonly step: (total: number, x: number) => number;
  readonly end?: (total: number, count: number) => number;
}

const reduction =
  (r: Reduction): Folder =>
  (ctx, inputs) => {
    const c = required(ctx, inputs.slice(0, 1), 1)[0];
    return [reduce(ctx, c, r)];
  };

function reduce(ctx: NodeContext, c: Constant, r: Reduction): Constant {
  const given = ctx.intsAttributeOrInput('axes', 1);
  const isEmpty = given === null || given.length === 0;
  if (isEmpty && ctx.int('noop_with_empty_axes', 0) !== 0) return c;
  const axes = new Set(isEmpty ? c.dims.map((_, i) => i) : ctx.axes(given, c.dims.length));
  const keep = ctx.int('keepdims', 1) !== 0;
  const reducedDims = c.dims.map((n, i) => (axes.has(i) ? 1 : n));
  const targetStrides = stridesOf(reducedDims);
  const target = sourceOffsets(
    c.dims,
    targetStrides.map((s, i) => (axes.has(i) ? 0 : s)),
  );
  const totals = new Float64Array(product(reducedDims)).fill(r.start);
  target.forEach((t, i) => {
    totals[t] = r.step(totals[t], c.data[i]);
  });
  const count = c.data.length / Math.max(1, totals.length);
  const data = newArray(c.type, totals.length);
  data.set(r.end === undefined ? totals : totals.map((t) => r.end?.(t, count) ?? t));
  return { dims: keep ? reducedDims : c.dims.filter((_, i) => !axes.has(i)), type: c.type, data, quantised: null };
}

const sum = (total: number, x: number): number => total + x;
const sumSquare = (total: number, x: number): number => total + x * x;

export const reduceFolders: Readonly<Record<string, Folder>> = {
  ReduceProd: reduction({ start: 1, step: (t, x) => t * x }),
  ReduceSum: reduction({ start: 0, step: sum }),
  ReduceMean: reduction({ start: 0, step: sum, end: (t, n) => t / n }),
  ReduceMax: reduction({ start: -Infinity, step: (t, x) => Math.max(t, x) }),
  ReduceMin: reduction({ start: Infinity, step: (t, x) => Math.min(t, x) }),
  ReduceSumSquare: reduction({ start: 0, step: sumSquare }),
  ReduceL2: reduction({ start: 0, step: sumSquare, end: Math.sqrt }),
};
