/**
 * RawGraph with quantisation -> Graph: QuantizeLinear and DequantizeLinear disappear, each operator's result gets the
 * quantisation that the next QuantizeLinear gives it. What stands between a DequantizeLinear and a QuantizeLinear
 * and depends on one tensor becomes one function of its codes; Relu and Clip join the operator before them; moves of
 * data work on the codes. What is left in floating point is reported (E401).
 */

import type { Expr } from '../../ir/expr.js';
import { noClamp } from '../../ir/graph.js';
import type { Graph, GraphIo, Op, ValueId } from '../../ir/graph.js';
import { sameQuant } from '../../ir/tensor.js';
import type { Quant } from '../../ir/tensor.js';
import { maxExprSize, maxPendingDepth } from '../../import/limits.js';
import type { ProblemList } from '../../import/problems.js';
import type { RawGraph, RawId, RawNode, RawValue } from '../../import/raw-graph.js';
import { affineAsConvolution, affineOfBinary, foldIntoConvolution } from '../../ir/channel-affine.js';
import type { ChannelAffine } from '../../ir/channel-affine.js';
import {
  clampOf,
  compose,
  exprSize,
  identityExpr,
  isIdentity,
  isNonDecreasing,
  losslessQuant,
  rereadExpr,
} from './expr.js';
import { GraphBuilder } from './graph-builder.js';
import { isMove, isOnGrid } from './moves.js';
import type { QuantCell } from './graph-builder.js';
import { sameBase } from './real.js';
import type { Codes, Pending, RealCodes, RealValue, Root, Source } from './real.js';
import { outputQuant, realOutput } from './outputs.js';
import { readWithoutQuantisation, Realiser, staysReal } from './realise.js';

export function resolveQuantised(raw: RawGraph, problems: ProblemList): Graph {
  return new Resolver(raw, problems).run();
}

class Resolver {
  readonly #raw: RawGraph;
  readonly #problems: ProblemList;
  readonly #graph = new GraphBuilder();
  readonly #realiser: Realiser;
  readonly #codes = new Map<RawId, Codes>();
  readonly #reals = new Map<RawId, RealValue>();
  /** int32 results of ArgMax. */
  readonly #indices = new Map<RawId, ValueId>();

  constructor(raw: RawGraph, problems: ProblemList) {
    this.#raw = raw;
    this.#problems = problems;
    this.#realiser = new Realiser(this.#graph, problems);
  }

  run(): Graph {
    const inputs = this.#raw.inputs.map((io): GraphIo => {
      const v = this.#raw.values[io.value];
      const cell: QuantCell = { quant: null };
      const codes = { value: this.#graph.value(v.name, v.shape, 'int8', cell), cell };
      if (v.domain === 'codes') this.#codes.set(v.id, codes);
      else this.#reals.set(v.id, this.#pendingReal(null, null, v, [codes]));
      return { value: codes.value, name: io.name, layout: io.layout };
    });
    for (const node of this.#raw.nodes) this.#resolve(node);
    const taken = new Set(inputs.map((io) => io.value));
    const outputs = this.#raw.outputs.map((io): GraphIo => {
      const value = this.#output(io.value);
      const own = taken.has(value) ? this.#copy(value, io.name) : value;
      taken.add(own);
      return { value: own, name: io.name, layout: io.layout };
    });
    return this.#graph.build(this.#raw.name, inputs, outputs);
  }

  #value(id: RawId): RawValue {
    return this.#raw.values[id];
  }

  #pendingReal(node: RawNode | null, op: Op | null, v: RawValue, operands: Root['operands'], depth = 0): RealValue {
    const root: Root = { node, op, name: v.name, shape: v.shape, operands, realised: new Map(), real: null, depth };
    return { base: { kind: 'pending', root, link: null }, expr: identityExpr, node, name: v.name };
  }

  #real(id: RawId): RealValue {
    const x = this.#reals.get(id);
    if (x === undefined) throw new Error(`real value ${id} is read before it is written`);
    return x;
  }

  #resolve(node: RawNode): void {
    const { op } = node;
    const v = this.#value(node.output);
    switch (op.kind) {
      case 'quantise':
        this.#codes.set(node.output, this.#realiser.codes(this.#real(node.inputs[0]), op.quant, node.name));
        return;
      case 'dequantise':
        this.#reals.set(node.output, this.#dequantise(node, op.quant));
        return;
      case 'unary':
        this.#reals.set(node.output, this.#apply(node, this.#real(node.inputs[0]), op.expr));
        return;
      case 'affine':
        this.#reals.set(node.output, this.#affine(node, this.#real(node.inputs[0]), op));
        return;
      case 'binary':
        this.#reals.set(node.output, this.#binary(node, op));
        return;
      case 'argMax':
        this.#argMax(node, op);
        return;
    }
    const domain = this.#value(node.inputs[0]).domain;
    if (domain === 'index') return this.#moveIndices(node, op);
    if (domain === 'codes') {
      this.#codes.set(
        node.output,
        this.#moveCodes(
          node,
          op,
          node.inputs.map((i) => this.#codesOf(i)),
        ),
      );
      return;
    }
    const inputs = node.inputs.map((i) =>
      this.#value(i).constant === null ? this.#real(i) : this.#constantReal(node, i),
    );
    this.#reals.set(
      node.output,
      isMove(op)
        ? this.#moveReal(node, op, inputs, v)
        : this.#pendingReal(
            node,
            op,
            v,
            inputs.map((x) =>
              staysReal(op) && op.kind !== 'conv2d' ? this.#anyOperand(x, node) : this.#operand(x, node),
            ),
          ),
    );
  }

  #codesOf(id: RawId): Codes {
    const c = this.#codes.get(id);
    if (c === undefined) throw new Error(`codes ${id} are read before they are written`);
    return c;
  }

  /** Codes as real numbers. A second, different scale re-reads the same codes. */
  #dequantise(node: RawNode, quant: Quant): RealValue {
    const codes = this.#codesOf(node.inputs[0]);
    codes.cell.quant ??= quant;
    const own = codes.cell.quant;
    const base: Source = { kind: 'source', codes };
    const name = this.#value(node.output).name;
    if (sameQuant(own, quant)) return { base, expr: identityExpr, node, name };
    const x: RealValue = { base, expr: rereadExpr(own, quant), node, name };
    return {
      base: { kind: 'source', codes: this.#realiser.codes(x, quant, node.name) },
      expr: identityExpr,
      node,
      name,
    };
  }

  #apply(node: RawNode, x: RealValue, expr: Expr): RealValue {
    const joined = compose(expr, x.expr);
    if (exprSize(joined) > maxExprSize) {
      this.#realiser.needsQuantisation(x, 'is followed by too many operators without a quantisation');
      return { ...x, node, name: this.#value(node.output).name };
    }
    return { base: x.base, expr: joined, node, name: this.#value(node.output).name };
  }

  /** Codes that an operator can read; E401 where the value is not quantised. */
  #operand(x: RealValue, reader: RawNode): Codes {
    const { base } = x;
    if (base.kind === 'source') {
      if (isIdentity(x.expr)) return base.codes;
      const quant = base.codes.cell.quant === null ? null : losslessQuant(x.expr, base.codes.cell.quant);
      if (quant !== null) return this.#realiser.codes(x, quant, x.node?.name ?? reader.name);
    }
    const { at, why } = readWithoutQuantisation(x, reader);
    this.#realiser.needsQuantisation(at, why);
    // Stands in, with no quantisation of its own, so that readers behind are checked as well.
    return { value: this.#realiser.codes(x, { scale: 1, zeroPoint: 0 }, reader.name).value, cell: { quant: null } };
  }

  /** Codes, or a real number of the graph, for an operator that reads either. */
  #anyOperand(x: RealValue, reader: RawNode): Codes | RealCodes {
    const { base } = x;
    const isCodes = base.kind === 'source' && (isIdentity(x.expr) || this.#lossless(x) !== null);
    return (isCodes ? null : this.#realiser.real(x)) ?? this.#operand(x, reader);
  }

  #lossless({ base, expr }: RealValue): Quant | null {
    if (base.kind !== 'source' || base.codes.cell.quant === null) return null;
    return losslessQuant(expr, base.codes.cell.quant);
  }

  // --- two operands ----------------------------------------------------------------------------------------

  #binary(node: RawNode, op: Extract<Op, { kind: 'binary' }>): RealValue {
    const [a, b] = node.inputs;
    const constants = [this.#value(a).constant, this.#value(b).constant];
    const v = this.#value(node.output);
    if (constants[0] === null && constants[1] === null) {
      const [x, y] = [this.#real(a), this.#real(b)];
      if (sameBase(x.base, y.base)) {
        const expr: Expr = { fn: op.fn, a: x.expr, b: y.expr };
        if (exprSize(expr) <= maxExprSize) return { base: x.base, expr, node, name: v.name };
      }
      if (op.fn === 'div')
        this.#problems.error(
          'E204',
          'dividing one tensor by another is not supported in a quantised network',
          node.name,
        );
      const operand = (z: RealValue): Codes | RealCodes =>
        staysReal(op) ? this.#anyOperand(z, node) : this.#operand(z, node);
      return this.#pendingReal(node, op, v, [operand(x), operand(y)]);
    }
    const first = constants[0] !== null;
    const constant = (constants[0] ?? constants[1]) as NonNullable<RawValue['constant']>;
    const tensor = first ? b : a;
    const x = this.#real(tensor);
    const constantShape = this.#value(first ? a : b).shape;
    const shape = this.#value(tensor).shape;
    const isPerChannel = constantShape.h === 1 && constantShape.w === 1 && constantShape.c === shape.c;
    const affine = isPerChannel ? affineOfBinary(op.fn, constant.real, first) : null;
    if (affine !== null && (constant.codes === null || this.#foldable(x) !== null))
      return this.#affine(node, x, affine);
    const operand = this.#operand(x, node);
    const other = this.#constant(node, first ? a : b);
    return this.#pendingReal(node, op, v, first ? [other, operand] : [operand, other]);
  }

  /** A constant operand as int8 codes; E401 where the file leaves it in floating point. */
  #constant(node: RawNode, id: RawId): Codes {
    const { name, shape, constant } = this.#value(id);
    const codes = constant?.codes ?? null;
    const quant = constant?.quant ?? null;
    if (codes === null || quant === null) {
      this.#problems.error(
        'E401',
        `its constant '${name}' is in floating point`,
        node.name,
        'Quantise constants that meet whole tensors, as ONNX Runtime does.',
      );
    }
    const cell = { quant: quant ?? { scale: 1, zeroPoint: 0 } };
    return {
      value: this.#graph.value(name, shape, 'int8', cell, codes ?? new Int8Array(shape.h * shape.w * shape.c)),
      cell,
    };
  }

  #constantReal(node: RawNode, id: RawId): RealValue {
    return {
      base: { kind: 'source', codes: this.#constant(node, id) },
      expr: identityExpr,
      node: null,
      name: this.#value(id).name,
    };
  }

  /** The convolution that a per-channel function can join: not moved, not clamped, not quantised yet. */
  #foldable(x: RealValue): Root | null {
    const { base } = x;
    if (base.kind === 'source' || base.link !== null || base.root.op === null || !isIdentity(x.expr)) return null;
    const { op } = base.root;
    return (op.kind === 'conv2d' || op.kind === 'convTranspose2d') && op.clamp === noClamp ? base.root : null;
  }

  #affine(node: RawNode, x: RealValue, affine: ChannelAffine): RealValue {
    const v = this.#value(node.output);
    const root = this.#foldable(x);
    if (root !== null && root.op !== null && (root.op.kind === 'conv2d' || root.op.kind === 'convTranspose2d')) {
      return this.#pendingReal(
        root.node,
        foldIntoConvolution(root.op, affine),
        { ...v, shape: root.shape },
        root.operands,
        root.depth,
      );
    }
    return this.#pendingReal(node, affineAsConvolution(affine, true), v, [this.#anyOperand(x, node)]);
  }

  // --- moves -----------------------------------------------------------------------------------------------

  #emitMove(node: RawNode, op: Op, inputs: readonly Codes[], cell: QuantCell): Codes {
    const v = this.#value(node.output);
    return {
      value: this.#graph.node(
        node.name,
        op,
        inputs.map((c) => c.value),
        { name: v.name, shape: v.shape, dtype: 'int8', cell },
      ),
      cell,
    };
  }

  /** A move, or a resize, written on int8 tensors themselves. */
  #moveCodes(node: RawNode, op: Op, inputs: readonly Codes[]): Codes {
    if (!isMove(op) && op.kind !== 'resize') {
      this.#problems.error('E204', `${node.source} of int8 numbers is not supported`, node.name);
      return inputs[0];
    }
    const [{ cell }] = inputs;
    for (const other of inputs.slice(1)) {
      if (other.cell === cell) continue;
      cell.quant ??= other.cell.quant;
      other.cell.quant ??= cell.quant;
      if (cell.quant !== null && other.cell.quant !== null && !sameQuant(cell.quant, other.cell.quant)) {
        this.#problems.error('E403', 'it joins int8 tensors of different scales without requantising them', node.name);
      }
    }
    if (op.kind !== 'pad') return this.#emitMove(node, op, inputs, cell);
    // The file gives the pad as a code.
    cell.quant ??= { scale: 1, zeroPoint: 0 };
    return this.#emitMove(node, { ...op, value: cell.quant.scale * (op.value - cell.quant.zeroPoint) }, inputs, cell);
  }

  /** A move of real numbers: on codes where they exist, behind the pending operator where they do not. */
  #moveReal(node: RawNode, op: Op, inputs: readonly RealValue[], v: RawValue): RealValue {
    if (op.kind === 'concat') return this.#concat(node, op, inputs, v);
    const [x] = inputs;
    const { base } = x;
    if (op.kind === 'maxPool' && !isNonDecreasing(x.expr)) {
      // Rounding is monotone: the largest code, where the operand is rounded as the result is.
      const depth = 1 + (base.kind === 'pending' ? base.root.depth : 0);
      const isOperand = depth > maxPendingDepth || this.#lossless(x) !== null;
      return this.#pendingReal(node, op, v, [isOperand ? this.#operand(x, node) : x], isOperand ? 0 : depth);
    }
    if (op.kind === 'pad') return this.#pad(node, op, x, v);
    if (base.kind === 'source') {
      const codes = this.#emitMove(node, op, [base.codes], base.codes.cell);
      return { ...x, base: { kind: 'source', codes }, node: isIdentity(x.expr) ? node : x.node, name: v.name };
    }
    return this.#linked(node, op, base, x, v);
  }

  #linked(node: RawNode, op: Op, base: Pending, x: RealValue, v: RawValue): RealValue {
    const link = { parent: base.link, node, op, name: v.name, shape: v.shape, realised: new Map<string, Codes>() };
    return { ...x, base: { kind: 'pending', root: base.root, link }, node, name: v.name };
  }

  #pad(node: RawNode, op: Extract<Op, { kind: 'pad' }>, x: RealValue, v: RawValue): RealValue {
    const { base } = x;
    const clamp = clampOf(x.expr);
    const survives = op.mode !== 'constant' || (clamp !== null && op.value >= clamp.min && op.value <= clamp.max);
    if (base.kind === 'pending' && survives) return this.#linked(node, op, base, x, v);
    if (base.kind === 'source' && survives) {
      const { cell } = base.codes;
      if (op.mode !== 'constant' || (cell.quant !== null && isOnGrid(op.value, cell.quant))) {
        return {
          ...x,
          base: { kind: 'source', codes: this.#emitMove(node, op, [base.codes], cell) },
          node: isIdentity(x.expr) ? node : x.node,
          name: v.name,
        };
      }
    }
    return this.#pendingReal(node, op, v, [this.#operand(x, node)]);
  }

  #concat(node: RawNode, op: Op, inputs: readonly RealValue[], v: RawValue): RealValue {
    const [{ base }] = inputs;
    const alike = inputs.every(
      (x) =>
        x.base.kind === 'source' &&
        isIdentity(x.expr) &&
        base.kind === 'source' &&
        x.base.codes.cell.quant !== null &&
        base.codes.cell.quant !== null &&
        sameQuant(x.base.codes.cell.quant, base.codes.cell.quant),
    );
    if (alike && base.kind === 'source') {
      const codes = this.#emitMove(
        node,
        op,
        inputs.map((x) => (x.base as Source).codes),
        base.codes.cell,
      );
      return { base: { kind: 'source', codes }, expr: identityExpr, node, name: v.name };
    }
    const depth = 1 + Math.max(...inputs.map((x) => (x.base.kind === 'pending' ? x.base.root.depth : 0)));
    if (depth > maxPendingDepth) {
      this.#realiser.needsQuantisation(inputs[0], 'is followed by too many operators without a quantisation');
      return this.#pendingReal(
        node,
        op,
        v,
        inputs.map((x) => this.#operand(x, node)),
      );
    }
    return this.#pendingReal(node, op, v, inputs, depth);
  }

  // --- results that are not int8 ---------------------------------------------------------------------------

  /** Softmax, Sigmoid and other increasing functions do not change which element is largest. */
  #argMax(node: RawNode, op: Op): void {
    const [input] = node.inputs;
    let codes: Codes;
    if (this.#value(input).domain === 'codes') {
      codes = this.#codesOf(input);
    } else {
      const x = this.#real(input);
      const { base } = x;
      const isStrict =
        isIdentity(x.expr) || ((x.expr.fn === 'sigmoid' || x.expr.fn === 'tanh') && isIdentity(x.expr.a));
      const softmax =
        base.kind === 'pending' && base.link === null && base.root.op?.kind === 'softmax' && isStrict
          ? base.root
          : null;
      if (softmax !== null) codes = softmax.operands[0] as Codes;
      else codes = this.#operand(isStrict && base.kind === 'source' ? { ...x, expr: identityExpr } : x, node);
    }
    const v = this.#value(node.output);
    this.#indices.set(
      node.output,
      this.#graph.node(node.name, op, [codes.value], { name: v.name, shape: v.shape, dtype: 'int32', cell: null }),
    );
  }

  #moveIndices(node: RawNode, op: Op): void {
    const source = this.#indices.get(node.inputs[0]);
    if (source === undefined) throw new Error('indices are read before they are written');
    const v = this.#value(node.output);
    if (op.kind !== 'reshape')
      this.#problems.error('E204', `${node.source} of the indices of ArgMax is not supported`, node.name);
    this.#indices.set(
      node.output,
      this.#graph.node(node.name, op, [source], { name: v.name, shape: v.shape, dtype: 'int32', cell: null }),
    );
  }

  #output(id: RawId): ValueId {
    const v = this.#value(id);
    const index = this.#indices.get(id);
    if (index !== undefined) return index;
    if (v.domain === 'codes') return this.#codesOf(id).value;
    const x = this.#real(id);
    const quant = outputQuant(x, this.#problems);
    if (quant !== null) return this.#realiser.codes(x, quant, x.node?.name ?? v.name).value;
    const real = realOutput(x, this.#graph, this.#realiser);
    if (real !== null) return real;
    this.#realiser.needsQuantisation(x, 'is an output of the network and is not quantised');
    return this.#realiser.codes(x, { scale: 1, zeroPoint: 0 }, v.name).value;
  }

  /** An output that is also an input, or another output, gets bytes of its own. */
  #copy(value: ValueId, name: string): ValueId {
    const dtype = this.#graph.dtype(value);
    const cell = dtype === 'int8' ? this.#graph.cell(value) : null;
    const op: Op = dtype === 'int8' ? { kind: 'unary', expr: identityExpr } : { kind: 'reshape' };
    return this.#graph.node(`copy_${name}`, op, [value], { name, shape: this.#graph.shape(value), dtype, cell });
  }
}
