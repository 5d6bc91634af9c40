/** Random operators with an epilogue: chains of real operations that the compiler has turned into fixed point. */

import type { Expr } from '../../../../compiler/ir/expr.js';
import { identityExpr } from '../../../../compiler/ir/expr-algebra.js';
import { noRequant, type ConvOp, type Int8Graph, type Int8Op } from '../../../../compiler/ir/int8-graph.js';
import type { Quant, Shape } from '../../../../compiler/ir/tensor.js';
import { unitWindow } from '../../../../compiler/ir/window.js';
import { compileReal, type Compiled, type Int32Result } from '../../../../compiler/lower/real/compile.js';
import type { RealOp, SumChannel } from '../../../../compiler/lower/real/program.js';
import { zero } from '../../../../compiler/lower/real/program.js';
import { rational } from '../../../../compiler/numerics/rational.js';
import { poolDivisor } from '../../../../compiler/reference/int8/pool.js';
import { wideReach } from '../case.js';
import { epilogueGraphOf, randomShape, randomWindow, windowOutput } from '../nodes.js';
import type { Random } from '../random.js';
import { conv1x1, depthwise, general, transposed } from './conv.js';

const uniform = (r: Random, low: number, high: number): number => low + ((high - low) * r.int(0, 1 << 20)) / (1 << 20);

const functions: readonly ((r: Random) => Expr)[] = [
  () => ({ fn: 'relu', a: identityExpr }),
  (r) => ({ fn: 'clip', a: identityExpr, min: uniform(r, -3, 0), max: uniform(r, 0.5, 6) }),
  (r) => ({ fn: 'leakyRelu', a: identityExpr, alpha: uniform(r, 0.01, 0.5) }),
  () => ({ fn: 'sigmoid', a: identityExpr }),
  () => ({ fn: 'tanh', a: identityExpr }),
  () => ({ fn: 'hardSwish', a: identityExpr }),
  () => ({ fn: 'gelu', a: identityExpr }),
  () => ({ fn: 'mul', a: identityExpr, b: { fn: 'sigmoid', a: identityExpr } }),
];

interface Operand {
  readonly shape: Shape;
  readonly wide: boolean;
}

/** Up to three operations, and the operands that they read. */
function randomOps(r: Random, channels: number, output: Shape, plain: boolean): { ops: RealOp[]; operands: Operand[] } {
  const ops: RealOp[] = [];
  const operands: Operand[] = [];
  const count = r.int(plain ? 0 : 1, 3);
  for (let i = 0; i < count; i++) {
    const kind = r.pick(['function', 'function', 'slopes', 'affine', 'add', 'multiply'] as const);
    if (kind === 'function') ops.push({ kind, expr: r.pick(functions)(r) });
    else if (kind === 'slopes')
      ops.push({ kind, slopes: Array.from({ length: channels }, () => rational(uniform(r, -0.5, 1))) });
    else if (kind === 'affine')
      ops.push({
        kind,
        scale: Array.from({ length: channels }, () => rational(uniform(r, -2, 2))),
        shift: Array.from({ length: channels }, () => rational(uniform(r, -2, 2))),
      });
    else if (operands.length < 2) {
      const wide = r.chance(0.3);
      const shape = {
        h: r.chance(0.25) ? 1 : output.h,
        w: r.chance(0.25) ? 1 : output.w,
        c: r.chance(0.15) ? 1 : output.c,
      };
      operands.push({ shape, wide });
      const operand = {
        id: operands.length,
        scale: rational(Math.fround(uniform(r, 0.005, 0.03) * (wide ? 2 ** -12 : 1))),
        zeroPoint: wide ? 0 : r.int(-128, 127),
        min: wide ? -wideReach : -128,
        max: wide ? wideReach : 127,
      };
      if (kind === 'add') ops.push({ kind, operand, sign: r.chance(0.5) ? 1 : -1 });
      else ops.push({ kind, operand });
    }
  }
  return { ops, operands };
}

const randomOutput = (r: Random): Quant | Int32Result =>
  r.chance(0.2)
    ? { terms: r.chance(0.5) ? 1 : 49, uniform: r.chance(0.5) }
    : { scale: Math.fround(uniform(r, 0.01, 0.08)), zeroPoint: r.int(-128, 127) };

/** Sums up to `bounds` that are worth about -8 to 8. */
const sumChannels = (r: Random, bounds: readonly number[], shifts: boolean): SumChannel[] =>
  bounds.map((b) => ({
    scale: rational(((r.chance(0.1) ? -1 : 1) * uniform(r, 2, 16)) / Math.max(1, b)),
    shift: shifts && r.chance(0.5) ? rational(uniform(r, -1, 1)) : zero,
    lo: -b,
    hi: b,
  }));

/** An epilogue on sums up to `bounds`, with its operands. */
function randomEpilogue(
  r: Random,
  bounds: readonly number[],
  output: Shape,
): { compiled: Compiled; operands: Operand[] } {
  for (;;) {
    const { ops, operands } = randomOps(r, bounds.length, output, r.chance(0.2));
    try {
      const compiled = compileReal(sumChannels(r, bounds, r.chance(0.3)), ops, randomOutput(r));
      return { compiled, operands: compiled.operands.map((id) => operands[id - 1]) };
    } catch {
      // Out of the range of fixed point: another one.
    }
  }
}

const boundsOf = ({ weights, bias }: ConvOp): number[] => {
  const depth = weights.length / bias.length;
  return Array.from(bias, (b, o) =>
    Array.from(weights.subarray(o * depth, (o + 1) * depth)).reduce((sum, v) => sum + 128 * Math.abs(v), Math.abs(b)),
  );
};

const graph = (
  op: Int8Op,
  input: Shape,
  wideInput: boolean,
  output: Shape,
  compiled: Compiled,
  operands: readonly Operand[],
): Int8Graph =>
  epilogueGraphOf(op, [{ shape: input, wide: wideInput }, ...operands], {
    shape: output,
    wide: compiled.epilogue.result.kind === 'sums',
  });

/** A random convolution with an epilogue instead of its requantisation. */
export const withEpilogue =
  (make: (r: Random, i: number) => Int8Graph) =>
  (r: Random, i: number): Int8Graph => {
    const plain = make(r, i);
    const op = plain.nodes[0].op as ConvOp;
    const [input, output] = [plain.values.get(0)!.shape, plain.values.get(1)!.shape];
    const { compiled, operands } = randomEpilogue(r, boundsOf(op), output);
    return graph(
      { ...op, requant: noRequant(op.bias.length), epilogue: compiled.epilogue },
      input,
      false,
      output,
      compiled,
      operands,
    );
  };

export const convEpilogue = (wide: boolean) =>
  withEpilogue((r, i) => (i % 3 === 0 && !wide ? conv1x1(r) : general(wide)(r)));
export const transposedEpilogue = (wide: boolean) => withEpilogue(transposed(wide));

/** As many outputs as inputs. */
export const depthwiseEpilogue = withEpilogue((r, i) => {
  for (;;) {
    const g = depthwise(r, i);
    if (g.values.get(0)!.shape.c === g.values.get(1)!.shape.c) return g;
  }
});

export function elementwiseEpilogue(r: Random): Int8Graph {
  const shape = randomShape(r, 8, 20);
  const wide = r.chance(0.5);
  const inputZeroPoint = wide ? 0 : r.int(-128, 127);
  const bounds = Array.from({ length: shape.c }, () => (wide ? wideReach : 255));
  const { compiled, operands } = randomEpilogue(r, bounds, shape);
  return graph(
    { kind: 'elementwise', inputZeroPoint, epilogue: compiled.epilogue },
    shape,
    wide,
    shape,
    compiled,
    operands,
  );
}

export function poolSumsEpilogue(r: Random, i: number): Int8Graph {
  const input = randomShape(r, 8, 20);
  const isGlobal = i % 3 === 0;
  const window = isGlobal
    ? { ...unitWindow, kernelH: input.h, kernelW: input.w }
    : randomWindow(r, input, { kernel: 4, stride: 3, dilation: 2, pad: 2 });
  const output = { ...windowOutput(window, input), c: input.c };
  const countIncludePad = r.chance(0.5);
  const divisors = new Set<number>();
  for (let y = 0; y < output.h; y++)
    for (let x = 0; x < output.w; x++) divisors.add(poolDivisor(window, input, countIncludePad, y, x));
  const wide = r.chance(0.5);
  const taps = window.kernelH * window.kernelW;
  const bounds = Array.from({ length: input.c }, () => taps * (wide ? wideReach : 255));
  const { compiled, operands } = randomEpilogue(r, bounds, output);
  const list = Int32Array.from([...divisors].sort((a, b) => a - b));
  return graph(
    {
      kind: 'poolSums',
      window,
      countIncludePad,
      inputZeroPoint: wide ? 0 : r.int(-128, 127),
      divisors: list,
      epilogues: Array.from(list, () => compiled.epilogue),
    },
    input,
    wide,
    output,
    compiled,
    operands,
  );
}
