/** Moves of constants, and constants made from attributes. */

import {
  makeConstant,
  newArray,
  product,
  rearranged,
  reshapeConstant,
  sourceOffsets,
  stridesOf,
  transposeConstant,
} from '../constant.js';
import type { Constant } from '../constant.js';
import type { NodeContext } from '../context.js';
import { permutation, resolveShape } from '../ops/reshape.js';
import { gatherIndices, sliceSpecs } from '../ops/slice.js';
import { integers, requireFoldable, required } from './common.js';
import { broadcast } from './arithmetic.js';
import type { Folder } from './folder.js';

function slice(c: Constant, axis: number, start: number, step: number, count: number): Constant {
  const strides = stridesOf(c.dims);
  const dims = c.dims.map((n, i) => (i === axis ? count : n));
  const offsets = sourceOffsets(
    dims,
    strides.map((s, i) => (i === axis ? s * step : s)),
    strides[axis] * start,
  );
  const keeps = c.quantised?.axis === axis ? null : (c.quantised?.axis ?? null);
  return rearranged(c, dims, offsets, keeps);
}

function concat(ctx: NodeContext, parts: readonly Constant[]): Constant {
  const axis = ctx.axis(ctx.int('axis', 1), parts[0].dims.length);
  const outer = product(parts[0].dims.slice(0, axis));
  for (const p of parts) {
    if (p.dims.length !== parts[0].dims.length || p.dims.some((n, i) => i !== axis && n !== parts[0].dims[i])) {
      ctx.shapeProblem('its constants do not join');
    }
  }
  const dims = parts[0].dims.map((n, i) => (i === axis ? parts.reduce((sum, p) => sum + p.dims[axis], 0) : n));
  requireFoldable(ctx, dims);
  const data = newArray(parts[0].type, product(dims));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const p of parts) {
      const run = p.data.length / outer;
      data.set(p.data.subarray(o * run, (o + 1) * run), at);
      at += run;
    }
  }
  return { dims, type: parts[0].type, data, quantised: null };
}

function gather(ctx: NodeContext, c: Constant, indices: Constant): Constant {
  const axis = ctx.axis(ctx.int('axis', 0), c.dims.length);
  const at = gatherIndices(ctx, indices, c.dims[axis]);
  const outer = product(c.dims.slice(0, axis));
  const inner = product(c.dims.slice(axis + 1));
  const dims = [...c.dims.slice(0, axis), ...indices.dims, ...c.dims.slice(axis + 1)];
  requireFoldable(ctx, dims);
  const offsets = new Int32Array(product(dims));
  let next = 0;
  for (let o = 0; o < outer; o++) {
    for (const i of at) for (let k = 0; k < inner; k++) offsets[next++] = (o * c.dims[axis] + i) * inner + k;
  }
  return rearranged(c, dims, offsets, null);
}

function constantNode(ctx: NodeContext): Constant {
  const attribute = (name: string) => ctx.node.attributes.get(name);
  const value = attribute('value');
  if (value?.kind === 'tensor') return value.value;
  if (attribute('value_float') !== undefined) return makeConstant('float32', [], [ctx.float('value_float', 0)]);
  if (attribute('value_int') !== undefined) return makeConstant('int64', [], [ctx.int('value_int', 0)]);
  const floats = ctx.floats('value_floats');
  if (floats !== null) return makeConstant('float32', [floats.length], floats);
  const ints = ctx.ints('value_ints');
  if (ints !== null) return makeConstant('int64', [ints.length], ints);
  return ctx.unsupported('it holds no tensor of numbers');
}

function expand(ctx: NodeContext, c: Constant, shape: readonly number[]): Constant {
  requireFoldable(ctx, shape);
  const target: Constant = { dims: shape, type: 'float32', data: new Float32Array(0), quantised: null };
  const { dims, offsets } = broadcast(ctx, [c, target]);
  return rearranged(c, dims, offsets[0], null);
}

function tile(ctx: NodeContext, c: Constant, repeats: readonly number[]): Constant {
  if (repeats.length !== c.dims.length) ctx.shapeProblem(`${repeats.length} repeats for rank ${c.dims.length}`);
  const dims = c.dims.map((n, i) => n * repeats[i]);
  requireFoldable(ctx, dims);
  // Repetition i of axis a as an axis of its own that does not move in the source.
  const split = c.dims.flatMap((n, i) => [repeats[i], n]);
  const strides = stridesOf(c.dims).flatMap((s) => [0, s]);
  return rearranged(c, dims, sourceOffsets(split, strides), null);
}

function range(ctx: NodeContext, start: number, limit: number, delta: number): number[] {
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!Number.isFinite(count)) ctx.shapeProblem(`a range from ${start} to ${limit} by ${delta} does not end`);
  requireFoldable(ctx, [count]);
  return Array.from({ length: count }, (_, i) => start + i * delta);
}

function constantPad(ctx: NodeContext, c: Constant, pads: readonly number[], value: number): Constant {
  if ((ctx.string('mode', 'constant') || 'constant') !== 'constant' || ctx.has(3))
    return ctx.unsupported('only constant padding of all axes of a constant is supported');
  const rank = c.dims.length;
  if (pads.length !== 2 * rank || pads.some((p) => p < 0)) ctx.shapeProblem(`pads [${pads.join(', ')}] of a constant`);
  const dims = c.dims.map((n, i) => n + pads[i] + pads[i + rank]);
  requireFoldable(ctx, dims);
  const data = newArray(c.type, product(dims)).fill(value);
  const strides = stridesOf(dims);
  const offsets = sourceOffsets(
    c.dims,
    strides,
    strides.reduce((sum, s, i) => sum + s * pads[i], 0),
  );
  offsets.forEach((at, i) => {
    data[at] = c.data[i];
  });
  return { dims, type: c.type, data, quantised: null };
}

function nonZero(c: Constant): Constant {
  const hits = Array.from(c.data.keys()).filter((i) => c.data[i] !== 0);
  const strides = stridesOf(c.dims);
  const rows = c.dims.map((n, a) => hits.map((i) => Math.floor(i / strides[a]) % n));
  return makeConstant('int64', [c.dims.length, hits.length], rows.flat());
}

const axesOf = (ctx: NodeContext): readonly number[] | null => ctx.intsAttributeOrInput('axes', 1);

const same: Folder = (ctx, inputs) => [required(ctx, inputs.slice(0, 1), 1)[0]];

export const shapeFolders: Readonly<Record<string, Folder>> = {
  Constant: (ctx) => [constantNode(ctx)],
  Identity: same,
  Dropout: (ctx, inputs) => {
    ctx.onlyFirstOutput('the mask of Dropout is not supported');
    return same(ctx, inputs);
  },
  ConstantOfShape: (ctx, inputs) => {
    const dims = integers(required(ctx, inputs, 1)[0]);
    requireFoldable(ctx, dims);
    const value = ctx.node.attributes.get('value');
    const fill = value?.kind === 'tensor' ? value.value : makeConstant('float32', [1], [0]);
    return [{ dims, type: fill.type, data: newArray(fill.type, product(dims)).fill(fill.data[0]), quantised: null }];
  },
  Shape: (ctx, inputs) => {
    const { dims } = required(ctx, inputs, 1)[0];
    const at = (i: number): number => Math.max(0, Math.min(dims.length, i < 0 ? i + dims.length : i));
    const part = dims.slice(at(ctx.int('start', 0)), at(ctx.int('end', dims.length)));
    return [makeConstant('int64', [part.length], part)];
  },
  Size: (ctx, inputs) => [makeConstant('int64', [], [required(ctx, inputs, 1)[0].data.length])],
  Reshape: (ctx, inputs) => {
    const c = required(ctx, inputs.slice(0, 1), 1)[0];
    const target = ctx.intsAttributeOrInput('shape', 1) ?? [];
    const dims = resolveShape(ctx, c.dims, target, ctx.int('allowzero', 0) !== 0);
    if (product(dims) !== c.data.length)
      ctx.shapeProblem(`[${c.dims.join(', ')}] does not have the elements of [${dims.join(', ')}]`);
    return [reshapeConstant(c, dims)];
  },
  Flatten: (ctx, inputs) => {
    const [c] = required(ctx, inputs, 1);
    const axis = ctx.int('axis', 1);
    const at = axis < 0 ? axis + c.dims.length : axis;
    return [reshapeConstant(c, [product(c.dims.slice(0, at)), product(c.dims.slice(at))])];
  },
  Transpose: (ctx, inputs) => {
    const [c] = required(ctx, inputs, 1);
    return [transposeConstant(c, permutation(ctx, c.dims.length))];
  },
  Squeeze: (ctx, inputs) => {
    const c = required(ctx, inputs.slice(0, 1), 1)[0];
    const axes = axesOf(ctx);
    const drop = new Set(
      axes === null ? c.dims.flatMap((n, i) => (n === 1 ? [i] : [])) : ctx.axes(axes, c.dims.length),
    );
    if ([...drop].some((a) => c.dims[a] !== 1))
      ctx.shapeProblem(`it squeezes axes of [${c.dims.join(', ')}] that are not 1`);
    return [
      reshapeConstant(
        c,
        c.dims.filter((_, i) => !drop.has(i)),
      ),
    ];
  },
  Unsqueeze: (ctx, inputs) => {
    const c = required(ctx, inputs.slice(0, 1), 1)[0];
    const axes = axesOf(ctx) ?? [];
    const rank = c.dims.length + axes.length;
    const at = new Set(ctx.axes(axes, rank));
    let next = 0;
    return [
      reshapeConstant(
        c,
        Array.from({ length: rank }, (_, i) => (at.has(i) ? 1 : c.dims[next++])),
      ),
    ];
  },
  Concat: (ctx, inputs) => [concat(ctx, required(ctx, inputs, 1))],
  Slice: (ctx, inputs) => {
    const c = required(ctx, inputs.slice(0, 1), 1)[0];
    return [sliceSpecs(ctx, c.dims).reduce((x, s) => slice(x, s.axis, s.start, s.step, s.count), c)];
  },
  Split: (ctx, inputs) => {
    const c = required(ctx, inputs.slice(0, 1), 1)[0];
    const axis = ctx.axis(ctx.int('axis', 0), c.dims.length);
    const count = ctx.node.outputs.length;
    const even = Math.ceil(c.dims[axis] / count);
    const sizes =
      ctx.intsAttributeOrInput('split', 1) ??
      Array.from({ length: count }, (_, i) => Math.min(even, c.dims[axis] - even * i));
    if (sizes.length !== count || sizes.reduce((a, b) => a + b, 0) !== c.dims[axis])
      ctx.shapeProblem(`it cannot split [${c.dims.join(', ')}]`);
    let start = 0;
    return sizes.map((n) => slice(c, axis, (start += n) - n, 1, n));
  },
  Gather: (ctx, inputs) => {
    const [c, indices] = required(ctx, inputs, 2);
    return [gather(ctx, c, indices)];
  },
  Expand: (ctx, inputs) => {
    const [c, shape] = required(ctx, inputs, 2);
    return [expand(ctx, c, integers(shape))];
  },
  Tile: (ctx, inputs) => {
    const [c, repeats] = required(ctx, inputs, 2);
    return [tile(ctx, c, integers(repeats))];
  },
  Range: (ctx, inputs) => {
    const [start, limit, delta] = required(ctx, inputs, 3);
    const values = range(ctx, start.data[0], limit.data[0], delta.data[0]);
    return [makeConstant(start.type, [values.length], values)];
  },
  Pad: (ctx, inputs) => {
    const c = required(ctx, inputs.slice(0, 1), 1)[0];
    return [
      constantPad(ctx, c, ctx.intsAttributeOrInput('pads', 1) ?? [], inputs[2]?.data[0] ?? ctx.float('value', 0)),
    ];
  },
  NonZero: (ctx, inputs) => [nonZero(required(ctx, inputs, 1)[0])],
};
