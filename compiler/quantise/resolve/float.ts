/** RawGraph without quantisation -> Graph in floating point. Chains of elementwise functions become one node. */

import type { Conv2d, ConvTranspose2d, Graph, GraphIo, Op, ValueId } from '../../ir/graph.js';
import type { Expr } from '../../ir/expr.js';
import { maxExprSize } from '../../import/limits.js';
import type { RawGraph, RawId, RawNode } from '../../import/raw-graph.js';
import { affineAsConvolution, foldIntoConvolution } from './affine.js';
import { compose, exprSize, identityExpr, isIdentity } from './expr.js';
import { GraphBuilder } from './graph-builder.js';

/** f(value), not computed until something needs it. */
interface Lazy {
  readonly value: ValueId;
  readonly expr: Expr;
  readonly node: RawNode | null;
  computed: ValueId | null;
}

export function resolveFloat(raw: RawGraph): Graph {
  const graph = new GraphBuilder();
  const lazies = new Map<RawId, Lazy>();
  for (const v of raw.values) {
    if (v.constant === null) continue;
    const value = graph.value(v.name, v.shape, 'float32', null, v.constant.real);
    lazies.set(v.id, { value, expr: identityExpr, node: null, computed: value });
  }
  const inputs: GraphIo[] = raw.inputs.map((io) => {
    const v = raw.values[io.value];
    const value = graph.value(v.name, v.shape, v.domain === 'index' ? 'int32' : 'float32', null);
    lazies.set(io.value, { value, expr: identityExpr, node: null, computed: value });
    return { value, name: io.name, layout: io.layout };
  });

  const lazy = (id: RawId): Lazy => {
    const found = lazies.get(id);
    if (found === undefined) throw new Error(`raw value ${id} is read before it is written`);
    return found;
  };
  const compute = (id: RawId): ValueId => {
    const x = lazy(id);
    if (x.computed === null) {
      const v = raw.values[id];
      x.computed = isIdentity(x.expr)
        ? x.value
        : graph.node(x.node?.name ?? v.name, { kind: 'unary', expr: x.expr }, [x.value], {
            name: v.name,
            shape: v.shape,
            dtype: 'float32',
            cell: null,
          });
    }
    return x.computed;
  };

  const deferred = convolutionsUnderAffine(raw);
  for (const node of raw.nodes) {
    if (deferred.has(node.output)) continue;
    const joined = elementwise(node, lazy);
    if (joined !== null && exprSize(joined.expr) <= maxExprSize) {
      lazies.set(node.output, { ...joined, node, computed: null });
      continue;
    }
    const v = raw.values[node.output];
    const convolution = deferred.get(node.inputs[0]);
    const { name, op, operands } =
      convolution !== undefined && node.op.kind === 'affine'
        ? {
            name: convolution.name,
            op: foldIntoConvolution(floatConvolution(convolution), node.op),
            operands: convolution.inputs,
          }
        : { name: node.name, op: floatOp(node), operands: node.inputs };
    const value = graph.node(name, op, operands.map(compute), {
      name: v.name,
      shape: v.shape,
      dtype: v.domain === 'index' ? 'int32' : 'float32',
      cell: null,
    });
    lazies.set(node.output, { value, expr: identityExpr, node, computed: value });
  }
  const outputs = raw.outputs.map((io) => ({ value: compute(io.value), name: io.name, layout: io.layout }));
  return graph.build(raw.name, inputs, outputs);
}

/** By result: convolutions that nothing reads but one scale and shift, which they take in. */
function convolutionsUnderAffine(raw: RawGraph): Map<RawId, RawNode> {
  const readers = new Map<RawId, number>();
  for (const id of [...raw.nodes.flatMap((n) => n.inputs), ...raw.outputs.map((io) => io.value)])
    readers.set(id, (readers.get(id) ?? 0) + 1);
  const convolutions = new Map(
    raw.nodes.filter((n) => n.op.kind === 'conv2d' || n.op.kind === 'convTranspose2d').map((n) => [n.output, n]),
  );
  const result = new Map<RawId, RawNode>();
  for (const node of raw.nodes) {
    const convolution = node.op.kind === 'affine' ? convolutions.get(node.inputs[0]) : undefined;
    if (convolution !== undefined && readers.get(convolution.output) === 1) result.set(convolution.output, convolution);
  }
  return result;
}

function floatConvolution({ op }: RawNode): Conv2d | ConvTranspose2d {
  if (op.kind !== 'conv2d' && op.kind !== 'convTranspose2d') throw new Error(`${op.kind} is not a convolution`);
  return withFloatWeights(op);
}

/** The node as a function of one value, where it is one. */
function elementwise(node: RawNode, lazy: (id: RawId) => Lazy): { value: ValueId; expr: Expr } | null {
  const { op } = node;
  if (op.kind !== 'unary' && op.kind !== 'binary') return null;
  const a = lazy(node.inputs[0]);
  if (op.kind === 'unary') return { value: a.value, expr: compose(op.expr, a.expr) };
  const b = lazy(node.inputs[1]);
  if (a.value !== b.value || (isIdentity(a.expr) && isIdentity(b.expr) && node.inputs[0] !== node.inputs[1]))
    return null;
  return { value: a.value, expr: { fn: op.fn, a: a.expr, b: b.expr } };
}

function floatOp(node: RawNode): Op {
  const { op } = node;
  if (op.kind === 'affine') return affineAsConvolution(op, false);
  if (op.kind === 'quantise' || op.kind === 'dequantise') throw new Error('a float graph has no quantisation');
  return op.kind === 'conv2d' || op.kind === 'convTranspose2d' ? withFloatWeights(op) : op;
}

/** Weights that only were stored as integers. */
function withFloatWeights<T extends Conv2d | ConvTranspose2d>(op: T): T {
  const { weights } = op;
  if (weights.kind === 'float') return op;
  const inner = weights.data.length / op.outChannels;
  return {
    ...op,
    weights: {
      kind: 'float',
      data: Float32Array.from(weights.data, (q, i) => q * weights.scales[Math.floor(i / inner)]),
    },
  };
}
