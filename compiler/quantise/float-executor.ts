/**
 * Runs a Graph in floating point, fast enough to calibrate with: float32 tensors, and the products of convolutions
 * summed in float32 by WebAssembly, in an order that no machine changes. Quantised values of a graph that has some are
 * rounded to their grid, so that what follows them sees what the device will see. `reference/float.ts` is the same in
 * plain loops of doubles.
 */

import { type Graph, type Node, type Op, type Value, type ValueId, valueOfGraph } from '../ir/graph.js';
import type { Quant, Shape } from '../ir/tensor.js';
import { concat, gather, pad, resizeNearest, slice, transpose } from '../reference/int8/move.js';
import { type Convolution, prepareConv, prepareConvTranspose } from './float/convolution.js';
import { argMax, binary, pool, prelu, resizeLinear, softmax, unary } from './float/elementwise.js';

/** Sees a node's result, HWC; what it returns, if anything, is what the readers of the result get instead. */
export type OnNode = (node: Node, output: Float32Array) => Float32Array | undefined;

/** Convolutions with weights in the order of their loops, for graphs that share operators. */
const prepared = new WeakMap<Op, Convolution>();

export class FloatExecutor {
  readonly graph: Graph;
  readonly #constants = new Map<ValueId, Float32Array>();
  /** By position in graph.nodes: values that nothing reads afterwards. */
  readonly #dying: readonly (readonly ValueId[])[];

  constructor(graph: Graph) {
    this.graph = graph;
    for (const value of graph.values.values())
      if (value.constant !== null) this.#constants.set(value.id, realConstant(value));
    this.#dying = lastReads(graph);
  }

  /**
   * Inputs are HWC, in the order of graph.inputs. Returns the graph's outputs by value, HWC; indices (ArgMax) as
   * numbers. Arrays that `onNode` sees may be kept, but not written: a reshape shares its input's.
   */
  run(inputs: readonly Float32Array[], onNode?: OnNode): Map<ValueId, Float32Array> {
    const held = new Map(this.#constants);
    this.graph.inputs.forEach((io, i) => held.set(io.value, onGrid(valueOfGraph(this.graph, io.value), inputs[i])));
    const read = (id: ValueId): Float32Array => {
      const data = held.get(id);
      if (data === undefined) throw new Error(`value ${id} is read before it is written`);
      return data;
    };
    for (const [i, node] of this.graph.nodes.entries()) {
      const result = this.runNode(node, node.inputs.map(read));
      held.set(node.output, onNode?.(node, result) ?? result);
      for (const id of this.#dying[i]) held.delete(id);
    }
    return new Map(this.graph.outputs.map((io) => [io.value, read(io.value)]));
  }

  /** One node of the graph (or one in its place, with other weights) on given inputs. */
  runNode(node: Node, inputs: readonly Float32Array[]): Float32Array {
    const shapes = node.inputs.map((id) => valueOfGraph(this.graph, id).shape);
    const output = valueOfGraph(this.graph, node.output);
    return onGrid(output, runOp(node.op, inputs, shapes, output.shape));
  }
}

function lastReads(graph: Graph): ValueId[][] {
  const last = new Map<ValueId, number>();
  for (const [i, node] of graph.nodes.entries()) for (const id of [...node.inputs, node.output]) last.set(id, i);
  for (const io of graph.outputs) last.delete(io.value);
  const dying = graph.nodes.map((): ValueId[] => []);
  for (const [id, i] of last) dying[i].push(id);
  return dying;
}

const realOf = (codes: Int8Array, { scale, zeroPoint }: Quant): Float32Array =>
  Float32Array.from(codes, (q) => (q - zeroPoint) * scale);

function realConstant({ constant, quant }: Value): Float32Array {
  if (constant instanceof Float32Array) return constant;
  return realOf(constant ?? new Int8Array(), quant ?? { scale: 1, zeroPoint: 0 });
}

/** Quantised and dequantised, where the value is quantised: nearest, ties to even. */
function onGrid({ quant }: Value, data: Float32Array): Float32Array {
  if (quant === null) return data;
  const { scale, zeroPoint } = quant;
  const [lowest, highest] = [-128 - zeroPoint, 127 - zeroPoint];
  return data.map((x) => {
    const steps = x / scale;
    const low = Math.floor(steps);
    const rest = steps - low;
    const nearest = rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
    return scale * Math.min(Math.max(nearest, lowest), highest);
  });
}

function convolutionOf(op: Extract<Op, { kind: 'conv2d' | 'convTranspose2d' }>, inChannels: number): Convolution {
  const known = prepared.get(op);
  if (known !== undefined) return known;
  const made = op.kind === 'conv2d' ? prepareConv(op, inChannels) : prepareConvTranspose(op, inChannels);
  prepared.set(op, made);
  return made;
}

function runOp(op: Op, inputs: readonly Float32Array[], shapes: readonly Shape[], output: Shape): Float32Array {
  const [x] = inputs;
  const [input] = shapes;
  switch (op.kind) {
    case 'conv2d':
    case 'convTranspose2d':
      return convolutionOf(op, input.c)(x, input, output);
    case 'binary':
      return binary(op, inputs, shapes, output);
    case 'unary':
      return unary(op.expr, x);
    case 'prelu':
      return prelu(op, x);
    case 'maxPool':
    case 'averagePool':
      return pool(op, x, input, output);
    case 'softmax':
      return softmax(op, x, input.c);
    case 'argMax':
      return argMax(op, x, input.c);
    case 'concat':
      return concat(op.axis, inputs, shapes, output);
    case 'slice':
      return slice(op.start, op.step, x, input, output);
    case 'pad':
      return pad(op, op.value, x, input, output);
    case 'resize':
      return op.mode === 'linear'
        ? resizeLinear(op, x, input, output)
        : resizeNearest(op.rows.index0, op.columns.index0, x, input, output);
    case 'transpose':
      return transpose(op.dims, op.perm, x);
    case 'gather':
      return gather(op.axis, op.indices, x, input, output);
    case 'reshape':
      return x;
  }
}
