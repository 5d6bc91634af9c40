/** How a float network hangs together, as the moves ask for it. */

import type { Conv2d, Graph, Node, Op, Value, ValueId } from '../ir/graph.js';
import { valueOfGraph } from '../ir/graph.js';
import type { Shape } from '../ir/tensor.js';
import { illegal, type Move } from './move.js';

export type ConvNode = Node & { readonly op: Conv2d };

export const isConv = (node: Node): node is ConvNode => node.op.kind === 'conv2d' && node.op.weights.kind === 'float';

export const inputShape = (graph: Graph, node: Node): Shape => valueOfGraph(graph, node.inputs[0]).shape;
export const outputShape = (graph: Graph, node: Node): Shape => valueOfGraph(graph, node.output).shape;

/** One filter a channel: groups of one input and one output channel. */
export const isDepthwise = (graph: Graph, node: ConvNode): boolean =>
  node.op.groups > 1 && node.op.groups === inputShape(graph, node).c && node.op.outChannels === node.op.groups;

export const isPointwise = ({ op: { window: w, groups } }: ConvNode): boolean =>
  groups === 1 &&
  w.kernelH * w.kernelW === 1 &&
  w.strideH * w.strideW === 1 &&
  w.padTop + w.padBottom + w.padLeft + w.padRight === 0;

/** The node that a move names; throws where there is none. */
export function nodeOf(graph: Graph, move: Move, name = move.node): Node {
  const node = graph.nodes.find((n) => n.name === name);
  if (node === undefined) throw illegal(move, `the network has no node '${name}'`);
  return node;
}

export function convOf(graph: Graph, move: Move, name = move.node): ConvNode {
  const node = nodeOf(graph, move, name);
  if (!isConv(node)) throw illegal(move, `'${name}' is not a convolution with float weights`);
  return node;
}

export const producerOf = (graph: Graph, id: ValueId): Node | null => graph.nodes.find((n) => n.output === id) ?? null;
export const readersOf = (graph: Graph, id: ValueId): readonly Node[] =>
  graph.nodes.filter((n) => n.inputs.includes(id));
export const isOutput = (graph: Graph, id: ValueId): boolean => graph.outputs.some((io) => io.value === id);

/** The only reader of a value that is no output of the network, or null. */
export function onlyReader(graph: Graph, id: ValueId): Node | null {
  const readers = readersOf(graph, id);
  return readers.length === 1 && !isOutput(graph, id) ? readers[0] : null;
}

/** Nodes that depend on a value. */
export function dependents(graph: Graph, id: ValueId): ReadonlySet<Node> {
  const reached = new Set([id]);
  const found = new Set<Node>();
  for (const node of graph.nodes)
    if (node.inputs.some((input) => reached.has(input))) {
      reached.add(node.output);
      found.add(node);
    }
  return found;
}

export const replaceNode = (graph: Graph, old: Node, node: Node): Graph => ({
  ...graph,
  nodes: graph.nodes.map((n) => (n === old ? node : n)),
});

export const withOp = (graph: Graph, node: Node, op: Op): Graph => replaceNode(graph, node, { ...node, op });

/** Readers of a value, and outputs of the network, get another one; `except` keep theirs. */
export function redirect(graph: Graph, from: ValueId, to: ValueId, except: ReadonlySet<Node> = new Set()): Graph {
  const swap = (id: ValueId): ValueId => (id === from ? to : id);
  return {
    ...graph,
    nodes: graph.nodes.map((n) =>
      n.inputs.includes(from) && !except.has(n) ? { ...n, inputs: n.inputs.map(swap) } : n,
    ),
    outputs: graph.outputs.map((io) => (io.value === from ? { ...io, value: to } : io)),
  };
}

/** An id that no value has. */
export const freshId = (graph: Graph): ValueId => Math.max(-1, ...graph.values.keys()) + 1;

export const floatValue = (id: ValueId, name: string, shape: Shape): Value => ({
  id,
  name,
  shape,
  dtype: 'float32',
  quant: null,
  constant: null,
});

/** `base`, or the first of `base~2`, `base~3` ... that no node has. */
export function freshName(graph: Graph, base: string): string {
  const taken = new Set(graph.nodes.map((n) => n.name));
  let name = base;
  for (let i = 2; taken.has(name); i++) name = `${base}~${i}`;
  return name;
}
