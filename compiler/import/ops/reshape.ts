/** Reshape, Flatten, Squeeze, Unsqueeze, Transpose and the depth-space moves: none of them moves data here. */

import { product } from '../constant.js';
import type { Activation, NodeContext } from '../context.js';
import { dimsOf } from '../context.js';
import { maxRank } from '../limits.js';
import { NodeProblem } from '../problems.js';
import type { View } from '../raw-builder.js';
import { reshapeLayout, shapeOf, sizeOf, squeezeLayout, transposeLayout, unsqueezeLayout } from '../view.js';

/** The view under another shape; data moves only where the shape cuts across the order of memory. */
export function reshapeView(ctx: NodeContext, view: View, shape: readonly number[]): View {
  if (shape.length > maxRank) ctx.shapeProblem(`rank ${shape.length} is too large`);
  if (product(shapeOf(view)) !== product(shape)) {
    ctx.shapeProblem(`[${shapeOf(view).join(', ')}] does not have the elements of [${shape.join(', ')}]`);
  }
  const layout = reshapeLayout(view, shape);
  if (layout !== null) return { value: view.value, ...layout };
  const flat = ctx.builder.rowMajor(view, ctx.origin);
  const moved = reshapeLayout(flat, shape);
  if (moved === null) throw new Error('a row-major tensor takes any shape');
  return { value: flat.value, ...moved };
}

function transposeView(view: View, perm: readonly number[]): View {
  return { value: view.value, ...transposeLayout(view, perm) };
}

/** ONNX's target shape: -1 is what is left, 0 copies the input's dimension (unless allowzero). */
export function resolveShape(
  ctx: NodeContext,
  dims: readonly number[],
  target: readonly number[],
  allowZero: boolean,
): number[] {
  const shape = target.map((n, i) => (n === 0 && !allowZero ? (dims[i] ?? 0) : n));
  const unknown = shape.filter((n) => n === -1).length;
  if (unknown > 1 || shape.some((n) => n < -1 || !Number.isInteger(n)))
    ctx.shapeProblem(`[${target.join(', ')}] is not a shape`);
  if (unknown === 0) return shape;
  const known = product(shape.filter((n) => n !== -1));
  const rest = product(dims) / known;
  if (!Number.isInteger(rest)) {
    throw new NodeProblem(
      'E303',
      `[${dims.join(', ')}] cannot take the shape [${target.join(', ')}]`,
      'If the model was exported with a batch larger than 1 written into its shapes, export it with a batch of 1.',
    );
  }
  return shape.map((n) => (n === -1 ? rest : n));
}

/** Where a squeeze or unsqueeze stands on the axes: attribute before opset 13, input from then on. */
const axesOf = (ctx: NodeContext): readonly number[] | null => ctx.intsAttributeOrInput('axes', 1);

function withView(ctx: NodeContext, x: Activation, view: View): void {
  ctx.result(view, x.type);
}

export function convertReshape(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const target = ctx.intsAttributeOrInput('shape', 1) ?? ctx.shapeProblem('it has no shape');
  withView(ctx, x, reshapeView(ctx, x.view, resolveShape(ctx, dimsOf(x), target, ctx.int('allowzero', 0) !== 0)));
}

export function convertFlatten(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const dims = dimsOf(x);
  const given = ctx.int('axis', 1);
  const axis = given < 0 ? given + dims.length : given;
  if (axis < 0 || axis > dims.length)
    ctx.shapeProblem(`axis ${given} does not exist in a tensor of rank ${dims.length}`);
  withView(ctx, x, reshapeView(ctx, x.view, [product(dims.slice(0, axis)), product(dims.slice(axis))]));
}

export function convertSqueeze(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const dims = dimsOf(x);
  const axes = axesOf(ctx);
  const drop = axes === null ? dims.flatMap((n, i) => (n === 1 ? [i] : [])) : ctx.axes(axes, dims.length);
  for (const a of drop) if (dims[a] !== 1) ctx.shapeProblem(`axis ${a} of [${dims.join(', ')}] is not 1`);
  withView(ctx, x, { value: x.view.value, ...squeezeLayout(x.view, drop) });
}

export function convertUnsqueeze(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const axes = axesOf(ctx) ?? ctx.shapeProblem('it has no axes');
  const rank = x.view.dims.length + axes.length;
  if (rank > maxRank) ctx.shapeProblem(`rank ${rank} is too large`);
  const at = ctx.axes(axes, rank);
  if (new Set(at).size !== at.length) ctx.shapeProblem(`axes [${axes.join(', ')}] repeat`);
  withView(ctx, x, { value: x.view.value, ...unsqueezeLayout(x.view, at) });
}

/** A permutation of all axes, reversing them by default; checked. */
export function permutation(ctx: NodeContext, rank: number): number[] {
  const perm = ctx.ints('perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (perm.length !== rank || new Set(perm).size !== rank || perm.some((p) => p < 0 || p >= rank)) {
    ctx.shapeProblem(`perm [${perm.join(', ')}] does not permute ${rank} axes`);
  }
  return [...perm];
}

export function convertTranspose(ctx: NodeContext): void {
  const x = ctx.activation(0);
  withView(ctx, x, transposeView(x.view, permutation(ctx, x.view.dims.length)));
}

export function convertDepthSpace(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const dims = dimsOf(x);
  const block = ctx.int('blocksize', 0);
  if (dims.length !== 4 || block < 1) ctx.shapeProblem(`blocksize ${block} on a tensor of shape [${dims.join(', ')}]`);
  const [n, c, h, w] = dims;
  const mode = ctx.string('mode', 'DCR') || 'DCR';
  if (mode !== 'DCR' && mode !== 'CRD') ctx.unsupported(`mode '${mode}' is not known`);
  if (ctx.node.op === 'SpaceToDepth') {
    if (h % block !== 0 || w % block !== 0) ctx.shapeProblem(`blocksize ${block} does not divide ${h} x ${w}`);
    const split = reshapeView(ctx, x.view, [n, c, h / block, block, w / block, block]);
    const perm = mode === 'DCR' ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
    return withView(ctx, x, reshapeView(ctx, transposeView(split, perm), [n, c * block * block, h / block, w / block]));
  }
  const out = c / (block * block);
  if (!Number.isInteger(out)) ctx.shapeProblem(`${c} channels do not divide into blocks of ${block} x ${block}`);
  const split =
    mode === 'DCR'
      ? transposeView(reshapeView(ctx, x.view, [n, block, block, out, h, w]), [0, 3, 4, 1, 5, 2])
      : transposeView(reshapeView(ctx, x.view, [n, out, block, block, h, w]), [0, 1, 4, 2, 5, 3]);
  withView(ctx, x, reshapeView(ctx, split, [n, out, h * block, w * block]));
}

/** The shape of a tensor is known at compile time. */
export function convertShape(ctx: NodeContext): void {
  const dims = dimsOf(ctx.activation(0));
  const clampAxis = (i: number): number => Math.max(0, Math.min(dims.length, i < 0 ? i + dims.length : i));
  const part = dims.slice(clampAxis(ctx.int('start', 0)), clampAxis(ctx.int('end', dims.length)));
  ctx.resultConstant({ dims: [part.length], type: 'int64', data: Float64Array.from(part), quantised: null });
}

export function convertSize(ctx: NodeContext): void {
  const { view } = ctx.activation(0);
  const count = view.dims.reduce((n, d) => n * sizeOf(d), 1);
  ctx.resultConstant({ dims: [], type: 'int64', data: Float64Array.of(count), quantised: null });
}
