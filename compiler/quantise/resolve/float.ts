/**
 * RawGraph -> Graph in which everything stays as the file has it: floating point where it is float, int8 where it is
 * quantised. Chains of elementwise functions become one node; a QuantizeLinear becomes the quantisation of the result
 * before it, or a node that changes nothing else. `resolveQuantised` is the stricter form for networks that are
 * quantised throughout.
 */

import { affineAsConvolution } from '../../ir/channel-affine.js';
import type { Expr } from '../../ir/expr.js';
import { floatWeights, type Graph, type GraphIo, type Op, type ValueId } from '../../ir/graph.js';
import { type Quant, sameQuant } from '../../ir/tensor.js';
import { maxExprSize } from '../../import/limits.js';
import type { ProblemList } from '../../import/problems.js';
import type { RawGraph, RawId, RawNode, RawValue } from '../../import/raw-graph.js';
import { compose, exprSize, identityExpr, isIdentity, rereadExpr } from './expr.js';
import { GraphBuilder, type QuantCell } from './graph-builder.js';
import { isMove } from './moves.js';

/** f(value), not computed until something needs it. */
interface Lazy {
  readonly value: ValueId;
  readonly expr: Expr;
  readonly node: RawNode | null;
  computed: ValueId | null;
}

export function resolveFloat(raw: RawGraph, problems: ProblemList): Graph {
  return new FloatResolver(raw, problems).run();
}

class FloatResolver {
  readonly #raw: RawGraph;
  readonly #problems: ProblemList;
  readonly #graph = new GraphBuilder();
  readonly #lazies = new Map<RawId, Lazy>();
  /** Results of QuantizeLinear by what they read and how: files may repeat one for each reader. */
  readonly #quantised = new Map<string, ValueId>();
  readonly #isMixed: boolean;

  constructor(raw: RawGraph, problems: ProblemList) {
    this.#raw = raw;
    this.#problems = problems;
    this.#isMixed = raw.nodes.some((n) => n.op.kind === 'quantise' || n.op.kind === 'dequantise');
  }

  run(): Graph {
    for (const v of this.#raw.values) if (v.constant !== null) this.#hold(v.id, this.#constant(v), null);
    const inputs = this.#raw.inputs.map((io): GraphIo => {
      const value = this.#declare(this.#raw.values[io.value]);
      this.#hold(io.value, value, null);
      return { value, name: io.name, layout: io.layout };
    });
    for (const node of this.#raw.nodes) this.#resolve(node);
    const outputs = this.#raw.outputs.map((io) => ({ ...io, value: this.#compute(io.value) }));
    return this.#graph.build(this.#raw.name, inputs, outputs);
  }

  #declare({ name, shape, domain }: RawValue): ValueId {
    return domain === 'codes'
      ? this.#graph.value(name, shape, 'int8', { quant: null })
      : this.#graph.value(name, shape, domain === 'index' ? 'int32' : 'float32', null);
  }

  /** In a float network a constant that only was stored as integers is its real numbers. */
  #constant({ name, shape, constant }: RawValue): ValueId {
    if (constant === null) throw new Error(`${name} is no constant`);
    const { codes, quant, real } = constant;
    return this.#isMixed && codes !== null && quant !== null
      ? this.#graph.value(name, shape, 'int8', { quant }, codes)
      : this.#graph.value(name, shape, 'float32', null, real);
  }

  #hold(id: RawId, value: ValueId, node: RawNode | null): void {
    this.#lazies.set(id, { value, expr: identityExpr, node, computed: value });
  }

  #lazy(id: RawId): Lazy {
    const found = this.#lazies.get(id);
    if (found === undefined) throw new Error(`raw value ${id} is read before it is written`);
    return found;
  }

  readonly #compute = (id: RawId): ValueId => {
    const x = this.#lazy(id);
    if (x.computed === null) {
      const { name, shape } = this.#raw.values[id];
      x.computed = isIdentity(x.expr)
        ? x.value
        : this.#graph.node(x.node?.name ?? name, { kind: 'unary', expr: x.expr }, [x.value], {
            name,
            shape,
            dtype: 'float32',
            cell: null,
          });
    }
    return x.computed;
  };

  #resolve(node: RawNode): void {
    const { op } = node;
    if (op.kind === 'quantise') return this.#quantise(node, op.quant);
    if (op.kind === 'dequantise') return this.#dequantise(node, op.quant);
    if (this.#raw.values[node.inputs[0]].domain === 'codes' && op.kind !== 'argMax') return this.#moveCodes(node);
    const joined = this.#elementwise(node);
    if (joined !== null && exprSize(joined.expr) <= maxExprSize) {
      this.#lazies.set(node.output, { ...joined, node, computed: null });
      return;
    }
    const { name, shape, domain } = this.#raw.values[node.output];
    const dtype = domain === 'index' ? 'int32' : 'float32';
    const inputs = node.inputs.map(this.#compute);
    const value = this.#graph.node(node.name, floatOp(node, this.#isMixed), inputs, { name, shape, dtype, cell: null });
    this.#hold(node.output, value, node);
  }

  #quantise(node: RawNode, quant: Quant): void {
    const { value: from, expr } = this.#lazy(node.inputs[0]);
    const key = `${node.inputs[0]},${quant.scale},${quant.zeroPoint}`;
    const known = this.#quantised.get(key);
    const own = this.#graph.cell(from)?.quant ?? null;
    if (known !== undefined) return this.#hold(node.output, known, node);
    if (isIdentity(expr) && own !== null && sameQuant(own, quant)) return this.#hold(node.output, from, node);
    const { name, shape } = this.#raw.values[node.output];
    const source = this.#lazy(node.inputs[0]);
    const result = { name, shape, dtype: 'int8' as const, cell: { quant } };
    // A function that others read as well is computed for them; here it is part of the change of quantisation.
    const value = this.#graph.node(node.name, { kind: 'unary', expr: source.expr }, [source.value], result);
    this.#quantised.set(key, value);
    this.#hold(node.output, value, node);
  }

  /** The codes as real numbers: themselves, or another reading of them. */
  #dequantise(node: RawNode, quant: Quant): void {
    const { value } = this.#lazy(node.inputs[0]);
    const cell = this.#cell(value);
    cell.quant ??= quant;
    if (sameQuant(cell.quant, quant)) return this.#hold(node.output, value, node);
    this.#lazies.set(node.output, { value, expr: rereadExpr(cell.quant, quant), node, computed: null });
  }

  #cell(value: ValueId): QuantCell {
    const cell = this.#graph.cell(value);
    if (cell === null) throw new Error(`value ${value} has no codes`);
    return cell;
  }

  /** A move written on int8 tensors themselves: the codes keep their quantisation. */
  #moveCodes(node: RawNode): void {
    const { op } = node;
    const values = node.inputs.map((id) => this.#lazy(id).value);
    const cell = this.#cell(values[0]);
    for (const value of values) cell.quant ??= this.#cell(value).quant;
    for (const value of values) this.#cell(value).quant ??= cell.quant;
    const quants = values.map((value) => this.#cell(value).quant);
    if (op.kind === 'quantise' || op.kind === 'dequantise' || op.kind === 'affine' || !isMove(op)) {
      this.#problems.error('E204', `${node.source} of int8 numbers is not supported`, node.name);
      return this.#hold(node.output, values[0], node);
    }
    if (quants.some((q) => q !== null && cell.quant !== null && !sameQuant(q, cell.quant)))
      this.#problems.error('E403', 'it joins int8 tensors of different scales without requantising them', node.name);
    // The file gives the pad as a code.
    if (op.kind === 'pad') cell.quant ??= { scale: 1, zeroPoint: 0 };
    const moved: Op =
      op.kind === 'pad' && cell.quant !== null
        ? { ...op, value: cell.quant.scale * (op.value - cell.quant.zeroPoint) }
        : op;
    const { name, shape } = this.#raw.values[node.output];
    this.#hold(node.output, this.#graph.node(node.name, moved, values, { name, shape, dtype: 'int8', cell }), node);
  }

  /** The node as a function of one value, where it is one. */
  #elementwise(node: RawNode): { value: ValueId; expr: Expr } | null {
    const { op } = node;
    if (op.kind !== 'unary' && op.kind !== 'binary') return null;
    const a = this.#lazy(node.inputs[0]);
    if (op.kind === 'unary') return { value: a.value, expr: compose(op.expr, a.expr) };
    const b = this.#lazy(node.inputs[1]);
    if (a.value !== b.value || (isIdentity(a.expr) && isIdentity(b.expr) && node.inputs[0] !== node.inputs[1]))
      return null;
    return { value: a.value, expr: { fn: op.fn, a: a.expr, b: b.expr } };
  }
}

function floatOp({ op }: RawNode, keepsCodes: boolean): Op {
  if (op.kind === 'affine') return affineAsConvolution(op, false);
  if (op.kind === 'quantise' || op.kind === 'dequantise') throw new Error('it is resolved on its own');
  if (keepsCodes || (op.kind !== 'conv2d' && op.kind !== 'convTranspose2d')) return op;
  // Weights may only be stored as integers.
  return { ...op, weights: { kind: 'float', data: floatWeights(op) } };
}
