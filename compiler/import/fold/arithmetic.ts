/** Elementwise arithmetic on constants, with numpy's broadcasting. */

import { evaluate } from '../../ir/evaluate.js';
import { isFloatType, newArray, product, sourceOffsets, stridesOf } from '../constant.js';
import type { Constant, ElementType } from '../constant.js';
import type { NodeContext } from '../context.js';
import { elementType, elementTypeName } from '../tensor-data.js';
import { unaryExpr, unaryOperators } from '../ops/elementwise.js';
import { requireFoldable, required } from './common.js';
import type { Folder } from './folder.js';

/** The broadcast shape of constants, and for each its element at every position. */
export function broadcast(ctx: NodeContext, inputs: readonly Constant[]): { dims: number[]; offsets: Int32Array[] } {
  const rank = Math.max(...inputs.map((c) => c.dims.length));
  const padded = inputs.map((c) => [...new Array<number>(rank - c.dims.length).fill(1), ...c.dims]);
  const dims = Array.from({ length: rank }, (_, i) => {
    const sizes = padded.map((d) => d[i]);
    const size = sizes.find((n) => n !== 1) ?? 1;
    if (sizes.some((n) => n !== 1 && n !== size))
      ctx.shapeProblem(`shapes ${inputs.map((c) => `[${c.dims.join(', ')}]`).join(', ')} do not broadcast`);
    return size;
  });
  requireFoldable(ctx, dims);
  const offsets = padded.map((d) =>
    sourceOffsets(
      dims,
      stridesOf(d).map((s, i) => (d[i] === 1 ? 0 : s)),
    ),
  );
  return { dims, offsets };
}

function elementwise(
  ctx: NodeContext,
  inputs: readonly Constant[],
  type: ElementType,
  f: (a: number, b: number, c: number) => number,
): Constant {
  const { dims, offsets } = broadcast(ctx, inputs);
  const data = newArray(type, product(dims));
  const [a, b, c] = inputs.map((x) => x.data);
  const [ia, ib, ic] = offsets;
  for (let i = 0; i < data.length; i++)
    data[i] = f(a[ia[i]], b === undefined ? 0 : b[ib[i]], c === undefined ? 0 : c[ic[i]]);
  return { dims, type, data, quantised: null };
}

const binary =
  (f: (a: number, b: number, isFloat: boolean) => number, result?: ElementType): Folder =>
  (ctx, inputs) => {
    const constants = required(ctx, inputs, 1);
    const type = constants[0].type;
    return [
      constants
        .slice(1)
        .reduce(
          (sum, c) => elementwise(ctx, [sum, c], result ?? type, (a, b) => f(a, b, isFloatType(type))),
          constants[0],
        ),
    ];
  };

const truth = (test: (a: number, b: number) => boolean): Folder => binary((a, b) => (test(a, b) ? 1 : 0), 'bool');

function modulo(ctx: NodeContext, a: number, b: number): number {
  if (ctx.int('fmod', 0) !== 0) return a % b;
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
}

/** Functions of one constant; integers only where the function keeps them. */
const unaryFolders: Record<string, Folder> = Object.fromEntries(
  unaryOperators.map((op): [string, Folder] => [
    op,
    (ctx, inputs) => {
      const [x] = required(ctx, inputs, 1);
      const expr = unaryExpr(ctx);
      return [elementwise(ctx, [x], x.type, (a) => evaluate(expr, a))];
    },
  ]),
);

function castTo(ctx: NodeContext, x: Constant, type: ElementType | null, name: string): Constant {
  if (type === null) return ctx.unsupported(`casting to ${name} is not supported`);
  if (isFloatType(x.type) && isFloatType(type)) {
    const data = newArray(type, x.data.length);
    data.set(x.data);
    return { ...x, type, data };
  }
  if (type === 'bool') return elementwise(ctx, [x], type, (a) => (a === 0 ? 0 : 1));
  return elementwise(ctx, [x], type, isFloatType(type) ? (a) => a : Math.trunc);
}

export const arithmeticFolders: Readonly<Record<string, Folder>> = {
  ...unaryFolders,
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b, isFloat) => (isFloat ? a / b : Math.trunc(a / b))),
  Pow: binary((a, b) => a ** b),
  Min: binary((a, b) => Math.min(a, b)),
  Max: binary((a, b) => Math.max(a, b)),
  Sum: binary((a, b) => a + b),
  Mod: (ctx, inputs) => binary((a, b) => modulo(ctx, a, b))(ctx, inputs),
  Equal: truth((a, b) => a === b),
  Less: truth((a, b) => a < b),
  LessOrEqual: truth((a, b) => a <= b),
  Greater: truth((a, b) => a > b),
  GreaterOrEqual: truth((a, b) => a >= b),
  And: truth((a, b) => a !== 0 && b !== 0),
  Or: truth((a, b) => a !== 0 || b !== 0),
  Not: (ctx, inputs) => [elementwise(ctx, required(ctx, inputs, 1), 'bool', (a) => (a === 0 ? 1 : 0))],
  Where: (ctx, inputs) => {
    const [condition, a, b] = required(ctx, inputs, 3);
    return [elementwise(ctx, [condition, a, b], a.type, (c, x, y) => (c !== 0 ? x : y))];
  },
  Clip: (ctx, inputs) => {
    const x = required(ctx, inputs.slice(0, 1), 1)[0];
    const min = inputs[1]?.data[0] ?? ctx.float('min', -Infinity);
    const max = inputs[2]?.data[0] ?? ctx.float('max', Infinity);
    return [elementwise(ctx, [x], x.type, (a) => Math.min(Math.max(a, min), max))];
  },
  Cast: (ctx, inputs) => {
    const to = ctx.int('to', 0);
    return [castTo(ctx, required(ctx, inputs, 1)[0], elementType(to), elementTypeName(to))];
  },
  CastLike: (ctx, inputs) => {
    const [x, like] = required(ctx, inputs, 2);
    return [castTo(ctx, x, like.type, like.type)];
  },
};
