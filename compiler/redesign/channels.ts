/**
 * Channels that stand or fall together. A convolution over all channels makes a *space* of channels; elementwise
 * operators, pools and depthwise filters pass it on, an Add makes one of two, a Concat puts spaces side by side. Each
 * value's channels are so a list of segments, each a whole space; cutting a space is legal where nothing fixes it.
 */

import { type Graph, type Node, type Value, type ValueId, valueOfGraph } from '../ir/graph.js';
import { isDepthwise } from './structure.js';

interface Space {
  readonly id: number;
  readonly count: number;
}

export interface Channels {
  /** By value: spaces, in the order of the channels. */
  readonly segments: ReadonlyMap<ValueId, readonly Space[]>;
  /** Why a space cannot be cut, in words. */
  readonly fixed: ReadonlyMap<number, string>;
}

class Builder {
  readonly #parents: number[] = [];
  readonly #fixed = new Map<number, string>();
  readonly segments = new Map<ValueId, readonly Space[]>();

  fresh(count: number): readonly Space[] {
    const id = this.#parents.length;
    this.#parents.push(id);
    return [{ id, count }];
  }

  find(id: number): number {
    let root = id;
    while (this.#parents[root] !== root) root = this.#parents[root];
    this.#parents[id] = root;
    return root;
  }

  fix(spaces: readonly Space[], why: string): void {
    for (const { id } of spaces) if (!this.#fixed.has(this.find(id))) this.#fixed.set(this.find(id), why);
  }

  unify(a: readonly Space[], b: readonly Space[], why: string): void {
    if (a.length !== b.length || a.some(({ count }, i) => count !== b[i].count)) {
      this.fix([...a, ...b], why);
      return;
    }
    a.forEach(({ id }, i) => {
      const [p, q] = [this.find(id), this.find(b[i].id)].sort((m, n) => m - n);
      if (p === q) return;
      this.#parents[q] = p;
      const reason = this.#fixed.get(q);
      if (reason !== undefined && !this.#fixed.has(p)) this.#fixed.set(p, reason);
    });
  }

  result(): Channels {
    const segments = new Map(
      [...this.segments].map(([id, list]) => [id, list.map((s) => ({ id: this.find(s.id), count: s.count }))]),
    );
    return { segments, fixed: this.#fixed };
  }
}

export function channelsOf(graph: Graph): Channels {
  const b = new Builder();
  const known = (id: ValueId): readonly Space[] => b.segments.get(id) ?? [];
  for (const io of graph.inputs) {
    const spaces = b.fresh(valueOfGraph(graph, io.value).shape.c);
    b.fix(spaces, 'the network reads them');
    b.segments.set(io.value, spaces);
  }
  for (const node of graph.nodes) {
    for (const id of node.inputs) {
      const { constant, shape } = valueOfGraph(graph, id);
      if (constant !== null && !b.segments.has(id)) b.segments.set(id, b.fresh(shape.c));
    }
    b.segments.set(node.output, through(graph, node, b, known));
  }
  for (const io of graph.outputs) b.fix(known(io.value), 'they are an output of the network');
  return b.result();
}

/** Spaces of a node's result; what it couples or fixes on the way. */
function through(graph: Graph, node: Node, b: Builder, known: (id: ValueId) => readonly Space[]): readonly Space[] {
  const { op, name } = node;
  const inputs = node.inputs.map((id) => valueOfGraph(graph, id).shape);
  const output = valueOfGraph(graph, node.output).shape;
  const first = known(node.inputs[0]);
  const fixedHere = (): readonly Space[] => {
    for (const id of node.inputs) b.fix(known(id), `'${name}' (${op.kind}) reads them in their order`);
    const made = b.fresh(output.c);
    b.fix(made, `'${name}' (${op.kind}) makes them`);
    return made;
  };
  switch (op.kind) {
    case 'conv2d':
      if (op.weights.kind === 'quantised') return fixedHere();
      if (op.groups === 1) return b.fresh(op.outChannels);
      return isDepthwise(graph, node as Parameters<typeof isDepthwise>[1]) ? first : fixedHere();
    case 'convTranspose2d':
      return op.groups === 1 && op.weights.kind === 'float' ? b.fresh(op.outChannels) : fixedHere();
    case 'unary':
    case 'prelu':
    case 'maxPool':
    case 'averagePool':
    case 'resize':
      return first;
    case 'binary': {
      const [x, y] = node.inputs;
      if (inputs[0].c === inputs[1].c) {
        b.unify(known(x), known(y), `'${name}' (${op.fn}) reads parts that differ`);
        return known(x);
      }
      return inputs[0].c > inputs[1].c ? known(x) : known(y);
    }
    case 'concat':
      if (op.axis === 'c') return node.inputs.flatMap(known);
      for (const id of node.inputs) b.unify(first, known(id), `'${name}' (concat) reads parts that differ`);
      return first;
    case 'slice':
      return op.start.c === 0 && op.step.c === 1 && output.c === inputs[0].c ? first : fixedHere();
    case 'pad':
      return op.before.c === 0 && op.after.c === 0 ? first : fixedHere();
    case 'gather':
      return op.axis === 'c' ? fixedHere() : first;
    case 'reshape':
      return output.c === inputs[0].c ? first : fixedHere();
    case 'softmax':
    case 'argMax':
    case 'transpose':
      return fixedHere();
  }
}

/** Channels of a value that are left where of one space only `kept` are; null where the value has none of that space. */
export function keptChannels(
  channels: Channels,
  id: ValueId,
  space: number,
  kept: readonly number[],
): readonly number[] | null {
  const segments = channels.segments.get(id) ?? [];
  if (!segments.some((s) => s.id === space)) return null;
  const left: number[] = [];
  let from = 0;
  for (const { id: own, count } of segments) {
    if (own === space) left.push(...kept.map((c) => from + c));
    else for (let c = 0; c < count; c++) left.push(from + c);
    from += count;
  }
  return left;
}

/** The network with `kept` channels of a space alone, ascending. */
export function cutSpace(graph: Graph, channels: Channels, space: number, kept: readonly number[]): Graph {
  const left = (id: ValueId): readonly number[] | null => keptChannels(channels, id, space, kept);
  const values = new Map([...graph.values].map(([id, value]) => [id, cutValue(value, left(id))]));
  const nodes = graph.nodes.map((node) => cutNode(graph, node, left(node.inputs[0]), left(node.output)));
  return { ...graph, values, nodes };
}

function cutValue(value: Value, left: readonly number[] | null): Value {
  if (left === null) return value;
  const { shape, constant } = value;
  const cut = { ...value, shape: { ...shape, c: left.length } };
  if (constant === null) return cut;
  const pixels = shape.h * shape.w;
  const data = new Float32Array(pixels * left.length);
  for (let p = 0; p < pixels; p++) left.forEach((c, i) => (data[p * left.length + i] = constant[p * shape.c + c]));
  return { ...cut, constant: data };
}

function cutNode(graph: Graph, node: Node, inLeft: readonly number[] | null, outLeft: readonly number[] | null): Node {
  const { op } = node;
  if (op.kind === 'prelu' && inLeft !== null)
    return { ...node, op: { ...op, slopes: Float64Array.from(inLeft, (c) => op.slopes[c]) } };
  if (op.kind !== 'conv2d' && op.kind !== 'convTranspose2d') return node;
  if (inLeft === null && outLeft === null) return node;
  const { c: inChannels } = valueOfGraph(graph, node.inputs[0]).shape;
  const all = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
  const outs = outLeft ?? all(op.outChannels);
  const isGrouped = op.groups > 1;
  const ins = isGrouped ? [0] : (inLeft ?? all(inChannels));
  const inner = isGrouped ? 1 : inChannels;
  const taps = op.window.kernelH * op.window.kernelW;
  const data = new Float32Array(outs.length * taps * ins.length);
  let at = 0;
  for (const o of outs)
    for (let t = 0; t < taps; t++) for (const i of ins) data[at++] = op.weights.data[(o * taps + t) * inner + i];
  const bias = op.bias === null ? null : { data: Float32Array.from(outs, (o) => op.bias?.data[o] ?? 0), scales: null };
  const cut = { ...op, outChannels: outs.length, weights: { kind: 'float' as const, data }, bias };
  return { ...node, op: { ...cut, groups: isGrouped ? outs.length : 1 } };
}
