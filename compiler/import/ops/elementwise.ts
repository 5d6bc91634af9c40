/** Functions of one tensor, and binary operators: with a scalar constant they are functions of one tensor too. */

import type { BinaryFn, Expr, UnaryFn } from '../../ir/expr.js';
import { noClamp } from '../../ir/graph.js';
import type { Shape } from '../../ir/tensor.js';
import { gatherElements, scalarOf, sourceOffsets, stridesOf } from '../constant.js';
import type { Constant, NumberArray } from '../constant.js';
import type { Activation, NodeContext } from '../context.js';
import { dimsOf } from '../context.js';
import type { View } from '../raw-builder.js';
import { channelsLastOrder, padRank, permutationOf, refineTogether, sameFactors, sizeOf } from '../view.js';
import type { Factor } from '../view.js';

const x: Expr = { fn: 'x' };
export const constantExpr = (value: number): Expr => ({ fn: 'constant', value });
const simple = (fn: UnaryFn) => (): Expr => ({ fn, a: x });

/** ONNX operator -> the function, from its attributes. */
const unaryFunctions: Readonly<Record<string, (ctx: NodeContext) => Expr>> = {
  Relu: simple('relu'),
  Sigmoid: simple('sigmoid'),
  Tanh: simple('tanh'),
  HardSwish: simple('hardSwish'),
  Exp: simple('exp'),
  Log: simple('log'),
  Sqrt: simple('sqrt'),
  Abs: simple('abs'),
  Neg: simple('neg'),
  Reciprocal: simple('reciprocal'),
  Softplus: simple('softplus'),
  Softsign: simple('softsign'),
  Erf: simple('erf'),
  Mish: simple('mish'),
  Floor: simple('floor'),
  Ceil: simple('ceil'),
  Round: simple('round'),
  Sign: simple('sign'),
  Sin: simple('sin'),
  Cos: simple('cos'),
  LeakyRelu: (ctx) => ({ fn: 'leakyRelu', a: x, alpha: ctx.float('alpha', 0.01) }),
  Elu: (ctx) => ({ fn: 'elu', a: x, alpha: ctx.float('alpha', 1) }),
  Celu: (ctx) => ({ fn: 'celu', a: x, alpha: ctx.float('alpha', 1) }),
  ThresholdedRelu: (ctx) => ({ fn: 'thresholdedRelu', a: x, alpha: ctx.float('alpha', 1) }),
  HardSigmoid: (ctx) => ({ fn: 'hardSigmoid', a: x, alpha: ctx.float('alpha', 0.2), beta: ctx.float('beta', 0.5) }),
  Selu: (ctx) => ({
    fn: 'selu',
    a: x,
    alpha: ctx.float('alpha', 1.6732632423543772),
    gamma: ctx.float('gamma', 1.0507009873554805),
  }),
  Swish: (ctx) => swish(ctx.float('alpha', 1)),
  Gelu: (ctx) => (ctx.string('approximate', 'none') === 'tanh' ? geluTanh : { fn: 'gelu', a: x }),
};

/** x * sigmoid(alpha * x) */
function swish(alpha: number): Expr {
  const scaled: Expr = alpha === 1 ? x : { fn: 'mul', a: x, b: constantExpr(alpha) };
  return { fn: 'mul', a: x, b: { fn: 'sigmoid', a: scaled } };
}

/** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
const geluTanh: Expr = (() => {
  const cubed: Expr = { fn: 'mul', a: x, b: { fn: 'mul', a: x, b: x } };
  const inside: Expr = { fn: 'add', a: x, b: { fn: 'mul', a: constantExpr(0.044715), b: cubed } };
  const tanh: Expr = { fn: 'tanh', a: { fn: 'mul', a: constantExpr(Math.sqrt(2 / Math.PI)), b: inside } };
  return { fn: 'mul', a: { fn: 'mul', a: constantExpr(0.5), b: x }, b: { fn: 'add', a: constantExpr(1), b: tanh } };
})();

/** ONNX's own. */
export const unaryOperators: readonly string[] = Object.keys(unaryFunctions);

/** The function that a node of one of the unary operators computes. */
export const unaryExpr = (ctx: NodeContext): Expr =>
  ctx.node.op === 'QuickGelu' ? swish(ctx.float('alpha', 1.702)) : unaryFunctions[ctx.node.op](ctx);

export function convertUnary(ctx: NodeContext): void {
  const expr = unaryExpr(ctx);
  for (const name of ['alpha', 'beta', 'gamma'] as const) {
    const value = (expr as Partial<Record<typeof name, number>>)[name] ?? 0;
    if (!Number.isFinite(value)) ctx.unsupported(`attribute ${name} is ${value}`);
  }
  applyExpr(ctx, ctx.real(0), expr);
}

/** The result keeps the layout of its input. */
function applyExpr(ctx: NodeContext, input: Activation, expr: Expr): void {
  ctx.result(mapView(ctx, input.view, expr), input.type);
}

export function mapView(ctx: NodeContext, view: View, expr: Expr): View {
  const value = ctx.builder.emit({ kind: 'unary', expr }, [view.value], ctx.builder.shape(view.value), ctx.origin);
  return { ...view, value };
}

export function convertClip(ctx: NodeContext): void {
  const input = ctx.real(0);
  const bound = (name: string, index: number, fallback: number): number => {
    if (ctx.node.attributes.has(name)) return ctx.float(name, fallback);
    const c = ctx.optionalConstant(index);
    return c === null ? fallback : (scalarOf(c) ?? ctx.shapeProblem(`its ${name} is not a scalar`));
  };
  const min = bound('min', 1, -Infinity);
  const max = bound('max', 2, Infinity);
  if (Number.isNaN(min) || Number.isNaN(max)) ctx.unsupported('a bound is not a number');
  // With min > max, ONNX gives max everywhere.
  applyExpr(ctx, input, { fn: 'clip', a: x, min: Math.min(min, max), max });
}

const binaryFunctions: Readonly<Record<string, BinaryFn>> = {
  Add: 'add',
  Sub: 'sub',
  Mul: 'mul',
  Div: 'div',
  Min: 'min',
  Max: 'max',
  Sum: 'add',
  Mean: 'add',
  Pow: 'pow',
};

/** Two operands, or any number for Min, Max, Sum and Mean. */
export function convertBinary(ctx: NodeContext): void {
  const fn = binaryFunctions[ctx.node.op];
  const n = ctx.node.inputs.length;
  if (n < 1) ctx.shapeProblem('it has no input');
  let result: Activation | number = firstOperand(ctx, 0);
  for (let i = 1; i < n; i++) result = combine(ctx, fn, result, firstOperand(ctx, i));
  if (typeof result === 'number') return ctx.unsupported('all of its inputs are constants');
  if (ctx.node.op === 'Mean' && n > 1) {
    const view = mapView(ctx, result.view, { fn: 'mul', a: x, b: constantExpr(1 / n) });
    return ctx.result(view, result.type);
  }
  ctx.result(result.view, result.type);
}

/** A scalar constant as a number, anything else as an activation. */
function firstOperand(ctx: NodeContext, index: number): Activation | number {
  const entry = ctx.entry(index);
  if (entry.kind === 'constant' && entry.constant.data.length === 1) {
    return entry.constant.data[0];
  }
  const operand = ctx.operand(index);
  ctx.requireDomain(operand, 'real', index);
  return operand;
}

function combine(ctx: NodeContext, fn: BinaryFn, a: Activation | number, b: Activation | number): Activation | number {
  if (typeof a === 'number' && typeof b === 'number')
    return ctx.unsupported('its first inputs are all constants; put the tensor first');
  if (typeof a === 'number') return withScalar(ctx, b as Activation, { fn, a: constantExpr(a), b: x });
  if (typeof b === 'number') return withScalar(ctx, a, { fn, a: x, b: constantExpr(b) });
  if (fn === 'pow') ctx.unsupported('its exponent must be a scalar constant');
  if (a.view.value === b.view.value && sameLayout(a.view, b.view))
    return { ...a, view: mapView(ctx, a.view, { fn, a: x, b: x }) };
  return { ...a, view: binaryViews(ctx, fn, a.view, b.view) };
}

function withScalar(ctx: NodeContext, a: Activation, expr: Expr): Activation {
  const values = [expr]
    .flatMap((e) => ('b' in e ? [e.a, e.b] : []))
    .flatMap((e) => (e.fn === 'constant' ? [e.value] : []));
  if (values.some((v) => Number.isNaN(v))) ctx.unsupported('its constant is not a number');
  return { ...a, view: mapView(ctx, a.view, expr) };
}

const sameLayout = (a: View, b: View): boolean =>
  a.dims.length === b.dims.length &&
  sameFactors(a.physical, b.physical) &&
  a.dims.every((d, i) => sameFactors(d, b.dims[i]));

/**
 * Elementwise on two tensors with numpy's broadcasting. Both are brought to one order of memory (that of the larger
 * where possible) and to an (h, w, c) grouping in which each axis of an operand is whole or 1.
 */
export function binaryViews(ctx: NodeContext, fn: Exclude<BinaryFn, 'pow'>, left: View, right: View): View {
  const { builder, origin } = ctx;
  const rank = Math.max(left.dims.length, right.dims.length);
  let a: View = { value: left.value, ...padRank(left, rank) };
  let b: View = { value: right.value, ...padRank(right, rank) };
  for (let i = 0; i < rank; i++) {
    const [m, n] = [sizeOf(a.dims[i]), sizeOf(b.dims[i])];
    if (m !== n && m !== 1 && n !== 1) {
      ctx.shapeProblem(
        `shapes [${a.dims.map(sizeOf).join(', ')}] and [${b.dims.map(sizeOf).join(', ')}] do not broadcast`,
      );
    }
  }
  let refined = refineTogether(a, b);
  if (refined === null) {
    a = builder.rowMajor(a, origin);
    b = builder.rowMajor(b, origin);
    const merge = (v: View): View => mergedDims(v);
    a = merge(a);
    b = merge(b);
    refined = refineTogether(a, b) ?? [a, b];
  }
  a = { value: a.value, ...refined[0] };
  b = { value: b.value, ...refined[1] };

  // Result factors: one object for both operands.
  const dims = a.dims.map((d, i) => (d.length > 0 ? d : b.dims[i]));
  const partner = new Map<Factor, Factor>();
  a.dims.forEach((d, i) =>
    d.forEach((f, j) => {
      const other = b.dims[i][j];
      if (other !== undefined) partner.set(other, f);
    }),
  );
  const named = (f: Factor): Factor => partner.get(f) ?? f;
  b = { value: b.value, physical: b.physical.map(named), dims: b.dims.map((d) => d.map(named)) };
  const all = dims.flat();
  const order = pickOrder(builder.values[a.value].constant !== null, a, b, dims, all.length);
  const inA = new Set(a.physical);
  const inB = new Set(b.physical);

  const groups = ctx.builder.ownGroups(a.physical.length === all.length ? a : b);
  const runs = usableGroups(groups, order, inA, inB) ?? runsOf(ctx, order, inA, inB);
  const place = (v: View, has: ReadonlySet<Factor>): View => {
    const [h, w, c] = runs.map((run) => run.filter((f) => has.has(f)));
    return builder.arrange(v, [h, w, c], origin);
  };
  const [placedA, placedB] = [place(a, inA), place(b, inB)];
  const shape: Shape = { h: sizeOf(runs[0]), w: sizeOf(runs[1]), c: sizeOf(runs[2]) };
  const value = builder.emit(
    { kind: 'binary', fn, clamp: noClamp },
    [placedA.value, placedB.value],
    shape,
    origin,
    'real',
  );
  return { value, physical: order, dims };
}

/** Each dimension as one factor, for a row-major view. */
function mergedDims(v: View): View {
  const dims = v.dims.map((d) => (d.length <= 1 ? [...d] : [{ size: sizeOf(d) }]));
  return { value: v.value, physical: dims.flat(), dims };
}

/** The memory order of the result: a full operand's own (an activation's before a constant's), else channels last. */
function pickOrder(
  aIsConstant: boolean,
  a: View,
  b: View,
  dims: readonly (readonly Factor[])[],
  count: number,
): readonly Factor[] {
  const candidates = aIsConstant ? [b, a] : [a, b];
  const full = candidates.find((v) => v.physical.length === count);
  if (full !== undefined) return full.physical;
  const order = dims.length >= 3 ? channelsLastOrder(dims.length) : dims.map((_, i) => i);
  return order.flatMap((i) => dims[i]);
}

type Groups = readonly [readonly Factor[], readonly Factor[], readonly Factor[]];

/** The operand's own (h, w, c) grouping, if it covers the result's order and each group is whole or absent on each side. */
function usableGroups(
  groups: readonly Factor[][] | null,
  order: readonly Factor[],
  inA: ReadonlySet<Factor>,
  inB: ReadonlySet<Factor>,
): Groups | null {
  if (groups === null || !sameFactors(groups.flat(), order)) return null;
  const uniform = groups.every((g) =>
    [inA, inB].every((set) => g.every((f) => set.has(f)) || g.every((f) => !set.has(f))),
  );
  return uniform ? [groups[0], groups[1], groups[2]] : null;
}

/** Runs of factors that are present and absent alike in both operands. */
function runsOf(
  ctx: NodeContext,
  order: readonly Factor[],
  inA: ReadonlySet<Factor>,
  inB: ReadonlySet<Factor>,
): Groups {
  const runs: Factor[][] = [];
  let last = '';
  for (const f of order) {
    const kind = `${inA.has(f)}${inB.has(f)}`;
    if (kind === last) runs[runs.length - 1].push(f);
    else runs.push([f]);
    last = kind;
  }
  if (runs.length > 3) ctx.unsupported('its broadcast alternates over more than three axes');
  while (runs.length < 3) runs.unshift([]);
  return [runs[0], runs[1], runs[2]];
}

/** x < 0 ? slope * x : x with one slope, one a channel, or any that broadcast. */
export function convertPRelu(ctx: NodeContext): void {
  const input = ctx.real(0);
  const slope = ctx.constant(1);
  const dims = dimsOf(input);
  if (!slope.data.every(Number.isFinite)) ctx.unsupported('its slopes are not all finite');
  const scalar = scalarOf(slope);
  if (scalar !== null) return applyExpr(ctx, input, { fn: 'leakyRelu', a: x, alpha: scalar });
  const padded = [...new Array<number>(Math.max(0, dims.length - slope.dims.length)).fill(1), ...slope.dims];
  if (padded.length > dims.length || padded.some((n, i) => n !== 1 && n !== dims[i])) {
    ctx.shapeProblem(`slopes of shape [${slope.dims.join(', ')}] do not suit a tensor of shape [${dims.join(', ')}]`);
  }
  const varying = padded.flatMap((n, i) => (n > 1 ? [i] : []));
  const { placed, slopes } =
    varying.length === 1
      ? { placed: channelInnermost(ctx, input.view, varying[0]), slopes: slope.data }
      : slopePerElement(ctx, input.view, padded, slope);
  const value = ctx.builder.emit(
    { kind: 'prelu', slopes: Float64Array.from(slopes) },
    [placed.value],
    ctx.builder.shape(placed.value),
    ctx.origin,
  );
  ctx.result({ ...placed, value }, input.type);
}

/** Slopes that differ along several axes: one for each element, every one of which is a channel of its own. */
function slopePerElement(
  ctx: NodeContext,
  view: View,
  padded: readonly number[],
  slope: Constant,
): { placed: View; slopes: NumberArray } {
  const placed = ctx.builder.arrange(view, [[], [], view.physical], ctx.origin);
  const dims = view.dims.map(sizeOf);
  const strides = stridesOf(padded).map((stride, i) => (padded[i] === 1 ? 0 : stride));
  const inOrder = gatherElements(slope.data, sourceOffsets(dims, strides));
  return { placed, slopes: gatherElements(inOrder, permutationOf(view.physical, view.dims.flat())) };
}

/** The view with dimension `axis` as the (h, w, c) shape's c. */
export function channelInnermost(ctx: NodeContext, view: View, axis: number): View {
  return channelsInnermost(ctx, view, view.dims[axis]);
}

/** The view with exactly these factors, in this order, as the (h, w, c) shape's c; the others keep their order. */
export function channelsInnermost(ctx: NodeContext, view: View, channel: readonly Factor[]): View {
  const own = ctx.builder.ownGroups(view);
  if (own !== null && sameFactors(own[2], channel)) return view;
  const others = view.physical.filter((f) => !channel.includes(f));
  return ctx.builder.arrange(view, [others.slice(0, -1), others.slice(-1), channel], ctx.origin);
}
