/**
 * Where the image is made smaller: earlier, the layers between cost less and see further; later, they see finer. Every
 * result between is the old one at the places that the stride kept, where only pointwise layers stand between.
 */

import { type Graph, type Node, type Op, type ValueId, valueOfGraph } from '../../ir/graph.js';
import type { Shape } from '../../ir/tensor.js';
import { dilated, unitWindow, type Window } from '../../ir/window.js';
import { illegal, type MoveRule, type MoveStride } from '../move.js';
import {
  type ConvNode,
  convOf,
  dependents,
  floatValue,
  freshId,
  freshName,
  inputShape,
  isConv,
  isOutput,
  outputShape,
  readersOf,
} from '../structure.js';

/** How far the search for a place is offered, in convolutions with kernels larger than a point. */
const placesOffered = 2;

const isStrided = ({ op: { window: w } }: ConvNode): boolean => w.strideH * w.strideW > 1;
const sameSize = (a: Shape, b: Shape): boolean => a.h === b.h && a.w === b.w;

interface Axis {
  readonly extent: number;
  readonly outputs: number;
  readonly span: number;
  readonly stride: number;
  readonly before: number;
}

/** Padding behind that gives the wanted number of outputs; null where none does. */
function paddingBehind({ extent, outputs, span, stride, before }: Axis): number | null {
  const after = Math.max(0, (outputs - 1) * stride + span - before - extent);
  return Math.floor((extent + before + after - span) / stride) + 1 === outputs ? after : null;
}

const spans = (w: Window): readonly [number, number] => [
  dilated(w.kernelH, w.dilationH),
  dilated(w.kernelW, w.dilationW),
];

/** A window with other strides and padding before, its padding behind to suit; null where nothing suits. */
function placed(
  w: Window,
  stride: readonly [number, number],
  before: readonly [number, number],
  input: Shape,
  output: Shape,
): Window | null {
  if (before[0] < 0 || before[1] < 0) return null;
  const [spanH, spanW] = spans(w);
  const rows = { extent: input.h, outputs: output.h, span: spanH, stride: stride[0], before: before[0] };
  const columns = { extent: input.w, outputs: output.w, span: spanW, stride: stride[1], before: before[1] };
  const [padBottom, padRight] = [paddingBehind(rows), paddingBehind(columns)];
  if (padBottom === null || padRight === null) return null;
  const [padTop, padLeft] = before;
  return { ...w, strideH: stride[0], strideW: stride[1], padTop, padLeft, padBottom, padRight };
}

const centred = (w: Window): readonly [number, number] => {
  const [h, w_] = spans(w);
  return [Math.floor((h - 1) / 2), Math.floor((w_ - 1) / 2)];
};

/** The nodes between two convolutions, or in words why the size of what they make cannot change. */
function between(graph: Graph, first: ConvNode, last: ConvNode): readonly Node[] | string {
  const behind = dependents(graph, first.output);
  if (!behind.has(last)) return `'${last.name}' does not follow '${first.name}'`;
  const needed = new Set<ValueId>(last.inputs);
  const region: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!needed.has(node.output) || !behind.has(node)) continue;
    region.push(node);
    for (const id of node.inputs) needed.add(id);
  }
  region.reverse();
  const members = new Set<Node>([...region, last]);
  for (const { output, name } of [first, ...region]) {
    if (isOutput(graph, output)) return `'${name}' makes an output of the network`;
    const other = readersOf(graph, output).find((reader) => !members.has(reader));
    if (other !== undefined) return `'${other.name}' reads what stands between`;
  }
  return region;
}

/** The operator on an image of another size; null where it does not take one. */
function resizedOp(graph: Graph, node: Node, from: Shape, to: Shape): Op | null {
  const { op } = node;
  const [input, output] = [inputShape(graph, node), outputShape(graph, node)];
  switch (op.kind) {
    case 'unary':
    case 'prelu':
    case 'binary':
    case 'softmax':
      return op;
    case 'averagePool':
    case 'maxPool': {
      const { window: w } = op;
      const isGlobal = w.kernelH === input.h && w.kernelW === input.w && output.h * output.w === 1;
      if (isGlobal && sameSize(input, from)) return { ...op, window: { ...w, kernelH: to.h, kernelW: to.w } };
      return w.strideH * w.strideW === 1 && sameSize(input, output) ? op : null;
    }
    case 'conv2d':
      return op.window.strideH * op.window.strideW === 1 && sameSize(input, output) ? op : null;
    case 'concat':
      return op.axis === 'c' ? op : null;
    default:
      return null;
  }
}

/** The network with the stride moved, or in words why it cannot. */
function moved(graph: Graph, from: ConvNode, to: ConvNode): Graph | string {
  if (!isStrided(from)) return `'${from.name}' has no stride`;
  if (isStrided(to)) return `'${to.name}' has a stride already`;
  if (!sameSize(inputShape(graph, to), outputShape(graph, to))) return `'${to.name}' changes the image's size`;
  return dependents(graph, to.output).has(from) ? earlier(graph, from, to) : later(graph, from, to);
}

function earlier(graph: Graph, from: ConvNode, to: ConvNode): Graph | string {
  const region = between(graph, to, from);
  if (typeof region === 'string') return region;
  const [large, small] = [outputShape(graph, to), outputShape(graph, from)];
  if (!sameSize(inputShape(graph, from), large)) return 'the layers between change the size of the image';
  const { window: w } = from.op;
  const stride = [w.strideH, w.strideW] as const;
  const [middle, own] = [centred(w), to.op.window];
  // The first row and column that the stride keeps.
  const first = [
    Math.min(Math.max(middle[0] - w.padTop, 0), own.padTop),
    Math.min(Math.max(middle[1] - w.padLeft, 0), own.padLeft),
  ] as const;
  const strided = placed(own, stride, [own.padTop - first[0], own.padLeft - first[1]], large, small);
  const plain = placed(w, [1, 1], middle, small, small);
  if (strided === null || plain === null) return 'no padding keeps the number of results';
  return resized(graph, region, { large, small, isSmaller: true, first, stride }, [
    [to, strided],
    [from, plain],
  ]);
}

function later(graph: Graph, from: ConvNode, to: ConvNode): Graph | string {
  const region = between(graph, from, to);
  if (typeof region === 'string') return region;
  const [small, large] = [outputShape(graph, from), inputShape(graph, from)];
  if (!sameSize(inputShape(graph, to), small)) return 'the layers between change the size of the image';
  const { window: w } = from.op;
  const stride = [w.strideH, w.strideW] as const;
  const plain = placed(w, [1, 1], [w.padTop, w.padLeft], large, large);
  const strided = placed(to.op.window, stride, [to.op.window.padTop, to.op.window.padLeft], large, small);
  if (strided === null || plain === null) return 'no padding keeps the number of results';
  return resized(graph, region, { large, small, isSmaller: false, first: [0, 0], stride }, [
    [from, plain],
    [to, strided],
  ]);
}

interface Sizes {
  readonly large: Shape;
  readonly small: Shape;
  /** Whether what stands between becomes smaller. */
  readonly isSmaller: boolean;
  readonly first: readonly [number, number];
  readonly stride: readonly [number, number];
}

/** The region at its other size, and the two convolutions with their new windows. */
function resized(
  graph: Graph,
  region: readonly Node[],
  sizes: Sizes,
  windows: readonly (readonly [ConvNode, Window])[],
): Graph | string {
  const [old, made] = sizes.isSmaller ? [sizes.large, sizes.small] : [sizes.small, sizes.large];
  const values = new Map(graph.values);
  const [[opening]] = windows;
  const own = new Set<ValueId>([opening.output, ...region.map((n) => n.output)]);
  for (const id of own) {
    const value = valueOfGraph(graph, id);
    if (sameSize(value.shape, old)) values.set(id, { ...value, shape: { ...value.shape, h: made.h, w: made.w } });
    else if (value.shape.h * value.shape.w !== 1) return 'the layers between change the size of the image';
  }
  const replaced = new Map<Node, readonly Node[]>(
    windows.map(([node, window]) => [node, [{ ...node, op: { ...node.op, window } }]]),
  );
  let named = graph;
  for (const node of region) {
    const op = resizedOp(graph, node, old, made);
    if (op === null) return `'${node.name}' (${node.op.kind}) cannot read an image of another size`;
    const added: Node[] = [];
    const inputs: ValueId[] = [];
    for (const id of node.inputs) {
      const value = valueOfGraph(graph, id);
      if (own.has(id) || value.shape.h * value.shape.w === 1) {
        inputs.push(id);
        continue;
      }
      if (value.constant !== null || !sizes.isSmaller)
        return `'${node.name}' reads an image of a fixed size beside what changes`;
      const sampling = sampled(value.shape, made, sizes);
      if (sampling === null) return `'${node.name}' reads rows that no stride reaches`;
      const output = freshId({ ...graph, values });
      const name = freshName(named, `${node.name}_sampled`);
      const sampler: Node = { name, op: sampling, inputs: [id], output };
      named = { ...named, nodes: [...named.nodes, sampler] };
      values.set(output, floatValue(output, name, { ...value.shape, h: made.h, w: made.w }));
      added.push(sampler);
      inputs.push(output);
    }
    replaced.set(node, [...added, { ...node, op, inputs }]);
  }
  return { ...graph, values, nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]) };
}

/** Every so many rows and columns: a pool of one element, or a slice where it does not begin with the first. */
function sampled(input: Shape, output: Shape, { first, stride }: Sizes): Op | null {
  const reaches = first[0] + (output.h - 1) * stride[0] < input.h && first[1] + (output.w - 1) * stride[1] < input.w;
  if (!reaches) return null;
  const window = { ...unitWindow, strideH: stride[0], strideW: stride[1] };
  const fits = (n: number, s: number): number => Math.floor((n - 1) / s) + 1;
  if (first[0] + first[1] === 0 && fits(input.h, stride[0]) === output.h && fits(input.w, stride[1]) === output.w)
    return { kind: 'maxPool', window, clamp: { min: -Infinity, max: Infinity } };
  return {
    kind: 'slice',
    start: { h: first[0], w: first[1], c: 0 },
    step: { h: stride[0], w: stride[1], c: 1 },
  };
}

/** Convolutions larger than a point, nearest first, to which the stride may go. */
function placesFor(graph: Graph, from: ConvNode): readonly ConvNode[] {
  const wide = graph.nodes.filter(isConv).filter(({ op: { window: w } }) => w.kernelH * w.kernelW > 1);
  const behind = dependents(graph, from.output);
  const legal = (nodes: readonly ConvNode[]): readonly ConvNode[] =>
    nodes.filter((to) => typeof moved(graph, from, to) !== 'string').slice(0, placesOffered);
  const at = wide.indexOf(from);
  const before = at < 0 ? [] : wide.slice(0, at).reverse();
  return [...legal(before), ...legal(wide.filter((n) => behind.has(n)))];
}

export const moveStride: MoveRule<MoveStride> = {
  kind: 'moveStride',
  list: (graph) =>
    graph.nodes
      .filter(isConv)
      .filter(isStrided)
      .flatMap((from) =>
        placesFor(graph, from).map((to): MoveStride => ({ kind: 'moveStride', node: from.name, to: to.name })),
      ),
  apply(graph, move) {
    const made = moved(graph, convOf(graph, move), convOf(graph, move, move.to));
    if (typeof made === 'string') throw illegal(move, made);
    return made;
  },
  words(graph, move) {
    const from = convOf(graph, move);
    const { strideH, strideW } = from.op.window;
    const isEarlier = dependents(graph, convOf(graph, move, move.to).output).has(from);
    const stride = strideH === strideW ? String(strideH) : `${strideH}x${strideW}`;
    return `the stride of ${stride} moves from ${move.node} to ${move.to}, ${isEarlier ? 'earlier' : 'later'}`;
  },
};
