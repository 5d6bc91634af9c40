/**
 * Cross-layer equalisation (Nagel et al., Data-Free Quantization, 2019): a channel's values are multiplied by a factor
 * where they are made and divided by it where they are read, which changes nothing in real arithmetic. With one weight
 * scale a channel it costs the layers that make the values nothing, and channels with small values gain steps.
 */

import type { Conv2d, ConvTranspose2d, Graph, Node, Op, ValueId } from '../ir/graph.js';
import { valueOfGraph } from '../ir/graph.js';
import type { Sensitivity } from './sensitivity.js';
import type { ValueStatistics } from './statistics.js';

/** Values whose channels are scaled together. */
interface ChannelClass {
  readonly values: readonly ValueId[];
  readonly makers: readonly Node[];
  readonly readers: readonly Node[];
  /** Least upper clamp on the way; infinite where there is none. */
  readonly ceiling: number;
}

const isConvolution = (op: Op): op is Conv2d | ConvTranspose2d => op.kind === 'conv2d' || op.kind === 'convTranspose2d';

/** f(s x) = s f(x) for s > 0, channel by channel, a ceiling aside; of several inputs, all are scaled. */
function isHomogeneous(op: Op): boolean {
  const clamp = 'clamp' in op ? op.clamp : null;
  if (clamp !== null && clamp.min !== -Infinity && clamp.min !== 0) return false;
  switch (op.kind) {
    case 'maxPool':
    case 'averagePool':
    case 'prelu':
      return true;
    case 'binary':
      return op.fn === 'add' || op.fn === 'sub' || op.fn === 'min' || op.fn === 'max';
    case 'unary':
      return op.expr.fn === 'relu' || (op.expr.fn === 'leakyRelu' && op.expr.a.fn === 'x');
    case 'resize':
      return op.codeOrigin === null;
    case 'pad':
      return op.value === 0 && op.before.c === 0 && op.after.c === 0;
    case 'concat':
      return op.axis !== 'c';
    case 'slice':
      return op.step.c === 1;
    default:
      return false;
  }
}

function classesOf(graph: Graph): readonly ChannelClass[] {
  const parent = new Map<ValueId, ValueId>();
  const rootOf = (id: ValueId): ValueId => {
    let at = id;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    return at;
  };
  const channels = (id: ValueId): number => valueOfGraph(graph, id).shape.c;
  for (const node of graph.nodes) {
    parent.set(node.output, node.output);
    for (const id of node.inputs) if (!parent.has(id)) parent.set(id, id);
  }
  const joins = (node: Node): boolean =>
    isHomogeneous(node.op) && node.inputs.every((id) => channels(id) === channels(node.output));
  for (const node of graph.nodes)
    if (joins(node)) for (const id of node.inputs) parent.set(rootOf(node.output), rootOf(id));
  const fixed = new Set<ValueId>();
  for (const io of [...graph.inputs, ...graph.outputs]) if (parent.has(io.value)) fixed.add(rootOf(io.value));
  for (const [id, { constant }] of graph.values) if (constant !== null && parent.has(id)) fixed.add(rootOf(id));
  const classes = new Map<ValueId, { values: ValueId[]; makers: Node[]; readers: Node[]; ceiling: number }>();
  const classOf = (id: ValueId) => {
    const root = rootOf(id);
    let found = classes.get(root);
    if (found === undefined) {
      found = { values: [], makers: [], readers: [], ceiling: Infinity };
      classes.set(root, found);
    }
    return found;
  };
  for (const node of graph.nodes) {
    const made = classOf(node.output);
    made.values.push(node.output);
    if (isConvolution(node.op)) {
      const { clamp } = node.op;
      made.makers.push(node);
      if (clamp.min !== -Infinity && clamp.min !== 0) fixed.add(rootOf(node.output));
      classOf(node.inputs[0]).readers.push(node);
    } else if (!joins(node)) for (const id of [...node.inputs, node.output]) fixed.add(rootOf(id));
    if ('clamp' in node.op) made.ceiling = Math.min(made.ceiling, node.op.clamp.max);
  }
  return [...classes.entries()].filter(([root, c]) => !fixed.has(root) && c.readers.length > 0).map(([, c]) => c);
}

/** Factors are within [1 / most, most]. */
const most = 1024;
const exponents = [0, 0.25, 0.5, 0.75, 1];

export interface Equalised {
  readonly graph: Graph;
  /** Classes of values that were scaled. */
  readonly scaled: number;
}

/** Scales where that lowers the estimated error. */
export function equalise(
  graph: Graph,
  statistics: ReadonlyMap<ValueId, ValueStatistics>,
  sensitivity: ReadonlyMap<ValueId, Sensitivity>,
): Equalised {
  const rows = new Map<ValueId, Float64Array>();
  const columns = new Map<ValueId, Float64Array>();
  let scaled = 0;
  for (const c of classesOf(graph)) {
    const factors = factorsOf(graph, c, statistics, sensitivity);
    if (factors === null) continue;
    scaled++;
    for (const node of c.makers) rows.set(node.output, factors);
    for (const node of c.readers) columns.set(node.output, factors);
  }
  if (scaled === 0) return { graph, scaled };
  const nodes = graph.nodes.map((node) => {
    const { op } = node;
    const [row, column] = [rows.get(node.output), columns.get(node.output)];
    if (!isConvolution(op) || (row === undefined && column === undefined)) return node;
    return { ...node, op: scaledConvolution(op, row, column) };
  });
  return { graph: { ...graph, nodes }, scaled };
}

function scaledConvolution<T extends Conv2d | ConvTranspose2d>(op: T, row?: Float64Array, column?: Float64Array): T {
  const length = op.weights.data.length / op.outChannels;
  const groupIn = length / (op.window.kernelH * op.window.kernelW);
  const groupOut = op.outChannels / op.groups;
  const data = Float32Array.from(op.weights.data, (w, i) => {
    const o = Math.floor(i / length);
    const input = Math.floor(o / groupOut) * groupIn + (i % groupIn);
    return (w * (row?.[o] ?? 1)) / (column?.[input] ?? 1);
  });
  const bias =
    op.bias === null ? null : { data: Float32Array.from(op.bias.data, (b, o) => b * (row?.[o] ?? 1)), scales: null };
  return { ...op, weights: { kind: 'float', data }, bias };
}

/** The factors with the least estimated error, or null where 1 has it. */
function factorsOf(
  graph: Graph,
  c: ChannelClass,
  statistics: ReadonlyMap<ValueId, ValueStatistics>,
  sensitivity: ReadonlyMap<ValueId, Sensitivity>,
): Float64Array | null {
  const count = valueOfGraph(graph, c.values[0]).shape.c;
  const reach = new Float64Array(count);
  for (const id of c.values) {
    const s = statistics.get(id);
    if (s === undefined) return null;
    for (let k = 0; k < count; k++) reach[k] = Math.max(reach[k], s.channelReach[k]);
  }
  const largest = reach.reduce((m, v) => Math.max(m, v), 0);
  if (!(largest > 0)) return null;
  let [found, least] = [null as Float64Array | null, Infinity];
  for (const exponent of exponents) {
    const factors = reach.map((r) => {
      const wanted = r > 0 ? Math.min((largest / r) ** exponent, most) : 1;
      const allowed = r > 0 ? Math.max(c.ceiling / r, 1) : 1;
      return Math.min(wanted, allowed);
    });
    const error =
      activationError(c, factors, statistics, sensitivity) + weightError(c, factors, statistics, sensitivity);
    // Nothing moves for nothing.
    if (error < least * 0.99) [found, least] = [exponent === 0 ? null : factors, error];
  }
  return found;
}

function activationError(
  c: ChannelClass,
  factors: Float64Array,
  statistics: ReadonlyMap<ValueId, ValueStatistics>,
  sensitivity: ReadonlyMap<ValueId, Sensitivity>,
): number {
  let sum = 0;
  for (const id of c.values) {
    const s = statistics.get(id);
    const g = sensitivity.get(id);
    if (s === undefined || g === undefined) continue;
    let [low, high, cost] = [0, 0, 0];
    for (let k = 0; k < factors.length; k++) {
      low = Math.min(low, s.channelMin[k] * factors[k]);
      high = Math.max(high, s.channelMax[k] * factors[k]);
      cost += g.channels[k] / factors[k] ** 2;
    }
    sum += (((high - low) / 255) ** 2 / 12) * cost;
  }
  return sum;
}

function weightError(
  c: ChannelClass,
  factors: Float64Array,
  statistics: ReadonlyMap<ValueId, ValueStatistics>,
  sensitivity: ReadonlyMap<ValueId, Sensitivity>,
): number {
  let sum = 0;
  for (const { op, inputs, output } of c.readers) {
    const s = statistics.get(inputs[0]);
    const g = sensitivity.get(output);
    if (s === undefined || g === undefined || !isConvolution(op)) continue;
    const length = op.weights.data.length / op.outChannels;
    const groupIn = length / (op.window.kernelH * op.window.kernelW);
    const groupOut = op.outChannels / op.groups;
    for (let o = 0; o < op.outChannels; o++) {
      const first = Math.floor(o / groupOut) * groupIn;
      let [largest, energy] = [0, 0];
      for (let i = 0; i < length; i++) {
        const k = first + (i % groupIn);
        largest = Math.max(largest, Math.abs(op.weights.data[o * length + i]) / factors[k]);
        energy += factors[k] ** 2 * s.channelSquare[k];
      }
      sum += ((largest / 127) ** 2 / 12) * energy * g.channels[o];
    }
  }
  return sum;
}
