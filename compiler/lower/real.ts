/**
 * Real numbers inside a quantised network: results that the file does not quantise. A chain of them that ends in a
 * quantisation becomes one node, with the chain as its epilogue; where several nodes read a real result, or it is an
 * output, it becomes an int32 tensor.
 */

import type { AveragePool, Binary, Clamp, Node, Op, Value } from '../ir/graph.js';
import type { Expr } from '../ir/expr.js';
import { identityExpr } from '../ir/expr-algebra.js';
import { noRequant, type Int8Op, type ValueId } from '../ir/int8-graph.js';
import { sameShape, type Quant, type Shape } from '../ir/tensor.js';
import { divide, integer, multiply, rational, toNumber, type Rational } from '../numerics/rational.js';
import { realBias } from '../numerics/bias.js';
import type { LowerContext } from './context.js';
import { cutAt, needsQuantisation } from './context.js';
import { macsOf, prepareConvolution, requireInt32, scaledWeights, warnOfLostBias } from './conv.js';
import { divisorsOf } from './pool.js';
import type { CodeRange } from './ranges.js';
import { compileReal, type Compiled, type Int32Result, NoEpilogue } from './real/compile.js';
import { one, zero, type RealOp, type RealOperand, type SumChannel } from './real/program.js';

type Convolution = Extract<Op, { kind: 'conv2d' | 'convTranspose2d' }>;

/** What outputs become that the file leaves in floating point: int32 numbers, or codes over all that they can reach. */
export type FloatOutputs = 'int32' | 'int8';

/** What a chain begins with. */
type Source =
  | { readonly kind: 'conv'; readonly node: Node; readonly op: Convolution }
  | { readonly kind: 'pool'; readonly node: Node; readonly op: AveragePool; readonly of: Tensor }
  | { readonly kind: 'tensor'; readonly node: Node; readonly of: Tensor };

/** A tensor of the program: int8, or int32 made here. */
interface Tensor {
  readonly id: ValueId;
  readonly shape: Shape;
  readonly zeroPoint: number;
  readonly channels: readonly SumChannel[];
}

interface Chain {
  readonly source: Source;
  readonly ops: readonly RealOp[];
  readonly shape: Shape;
}

/** Whether a value of the graph is a real number that the network does not quantise. */
export const isReal = (value: Value): boolean =>
  value.dtype === 'float32' && value.quant === null && value.constant === null;

export class RealLowering {
  readonly #ctx: LowerContext;
  readonly #chains = new Map<ValueId, Chain>();
  readonly #tensors = new Map<ValueId, Tensor>();
  readonly #outputs: FloatOutputs;
  readonly #ranges = new Map<ValueId, readonly [number, number]>();

  constructor(ctx: LowerContext, outputs: FloatOutputs) {
    this.#ctx = ctx;
    this.#outputs = outputs;
  }

  /** What there is to say of an output of the network. */
  outputFacts(id: ValueId): { readonly floatRange?: readonly [number, number] } {
    const floatRange = this.#ranges.get(id);
    return floatRange === undefined ? {} : { floatRange };
  }

  /** Whether the node reads or makes real numbers. */
  concerns(node: Node): boolean {
    return [...node.inputs, node.output].some((id) => isReal(this.#ctx.source(id)));
  }

  lower(node: Node): void {
    const ctx = this.#ctx;
    const chain = this.#chainOf(node);
    if (chain === null) return;
    const output = ctx.source(node.output);
    if (!isReal(output)) return this.#emitCodes(node, chain, ctx.outputQuant(node));
    if (ctx.isOutput(node.output)) this.#emitOutput(node, chain);
    else if (ctx.readers(node.output).length > 1)
      this.#emitInt32(node.output, node, chain, { terms: this.#terms(node.output), uniform: true });
    else this.#chains.set(node.output, chain);
  }

  /** The most of a value's elements that a pool adds up. */
  #terms(id: ValueId): number {
    const areas = this.#ctx
      .readers(id)
      .map(({ op }) => (op.kind === 'averagePool' ? op.window.kernelH * op.window.kernelW : 1));
    return Math.max(1, ...areas);
  }

  // --- chains ----------------------------------------------------------------------------------------------

  /** The chain that ends with a node; null where the node has been lowered already. */
  #chainOf(node: Node): Chain | null {
    const { op } = node;
    const ctx = this.#ctx;
    const { shape } = ctx.source(node.output);
    switch (op.kind) {
      case 'conv2d':
      case 'convTranspose2d': {
        if (isReal(ctx.source(node.inputs[0])))
          return extended(this.#open(node, 0), [this.#affine(node, op), ...clampOps(op.clamp)]);
        return { source: { kind: 'conv', node, op }, ops: clampOps(op.clamp), shape };
      }
      case 'unary':
        return extended(this.#open(node, 0), [{ kind: 'function', expr: op.expr }]);
      case 'prelu':
        return extended(this.#open(node, 0), [{ kind: 'slopes', slopes: Array.from(op.slopes, (s) => rational(s)) }]);
      case 'binary':
        return this.#binary(node, op, shape);
      case 'averagePool': {
        const terms = Math.max(...divisorsOf(op, ctx.source(node.inputs[0]).shape, shape));
        const of = this.#tensor(node, 0, { terms, uniform: false });
        return { source: { kind: 'pool', node, op, of }, ops: clampOps(op.clamp), shape };
      }
      case 'reshape':
      case 'transpose':
        this.#move(node, op.kind === 'reshape' ? op : { kind: op.kind, dims: op.dims, perm: op.perm }, shape);
        return null;
      default:
        return ctx.fail(node, 'E401', `${op.kind} of a tensor in floating point is not supported`, this.#wayOut(node));
    }
  }

  /** What to do about an operator without an integer form behind a real number. */
  #wayOut(node: Node): string {
    const before = node.inputs.find((id) => this.#chains.has(id) || this.#tensors.has(id));
    return before === undefined ? needsQuantisation : cutAt(this.#ctx.source(before).name);
  }

  /** The chain of an operand, to be continued; of an int8 tensor, one that begins with it. */
  #open(node: Node, index: number): Chain {
    const id = node.inputs[index];
    const chain = this.#chains.get(id);
    if (chain !== undefined) {
      this.#chains.delete(id);
      return chain;
    }
    const of = this.#tensor(node, index, { terms: 1, uniform: false });
    return { source: { kind: 'tensor', node, of }, ops: [], shape: of.shape };
  }

  /** An operand as a tensor of the program; a chain becomes an int32 one. */
  #tensor(node: Node, index: number, result: Int32Result): Tensor {
    const ctx = this.#ctx;
    const id = node.inputs[index];
    const known = this.#tensors.get(id);
    if (known !== undefined) return known;
    const chain = this.#chains.get(id);
    if (chain !== undefined) {
      this.#chains.delete(id);
      return this.#emitInt32(id, chain.source.node, chain, result);
    }
    if (isReal(ctx.source(id)))
      return ctx.fail(node, 'E401', `its input '${ctx.source(id).name}' is not quantised`, needsQuantisation);
    const { quant, shape } = ctx.operand(node, id);
    const range = ctx.range(id);
    return {
      id,
      shape,
      zeroPoint: quant.zeroPoint,
      channels: Array.from({ length: shape.c }, (_, c) => ({
        scale: rational(quant.scale),
        shift: zero,
        lo: range.min[c] - quant.zeroPoint,
        hi: range.max[c] - quant.zeroPoint,
      })),
    };
  }

  /** A convolution of one tap a channel: what a BatchNormalization behind a function is. */
  #affine(node: Node, op: Convolution): RealOp {
    const { weights, bias, groups, outChannels, window: w } = op;
    const isAffine =
      groups === outChannels && weights.data.length === outChannels && w.strideH === 1 && w.strideW === 1;
    if (!isAffine || weights.kind === 'float' || op.kind !== 'conv2d')
      return this.#ctx.fail(node, 'E401', 'it reads a tensor in floating point', needsQuantisation);
    return {
      kind: 'affine',
      scale: Array.from(weights.data, (v, c) => multiply(integer(v), rational(weights.scales[c]))),
      shift: Array.from(weights.data, (_, c) =>
        bias === null ? zero : realBias(bias.data[c], bias.scales?.[c] ?? null, zero),
      ),
    };
  }

  #binary(node: Node, op: Binary, shape: Shape): Chain {
    const ctx = this.#ctx;
    if (op.fn !== 'add' && op.fn !== 'sub' && op.fn !== 'mul')
      return ctx.fail(node, 'E401', `${op.fn} of a tensor in floating point is not supported`, needsQuantisation);
    const [first, second] = node.inputs.map((id) => ctx.source(id));
    const isWhole = (v: Value): boolean => sameShape(v.shape, shape);
    // The chain goes on with a convolution, or with the operand that has the result's shape.
    const isBest = (v: Value): boolean => isWhole(v) && this.#chains.has(v.id);
    const main = isBest(first) ? 0 : isBest(second) ? 1 : isWhole(first) ? 0 : 1;
    if (!isWhole([first, second][main]))
      return ctx.fail(node, 'E401', 'it repeats both of its operands', needsQuantisation);
    const other = this.#operand(node, 1 - main);
    const negates = op.fn === 'sub' && main === 1;
    const ops: RealOp[] = negates
      ? [{ kind: 'affine', scale: repeat(rational(-1), shape.c), shift: repeat(zero, shape.c) }]
      : [];
    if (op.fn === 'mul') ops.push({ kind: 'multiply', operand: other });
    else ops.push({ kind: 'add', operand: other, sign: op.fn === 'sub' && main === 0 ? -1 : 1 });
    return extended(this.#open(node, main), [...ops, ...clampOps(op.clamp)]);
  }

  #operand(node: Node, index: number): RealOperand {
    const tensor = this.#tensor(node, index, { terms: 1, uniform: true });
    const [{ scale }] = tensor.channels;
    return {
      id: tensor.id,
      scale,
      zeroPoint: tensor.zeroPoint,
      min: Math.min(...tensor.channels.map((c) => c.lo)) + tensor.zeroPoint,
      max: Math.max(...tensor.channels.map((c) => c.hi)) + tensor.zeroPoint,
    };
  }

  // --- nodes -----------------------------------------------------------------------------------------------

  #emitCodes(node: Node, chain: Chain, output: Quant): void {
    const { op, compiled, inputs, macs } = this.#build(node, chain, output);
    this.#ctx.emit(
      { ...chain.source.node, output: node.output },
      { op, inputs, macs, range: rangeOf(compiled), deviations: compiled.deviations },
    );
  }

  /** The same elements in another order, or under another shape. */
  #move(node: Node, op: Int8Op, shape: Shape): void {
    const ctx = this.#ctx;
    const chain = this.#chains.get(node.inputs[0]);
    const isOutput = ctx.isOutput(node.output);
    let of: Tensor;
    if (this.#outputs === 'int8' && chain !== undefined && this.#endsInOutput(node)) {
      this.#chains.delete(node.inputs[0]);
      of = this.#emitProven(node.inputs[0], node, chain);
    } else of = this.#tensor(node, 0, { terms: 1, uniform: true });
    const { zeroPoint } = of;
    // Any of them may stand anywhere.
    const all = {
      ...of.channels[0],
      lo: of.channels.reduce((m, c) => Math.min(m, c.lo), Infinity),
      hi: of.channels.reduce((m, c) => Math.max(m, c.hi), -Infinity),
    };
    const channels = Array.from({ length: shape.c }, () => all);
    const dtype = ctx.values.get(of.id)?.dtype === 'int32' ? 'int32' : 'int8';
    const quant = isOutput || dtype === 'int8' ? { ...quantOf(channels), zeroPoint } : null;
    ctx.emit(node, { op, inputs: [of.id], range: null, result: { dtype, quant } });
    this.#tensors.set(node.output, { id: node.output, shape, zeroPoint, channels });
    if (isOutput) this.#tell(node.output, node, of);
  }

  /** Whether a move leads to an output, by way of moves alone. */
  #endsInOutput({ output }: Node): boolean {
    if (this.#ctx.isOutput(output)) return true;
    const [reader, another] = this.#ctx.readers(output);
    const moves = reader?.op.kind === 'reshape' || reader?.op.kind === 'transpose';
    return another === undefined && moves && this.#endsInOutput(reader);
  }

  /** A real number that is an output of the network. */
  #emitOutput(node: Node, chain: Chain): void {
    const id = node.output;
    const isReadToo = this.#ctx.readers(id).length > 0;
    if (this.#outputs === 'int8' && !isReadToo) this.#tell(id, node, this.#emitProven(id, node, chain));
    else this.#tell(id, node, this.#emitInt32(id, node, chain, { terms: this.#terms(id), uniform: true }));
  }

  /** Codes of a real number over all that it can reach. */
  #emitProven(id: ValueId, node: Node, chain: Chain): Tensor {
    const { channels } = this.#build(node, chain, { terms: 1, uniform: true }).compiled;
    const [lo, hi] = reachOf(channels);
    const scale = Math.fround((hi - lo) / 255) || 1;
    const zeroPoint = Math.min(Math.max(Math.round(-128 - lo / scale), -128), 127);
    const quant = { scale, zeroPoint };
    const { op, compiled, inputs, macs } = this.#build(node, chain, quant);
    this.#ctx.emit(
      { ...chain.source.node, output: id },
      {
        op,
        inputs,
        macs,
        range: rangeOf(compiled),
        result: { dtype: 'int8', quant },
        deviations: compiled.deviations,
      },
    );
    const codes = { scale: rational(scale), shift: zero, lo: -128 - zeroPoint, hi: 127 - zeroPoint };
    const tensor = { id, shape: chain.shape, zeroPoint, channels: channels.map(() => codes) };
    this.#tensors.set(id, tensor);
    return tensor;
  }

  /** Notes what an output has become. */
  #tell(id: ValueId, node: Node, { channels, zeroPoint }: Tensor): void {
    const ctx = this.#ctx;
    const { dtype, quant } = ctx.values.get(id)!;
    this.#ranges.set(id, reachOf(channels));
    ctx.warn(
      node,
      'W401',
      `its result is an output that the file leaves in floating point; it is ${dtype}, ` +
        `real = ${quant?.scale ?? 1} * ${zeroPoint === 0 ? 'code' : `(code - ${zeroPoint})`}`,
      dtype === 'int32'
        ? '--float-outputs int8 gives codes of a byte, over all that it can reach; a QuantizeLinear in the file gives finer ones.'
        : 'A QuantizeLinear in the file, with a scale from real inputs, gives finer codes.',
    );
  }

  #emitInt32(id: ValueId, node: Node, chain: Chain, result: Int32Result): Tensor {
    const { op, compiled, inputs, macs } = this.#build(node, chain, result);
    const { channels } = compiled;
    this.#ctx.emit(
      { ...chain.source.node, output: id },
      {
        op,
        inputs,
        macs,
        range: null,
        result: { dtype: 'int32', quant: this.#ctx.isOutput(id) ? quantOf(channels) : null },
        deviations: compiled.deviations,
      },
    );
    const tensor = { id, shape: chain.shape, zeroPoint: 0, channels };
    this.#tensors.set(id, tensor);
    return tensor;
  }

  #build(node: Node, { source, ops }: Chain, output: Quant | Int32Result) {
    const ctx = this.#ctx;
    const compile = (channels: readonly SumChannel[]): Compiled => {
      try {
        return compileReal(channels, ops, output);
      } catch (error) {
        if (!(error instanceof NoEpilogue)) throw error;
        return ctx.fail(node, 'E401', `it is computed in floating point, and ${error.message}`, needsQuantisation);
      }
    };
    switch (source.kind) {
      case 'conv':
        return this.#buildConvolution(source.node, source.op, output, compile);
      case 'tensor': {
        const compiled = compile(source.of.channels);
        const op: Int8Op = { kind: 'elementwise', inputZeroPoint: source.of.zeroPoint, epilogue: compiled.epilogue };
        return { op, compiled, inputs: [source.of.id, ...compiled.operands], macs: 0 };
      }
      case 'pool': {
        const { op: pool, of } = source;
        const divisors = divisorsOf(pool, of.shape, ctx.source(source.node.output).shape);
        const all = divisors.map((divisor) =>
          compile(
            of.channels.map(({ scale, lo, hi }) => ({
              scale: divide(scale, integer(divisor)),
              shift: zero,
              lo: divisor * (pool.countIncludePad ? Math.min(lo, 0) : lo),
              hi: divisor * (pool.countIncludePad ? Math.max(hi, 0) : hi),
            })),
          ),
        );
        const op: Int8Op = {
          kind: 'poolSums',
          window: pool.window,
          countIncludePad: pool.countIncludePad,
          inputZeroPoint: of.zeroPoint,
          divisors: Int32Array.from(divisors),
          epilogues: all.map((c) => c.epilogue),
        };
        if (all.length > 1 && 'terms' in output)
          ctx.fail(node, 'E401', 'its windows have several sizes, and its result is not quantised', needsQuantisation);
        return { op, compiled: joined(all), inputs: [of.id, ...all[0].operands], macs: 0 };
      }
    }
  }

  #buildConvolution(
    node: Node,
    op: Convolution,
    output: Quant | Int32Result,
    compile: (channels: readonly SumChannel[]) => Compiled,
  ) {
    const ctx = this.#ctx;
    // Biases are exact whatever the steps: `rest` holds what int32 does not.
    const step = 'terms' in output ? one : rational(output.scale);
    const { input, facts, channels } = prepareConvolution(ctx, node, op, step, true);
    warnOfLostBias(ctx, node, channels);
    const compiled = compile(
      channels.map(({ scale, rest, lo, hi }) => ({
        scale: multiply(scale, step),
        shift: rest === undefined ? zero : multiply(rest, step),
        lo,
        hi,
      })),
    );
    const bias = Int32Array.from(channels, (channel) => requireInt32(ctx, node, channel));
    const lowered: Int8Op = {
      kind: op.kind,
      window: op.window,
      groups: op.groups,
      weights: scaledWeights(
        facts,
        channels.map((c) => c.factor),
      ),
      bias,
      inputZeroPoint: input.quant.zeroPoint,
      requant: noRequant(op.outChannels),
      epilogue: compiled.epilogue,
    };
    return { op: lowered, compiled, inputs: [input.id, ...compiled.operands], macs: macsOf(ctx, node, op) };
  }
}

const repeat = (r: Rational, count: number): Rational[] => Array.from({ length: count }, () => r);

const extended = (chain: Chain, ops: readonly RealOp[]): Chain => ({ ...chain, ops: [...chain.ops, ...ops] });

function clampOps({ min, max }: Clamp): RealOp[] {
  if (min === -Infinity && max === Infinity) return [];
  const expr: Expr =
    min === 0 && max === Infinity ? { fn: 'relu', a: identityExpr } : { fn: 'clip', a: identityExpr, min, max };
  return [{ kind: 'function', expr }];
}

/** The least and the largest real number of any channel, 0 among them. */
function reachOf(channels: readonly SumChannel[]): readonly [number, number] {
  const ends = channels.flatMap(({ scale, lo, hi }) => [toNumber(scale) * lo, toNumber(scale) * hi]);
  return [ends.reduce((m, v) => Math.min(m, v), 0), ends.reduce((m, v) => Math.max(m, v), 0)];
}

/** Of int32 numbers with one unit. */
const quantOf = (channels: readonly SumChannel[]): Quant => ({
  scale: Math.fround(toNumber(channels[0].scale)),
  zeroPoint: 0,
});

function rangeOf({ codes }: Compiled): CodeRange {
  return { min: Int8Array.from(codes, (r) => r.lo), max: Int8Array.from(codes, (r) => r.hi) };
}

/** What the results of several divisors have in common. */
const joined = (all: readonly Compiled[]): Compiled => ({
  ...all[0],
  codes: all[0].codes.map((_, c) => ({
    lo: Math.min(...all.map((one_) => one_.codes[c].lo)),
    hi: Math.max(...all.map((one_) => one_.codes[c].hi)),
  })),
  deviations: {
    off: all.reduce((n, c) => n + c.deviations.off, 0),
    of: all.reduce((n, c) => n + c.deviations.of, 0),
  },
});
