/** What the end of a network may be made of where it stays in floating point. */

import type { Expr } from './expr.js';
import { type Graph, type Node, type Op, type Value, type ValueId, valueOfGraph } from './graph.js';

/** Whether a value holds real numbers that nothing has quantised. */
export const isFloatValue = ({ dtype, quant, constant }: Value): boolean =>
  dtype === 'float32' && quant === null && constant === null;

const functions: ReadonlySet<Expr['fn']> = new Set([
  'x',
  'constant',
  'add',
  'sub',
  'mul',
  'div',
  'min',
  'max',
  'exp',
  'abs',
  'neg',
  'reciprocal',
  'relu',
  'clip',
  'leakyRelu',
  'sigmoid',
  'tanh',
  'hardSigmoid',
] satisfies Expr['fn'][]);

/** Whether a function comes to the few operations of a FloatPixelsOp. */
function isFloatFunction(expr: Expr): boolean {
  const isSquare = expr.fn === 'pow' && expr.b.fn === 'constant' && expr.b.value === 2;
  if (!functions.has(expr.fn) && !isSquare) return false;
  return (!('a' in expr) || isFloatFunction(expr.a)) && (!('b' in expr) || isFloatFunction(expr.b));
}

/** Operators that a float tail may have; the others must be quantised. */
export function isTailOp(op: Op): boolean {
  switch (op.kind) {
    case 'binary':
    case 'prelu':
    case 'concat':
    case 'slice':
    case 'transpose':
    case 'gather':
    case 'reshape':
      return true;
    case 'unary':
      return isFloatFunction(op.expr);
    case 'softmax':
      return !op.log;
    default:
      return false;
  }
}

const moves: ReadonlySet<Op['kind']> = new Set(['reshape', 'transpose', 'slice', 'gather', 'concat']);

/**
 * The nodes behind which there is nothing but such operators, to the outputs, and whose results are float. Moves in front
 * of the first operator that computes move codes as well: they are part of the tail or not.
 */
export function floatTailOf(graph: Graph, front: 'with moves' | 'without moves'): ReadonlySet<Node> {
  const readers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes) {
    for (const id of node.inputs) {
      const known = readers.get(id);
      if (known === undefined) readers.set(id, [node]);
      else known.push(node);
    }
  }
  const inputs = new Set(graph.inputs.map((io) => io.value));
  const tail = new Set<Node>();
  for (const node of [...graph.nodes].reverse()) {
    const ends = (readers.get(node.output) ?? []).every((reader) => tail.has(reader));
    const isFirst = node.inputs.some((id) => inputs.has(id));
    if (ends && !isFirst && isFloatValue(valueOfGraph(graph, node.output)) && isTailOp(node.op)) tail.add(node);
  }
  if (front === 'with moves') return tail;
  const made = new Set([...tail].map((node) => node.output));
  for (const node of graph.nodes) {
    if (!tail.has(node) || !moves.has(node.op.kind) || node.inputs.some((id) => made.has(id))) continue;
    tail.delete(node);
    made.delete(node.output);
  }
  return tail;
}
