/**
 * Results that are still float next to quantised ones, where rounding them too changes nothing: a move of codes has the
 * codes' quantisation, what only a move reads has the move's, and an operator whose result is quantised at once gives
 * codes itself.
 */

import type { Graph, Node, Value, ValueId } from '../../ir/graph.js';
import { type Quant, sameQuant } from '../../ir/tensor.js';
import { rewriteNodes, usesOf } from '../../passes/uses.js';
import { isIdentity, losslessQuant } from './expr.js';
import { isMove, isOnGrid } from './moves.js';

export function spreadQuants(graph: Graph): Graph {
  const joined = joinQuantisations(graph);
  const quants = new Map<ValueId, Quant>();
  const uses = usesOf(joined);
  const quantOf = (id: ValueId): Quant | null => quants.get(id) ?? uses.value(id).quant;
  const isFree = (id: ValueId): boolean => uses.value(id).dtype === 'float32' && quantOf(id) === null;
  for (const { value } of joined.inputs) {
    const quant = isFree(value) ? quantOfReaders(joined, value) : null;
    if (quant !== null) quants.set(value, quant);
  }
  for (const node of joined.nodes) {
    const quant = isFree(node.output) ? afterNode(node, quantOf) : null;
    if (quant !== null) quants.set(node.output, quant);
  }
  for (const node of [...joined.nodes].reverse()) {
    const quant = quantOf(node.output);
    if (quant === null || !keepsCodes(node, quant)) continue;
    for (const input of node.inputs)
      if (isFree(input) && uses.count(input) === 1 && uses.producer(input) !== undefined) quants.set(input, quant);
  }
  if (quants.size === 0) return joined;
  const values = new Map<ValueId, Value>();
  for (const [id, value] of joined.values) {
    const quant = quants.get(id);
    values.set(id, quant === undefined ? value : { ...value, dtype: 'int8', quant });
  }
  return { ...joined, values };
}

/** The one way in which everything that reads a value quantises it. */
function quantOfReaders(graph: Graph, id: ValueId): Quant | null {
  const readers = graph.nodes.filter((n) => n.inputs.includes(id));
  const quants = readers.map((n) => (isRounding(n) ? (graph.values.get(n.output)?.quant ?? null) : null));
  const [first = null, ...others] = quants;
  return first !== null && others.every((q) => q !== null && sameQuant(q, first)) ? first : null;
}

const isRounding = ({ op }: Node): boolean => op.kind === 'unary' && isIdentity(op.expr);

/** An operator whose real result goes into one QuantizeLinear and nowhere else rounds it itself. */
function joinQuantisations(graph: Graph): Graph {
  const uses = usesOf(graph);
  const replaced = new Map<ValueId, Node>();
  const gone = new Set<ValueId>();
  for (const node of graph.nodes) {
    const [input] = node.inputs;
    const producer = uses.producer(input);
    const isReal = uses.value(input).dtype === 'float32' && uses.value(input).quant === null;
    const rounds = isRounding(node) && uses.value(node.output).quant !== null;
    if (!rounds || !isReal || producer === undefined || uses.count(input) !== 1) continue;
    replaced.set(node.output, { ...producer, output: node.output });
    gone.add(input);
  }
  if (gone.size === 0) return graph;
  return rewriteNodes(graph, (node) => (gone.has(node.output) ? null : (replaced.get(node.output) ?? node)));
}

/** A quantisation in which the node's result loses nothing, given that of its inputs. */
function afterNode({ op, inputs }: Node, quantOf: (id: ValueId) => Quant | null): Quant | null {
  const [first, ...others] = inputs.map(quantOf);
  if (first === null) return null;
  if (op.kind === 'unary') return losslessQuant(op.expr, first);
  const alike = others.every((q) => q !== null && sameQuant(q, first));
  return alike && keepsCodes({ op }, first) ? first : null;
}

/** Whether the operator gives on the grid what it takes from the grid. */
function keepsCodes({ op }: Pick<Node, 'op'>, quant: Quant): boolean {
  if (!isMove(op)) return false;
  if (op.kind === 'maxPool') return op.clamp.min === -Infinity && op.clamp.max === Infinity;
  return op.kind !== 'pad' || op.mode !== 'constant' || isOnGrid(op.value, quant);
}
