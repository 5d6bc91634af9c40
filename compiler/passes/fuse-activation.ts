/**
 * Relu or Clip joins the convolution, pool or elementwise operator before it. Behind a quantised result only where both
 * have one quantisation: rounding is monotone, so clamping before it or after it gives the same codes.
 */

import { clampAfter, directClamp } from '../ir/clamp.js';
import type { Clamp, Graph, Node, Op, ValueId } from '../ir/graph.js';
import { sameQuant } from '../ir/tensor.js';
import { rewriteNodes, usesOf } from './uses.js';

type Clampable = Extract<Op, { clamp: Clamp }>;

export function fuseActivations(graph: Graph): Graph {
  const uses = usesOf(graph);
  const replaced = new Map<ValueId, Node>();
  const gone = new Set<ValueId>();
  for (const node of graph.nodes) {
    const clamp = node.op.kind === 'unary' ? directClamp(node.op.expr) : null;
    if (clamp === null || uses.count(node.inputs[0]) !== 1) continue;
    const producer = replaced.get(node.inputs[0]) ?? uses.producer(node.inputs[0]);
    if (producer === undefined || !isClampable(producer.op)) continue;
    const [before, after] = [uses.value(node.inputs[0]).quant, uses.value(node.output).quant];
    const alike = before === null || (after !== null && sameQuant(before, after));
    if (!alike) continue;
    replaced.set(node.output, {
      ...producer,
      op: { ...producer.op, clamp: clampAfter(producer.op.clamp, clamp) },
      output: node.output,
    });
    gone.add(node.inputs[0]);
  }
  if (replaced.size === 0) return graph;
  return rewriteNodes(graph, (node) => (gone.has(node.output) ? null : (replaced.get(node.output) ?? node)));
}

const isClampable = (op: Op): op is Clampable => 'clamp' in op;
