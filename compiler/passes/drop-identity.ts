/** Removes nodes that give their input back: identities, reshapes to the same shape, reshapes of reshapes. */

import type { Graph, Node, ValueId } from '../ir/graph.js';
import { sameQuant, sameShape } from '../ir/tensor.js';
import { removeDeadCode } from './dead-code.js';
import { rewriteNodes, usesOf } from './uses.js';
import type { Uses } from './uses.js';

export function dropIdentities(graph: Graph): Graph {
  const uses = usesOf(graph);
  const outputs = new Set(graph.outputs.map((io) => io.value));
  const redirect = new Map<ValueId, ValueId>();
  for (const node of graph.nodes) {
    if (!outputs.has(node.output) && givesInputBack(node, uses)) redirect.set(node.output, node.inputs[0]);
  }
  const result = rewriteNodes(
    graph,
    (node) => {
      if (redirect.has(node.output)) return null;
      const source = node.op.kind === 'reshape' ? uses.producer(node.inputs[0]) : undefined;
      return source?.op.kind === 'reshape' ? { ...node, inputs: source.inputs } : node;
    },
    redirect,
  );
  return removeDeadCode(result);
}

function givesInputBack(node: Node, uses: Uses): boolean {
  const [input, output] = [uses.value(node.inputs[0]), uses.value(node.output)];
  const alike =
    input.quant === null || output.quant === null ? input.quant === output.quant : sameQuant(input.quant, output.quant);
  if (!alike || input.dtype !== output.dtype || !sameShape(input.shape, output.shape)) return false;
  const { op } = node;
  switch (op.kind) {
    case 'unary':
      return op.expr.fn === 'x';
    case 'reshape':
      return true;
    case 'concat':
      return node.inputs.length === 1;
    case 'slice':
      return [op.step.h, op.step.w, op.step.c].every((s) => s === 1);
    case 'transpose':
      return op.perm.every((p, i) => p === i);
    default:
      return false;
  }
}
