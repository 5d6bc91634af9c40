/** RawGraph without quantisation -> Graph in floating point. Chains of elementwise functions become one node. */

import { type Graph, type GraphIo, type Op, floatWeights, type ValueId } from '../../ir/graph.js';
import type { Expr } from '../../ir/expr.js';
import { maxExprSize } from '../../import/limits.js';
import type { RawGraph, RawId, RawNode } from '../../import/raw-graph.js';
import { affineAsConvolution } from '../../ir/channel-affine.js';
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

  for (const node of raw.nodes) {
    const joined = elementwise(node, lazy);
    if (joined !== null && exprSize(joined.expr) <= maxExprSize) {
      lazies.set(node.output, { ...joined, node, computed: null });
      continue;
    }
    const v = raw.values[node.output];
    const value = graph.node(node.name, floatOp(node), node.inputs.map(compute), {
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
  if (op.kind !== 'conv2d' && op.kind !== 'convTranspose2d') return op;
  // Weights may only be stored as integers.
  return { ...op, weights: { kind: 'float', data: floatWeights(op) } };
}
