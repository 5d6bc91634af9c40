/** Gives a real value a quantisation: emits the nodes that compute its codes. */

import { clampAfter } from '../../ir/clamp.js';
import { evaluate } from '../../ir/evaluate.js';
import type { Expr } from '../../ir/expr.js';
import { noClamp } from '../../ir/graph.js';
import type { Clamp, Op, ValueId } from '../../ir/graph.js';
import { sameQuant } from '../../ir/tensor.js';
import type { Quant, Shape } from '../../ir/tensor.js';
import type { ProblemList } from '../../import/problems.js';
import type { RawNode } from '../../import/raw-graph.js';
import { foldIntoConvolution } from '../../ir/channel-affine.js';
import { clampedLinear, compose, identityExpr, isIdentity, isNonDecreasing } from './expr.js';
import type { GraphBuilder, QuantCell } from './graph-builder.js';
import type { Codes, Link, Pending, RealCodes, RealValue, Root } from './real.js';

const keyOf = (quant: Quant, clamp: Clamp): string => `${quant.scale},${quant.zeroPoint},${clamp.min},${clamp.max}`;

/** A function as text; JSON has no infinities. */
const exprKey = (expr: Expr): string =>
  JSON.stringify(expr, (_, v: unknown) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v));

/** Operators that clamp their result themselves. */
type Clampable = Extract<Op, { clamp: Clamp }>;
const isClampable = (op: Op): op is Clampable => 'clamp' in op;

/** Whether an operator's result may stay a real number: the lowering finds an integer form. */
export function staysReal(op: Op | null): boolean {
  switch (op?.kind) {
    case 'conv2d':
    case 'convTranspose2d':
    case 'prelu':
    case 'averagePool':
      return true;
    case 'binary':
      return op.fn === 'add' || op.fn === 'sub' || op.fn === 'mul';
    default:
      return false;
  }
}

/**
 * E401's words for a real value that an operator can only read as codes. A node that became several operators is not
 * its own reader: what entered the first of them is named.
 */
export function readWithoutQuantisation(x: RealValue, reader: RawNode): { readonly at: RealValue; why: string } {
  const isOwn = x.node?.name === reader.name;
  const at = isOwn && x.base.kind === 'pending' ? { ...x, node: x.base.root.node, name: x.base.root.name } : x;
  const into =
    at.node?.name === reader.name ? 'a later step of the same operator' : `${reader.source} '${reader.name}'`;
  return { at, why: `goes into ${into} without being quantised` };
}

/**
 * The way out for a real value that needs a quantisation: where a convolution or another operator that may end in real
 * numbers stands before it, the network can be cut there.
 */
function quantiseOrCut(x: RealValue): string {
  const whole =
    'Give typical inputs (--calibrate images/) and rivulet quantises this part too, or quantise the whole network, e.g. with ' +
    'onnxruntime.quantization.quantize_static for all operator types';
  const cut = cutBefore(x);
  return cut === null
    ? `${whole}.`
    : `${whole}; or cut it there, and compute the rest in your own code from its int32 sums: --outputs ${cut}, ` +
        'with the other outputs that are wanted.';
}

function cutBefore({ base }: RealValue): string | null {
  if (base.kind !== 'pending') return null;
  const { root } = base;
  if (staysReal(root.op)) return root.name;
  for (const operand of root.operands) {
    const name = 'base' in operand ? cutBefore(operand) : null;
    if (name !== null) return name;
  }
  return null;
}

export class Realiser {
  readonly #graph: GraphBuilder;
  readonly #problems: ProblemList;
  readonly #reported = new Set<string>();
  readonly #tables = new Map<string, Codes>();
  readonly #inputQuants = new Map<Root, Quant>();

  constructor(graph: GraphBuilder, problems: ProblemList) {
    this.#graph = graph;
    this.#problems = problems;
  }

  /** Codes of a real value under a quantisation. A problem (E401) leaves codes that must not be used. */
  codes(x: RealValue, quant: Quant, nodeName: string): Codes {
    if (x.base.kind === 'source')
      return this.#table(
        x.base.codes,
        x.expr,
        quant,
        x.node === null || isIdentity(x.expr) ? nodeName : x.node.name,
        x.name,
      );
    return this.#pending(x.base, x, quant);
  }

  /** Names the node whose result would have to be quantised, once each; `why` says what happens to the result. */
  needsQuantisation(x: RealValue, why: string): void {
    const subject = x.node?.name ?? x.name;
    if (this.#reported.has(subject)) return;
    this.#reported.add(subject);
    const what =
      x.node === null
        ? 'this input is in floating point: it'
        : `${x.node.source} is computed in floating point: its result '${x.name}'`;
    this.#problems.error('E401', `${what} ${why}`, subject, quantiseOrCut(x));
  }

  /** expr of existing codes as a table; nothing where it changes nothing. */
  #table(from: Codes, expr: Expr, quant: Quant, nodeName: string, name: string): Codes {
    if (isIdentity(expr) && from.cell.quant !== null && sameQuant(from.cell.quant, quant)) return from;
    const key = `${from.value}|${exprKey(expr)}|${keyOf(quant, noClamp)}`;
    let made = this.#tables.get(key);
    if (made === undefined) {
      made = this.#emit({ kind: 'unary', expr }, [from], quant, nodeName, name, this.#graph.shape(from.value));
      this.#tables.set(key, made);
    }
    return made;
  }

  #emit(
    op: Op,
    inputs: readonly (Codes | RealCodes)[],
    quant: Quant,
    nodeName: string,
    name: string,
    shape: Shape,
  ): Codes {
    const cell: QuantCell = { quant };
    return {
      value: this.#graph.node(
        nodeName,
        op,
        inputs.map((c) => c.value),
        { name, shape, dtype: 'int8', cell },
      ),
      cell,
    };
  }

  #pending({ root, link }: Pending, x: RealValue, quant: Quant): Codes {
    const chosen = root.op?.kind === 'maxPool' ? root.operands[0] : null;
    if (chosen !== null && 'base' in chosen && !isIdentity(x.expr) && isNonDecreasing(x.expr)) {
      // The function of the largest is the largest of the function.
      const key = `${keyOf(quant, noClamp)},${exprKey(x.expr)}`;
      return this.#moved(root, link, x.expr, quant, key, () =>
        this.#root({ ...root, operands: [{ ...chosen, expr: compose(x.expr, chosen.expr) }] }, root.op, noClamp, quant),
      );
    }
    const maximum = maximumIn(link);
    if (maximum !== null && !isNonDecreasing(x.expr)) {
      // On this side of the pool the function would make the least of a window out of its largest.
      const at = { ...x, node: maximum.node, name: maximum.name };
      this.needsQuantisation(at, 'goes into functions that decrease somewhere, without being quantised');
      return this.#root({ ...root, realised: new Map() }, root.op, noClamp, quant);
    }
    const linear = clampedLinear(x.expr);
    const isPlain = linear !== null && linear.scale === 1 && linear.shift === 0;
    const folds =
      linear !== null &&
      root.op !== null &&
      (root.op.kind === 'conv2d' || root.op.kind === 'convTranspose2d') &&
      root.op.clamp === noClamp;
    if (linear === null || (!isPlain && !folds)) {
      if (staysReal(root.op)) return this.#function(root, link, x.expr, quant);
      const at = { ...x, node: root.node, name: root.name };
      this.needsQuantisation(at, `goes into ${x.node?.source ?? 'another operator'} without being quantised first`);
      return this.#root({ ...root, realised: new Map() }, root.op, noClamp, quant);
    }
    const key = `${keyOf(quant, linear.clamp)},${linear.scale},${linear.shift}`;
    return this.#moved(root, link, x.expr, quant, key, () => {
      const op = isPlain || root.op === null ? root.op : scaledConvolution(root.op, linear.scale, linear.shift);
      return this.#root(root, op, linear.clamp, quant);
    });
  }

  /** The codes of a root (made once for each key), then the moves behind it. */
  #moved(root: Root, link: Link | null, expr: Expr, quant: Quant, key: string, make: () => Codes): Codes {
    const links: Link[] = [];
    let at = link;
    while (at !== null && !at.realised.has(key)) {
      links.push(at);
      at = at.parent;
    }
    let result = at?.realised.get(key) ?? root.realised.get(key);
    if (result === undefined) {
      result = make();
      root.realised.set(key, result);
    }
    for (const l of links.reverse()) {
      result = this.#emit(movedOp(l.op, expr), [result], quant, l.node.name, l.name, l.shape);
      l.realised.set(key, result);
    }
    return result;
  }

  // --- real numbers ----------------------------------------------------------------------------------------

  /** Codes of a function of a root's real result: rounding comes last. */
  #function(root: Root, link: Link | null, expr: Expr, quant: Quant): Codes {
    const key = `${keyOf(quant, noClamp)},${exprKey(expr)}`;
    return this.#moved(root, link, expr, quant, key, () =>
      this.#emit(
        { kind: 'unary', expr },
        [this.#realRoot(root)],
        quant,
        root.node?.name ?? root.name,
        root.name,
        root.shape,
      ),
    );
  }

  /** A real value as a real number of the graph; null where it has no integer form unless it is quantised. */
  real(x: RealValue): RealCodes | null {
    const { base } = x;
    if (base.kind === 'pending' && (base.link !== null || !staysReal(base.root.op))) return null;
    const from: Codes | RealCodes = base.kind === 'source' ? base.codes : this.#realRoot(base.root);
    if (isIdentity(x.expr)) return base.kind === 'source' ? null : (from as RealCodes);
    const key = `real ${from.value}|${exprKey(x.expr)}`;
    let made = this.#reals.get(key);
    if (made === undefined) {
      const shape = this.#graph.shape(from.value);
      const op: Op = { kind: 'unary', expr: x.expr };
      made = this.#realNode(x.node?.name ?? x.name, op, [from.value], x.name, shape);
      this.#reals.set(key, made);
    }
    return made;
  }

  readonly #reals = new Map<string, RealCodes>();

  #realRoot(root: Root): RealCodes {
    root.real ??= this.#realNode(
      root.node?.name ?? root.name,
      root.op!,
      root.operands.map((o) => (o as Codes | RealCodes).value),
      root.name,
      root.shape,
    ).value;
    return { value: root.real, cell: null };
  }

  #realNode(nodeName: string, op: Op, inputs: readonly ValueId[], name: string, shape: Shape): RealCodes {
    const value = this.#graph.node(nodeName, op, inputs, { name, shape, dtype: 'float32', cell: null });
    return { value, cell: null };
  }

  #root(root: Root, op: Op | null, clamp: Clamp, quant: Quant): Codes {
    const nodeName = root.node?.name ?? root.name;
    if (op === null) return this.#clamped(this.#input(root, quant), clamp, quant, nodeName, root.name);
    const inputs = root.operands.map((o) => {
      if ('value' in o) return o;
      // A concat's or a pool's parts: codes of their own keep their quantisation, pending ones take the result's.
      return o.base.kind === 'source' && isIdentity(o.expr) ? o.base.codes : this.codes(o, quant, nodeName);
    });
    if (isClampable(op)) {
      return this.#emit({ ...op, clamp: clampAfter(op.clamp, clamp) }, inputs, quant, nodeName, root.name, root.shape);
    }
    return this.#clamped(
      this.#emit(op, inputs, quant, nodeName, root.name, root.shape),
      clamp,
      quant,
      nodeName,
      root.name,
    );
  }

  /** Rounding is monotone: clamping codes gives what clamping real numbers and then quantising gives. */
  #clamped(codes: Codes, clamp: Clamp, quant: Quant, nodeName: string, name: string): Codes {
    if (clamp.min === -Infinity && clamp.max === Infinity) return codes;
    return this.#table(codes, { fn: 'clip', a: identityExpr, ...clamp }, quant, nodeName, name);
  }

  /** A network input in floating point becomes int8 with the quantisation that the network gives it first. */
  #input(root: Root, quant: Quant): Codes {
    const known = this.#inputQuants.get(root);
    const [codes] = root.operands as readonly [Codes];
    if (known === undefined) {
      this.#inputQuants.set(root, quant);
      codes.cell.quant = quant;
    } else if (!sameQuant(known, quant)) {
      this.#problems.error(
        'E403',
        `it is quantised in two ways, with scales ${known.scale} and ${quant.scale}`,
        root.name,
        'Quantise an input once and use the result everywhere.',
      );
    }
    return codes;
  }
}

function scaledConvolution(op: Op, scale: number, shift: number): Op {
  if (op.kind !== 'conv2d' && op.kind !== 'convTranspose2d') throw new Error(`${op.kind} is not a convolution`);
  const n = op.outChannels;
  return foldIntoConvolution(op, { scale: new Float64Array(n).fill(scale), shift: new Float64Array(n).fill(shift) });
}

/** A pad stands behind the functions that were written after it: its value goes through them as everything else does. */
function movedOp(op: Op, expr: Expr): Op {
  return op.kind === 'pad' ? { ...op, value: evaluate(expr, op.value) } : op;
}

/** The last MaxPool that a pending result goes through. */
function maximumIn(link: Link | null): Link | null {
  let at = link;
  while (at !== null && at.op.kind !== 'maxPool') at = at.parent;
  return at;
}
