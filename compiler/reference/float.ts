/**
 * Real-arithmetic interpreters of a Graph, for tests and oracles: slow, clear, and independent of the integer
 * program that `lower/` makes.
 */

import { quantiseExact } from '../ir/codes.js';
import { functionCode, movedCode } from '../ir/function-code.js';
import { valueOfGraph, type Graph, type Node, type Resize, type Value } from '../ir/graph.js';
import type { Quant, Shape } from '../ir/tensor.js';
import { divideHalfEven, divide, integer, multiply, rational, type Rational } from '../numerics/rational.js';
import { resizeLinearInFloat32 } from './int8/resize.js';
import { exactElement, realNode, type RealTensor } from './real/node.js';

/**
 * Runs the graph on real inputs (HWC, in the order of graph.inputs) in double precision. In a quantised graph inputs
 * and results are rounded to their quantisation, ties decided in doubles. Returns graph.outputs, HWC.
 */
export function runFloat(
  graph: Graph,
  inputs: readonly Float32Array[],
  onNode?: (node: Node, output: Float64Array) => void,
): Float32Array[] {
  const round = (value: Value, data: Float64Array): Float64Array => {
    const { quant } = value;
    return quant === null ? data : data.map((x) => (codeInDoubles(x, quant) - quant.zeroPoint) * quant.scale);
  };
  const tensors = runNodes(
    graph,
    (value, i) => round(value, Float64Array.from(inputs[i])),
    (node, value, operands) => {
      const data = round(value, realNode(graph, node, operands, value.shape));
      onNode?.(node, data);
      return data;
    },
  );
  return graph.outputs.map((io) => Float32Array.from(tensors(io.value).data));
}

/**
 * Runs a quantised graph with every code decided exactly: in doubles where the result is far from a tie, in
 * fractions where it is near. (Transcendental functions have no fractions: doubles decide. A linear Resize means
 * float32 arithmetic: ir/int8-graph.ts. Results that the network does not quantise are doubles, too.) ArgMax gives int32.
 */
export function runQuantisedExact(
  graph: Graph,
  inputs: readonly Int8Array[],
  onNode?: (node: Node, output: Int8Array | Int32Array) => void,
): (Int8Array | Int32Array)[] {
  const codes = new Map<number, Int8Array | Int32Array>();
  runNodes(
    graph,
    (value, i) => {
      codes.set(value.id, inputs[i]);
      return dequantise(inputs[i], required(value.quant));
    },
    (node, value, operands) => {
      const real = realNode(graph, node, operands, value.shape);
      // A result that the network does not quantise is the double that it is.
      if (value.dtype === 'float32') return real;
      if (value.quant === null) {
        codes.set(value.id, Int32Array.from(real));
        onNode?.(node, Int32Array.from(real));
        return real;
      }
      const result = exactCodes(graph, node, value.shape, value.quant, real, codes);
      codes.set(value.id, result);
      onNode?.(node, result);
      return dequantise(result, value.quant);
    },
  );
  return graph.outputs.map((io) => {
    const result = codes.get(io.value) ?? valueOfGraph(graph, io.value).constant;
    if (result === null || result instanceof Float32Array) throw new Error(`output '${io.name}' is not quantised`);
    return result;
  });
}

const dequantise = (codes: Int8Array | Int32Array, quant: Quant): Float64Array =>
  Float64Array.from(codes, (q) => (q - quant.zeroPoint) * quant.scale);

/** Evaluates the nodes in order; returns how to read a value afterwards. */
function runNodes(
  graph: Graph,
  input: (value: Value, index: number) => Float64Array,
  compute: (node: Node, value: Value, operands: readonly RealTensor[]) => Float64Array,
): (id: number) => RealTensor {
  const held = new Map<number, Float64Array>();
  graph.inputs.forEach((io, i) => held.set(io.value, input(valueOfGraph(graph, io.value), i)));
  const read = (id: number): RealTensor => {
    const value = valueOfGraph(graph, id);
    const data = held.get(id) ?? constantOf(value);
    return { shape: value.shape, data };
  };
  for (const node of graph.nodes) {
    const value = valueOfGraph(graph, node.output);
    held.set(node.output, compute(node, value, node.inputs.map(read)));
  }
  return read;
}

function constantOf(value: Value): Float64Array {
  if (value.constant === null) throw new Error(`value ${value.id} is read before it is made`);
  return value.constant instanceof Int8Array
    ? dequantise(value.constant, required(value.quant))
    : Float64Array.from(value.constant);
}

function required(quant: Quant | null): Quant {
  if (quant === null) throw new Error('a quantised graph has a value without quantisation');
  return quant;
}

/** Steps from a tie below which doubles do not decide. */
const doubt = 1e-4;

const saturate = (q: number): number => (q < -128 ? -128 : q > 127 ? 127 : q);

/** Round to nearest, ties to even, in doubles; a NaN becomes the zero point. */
function codeInDoubles(x: number, quant: Quant): number {
  if (Number.isNaN(x)) return quant.zeroPoint;
  const steps = x / quant.scale;
  const low = Math.floor(steps);
  const rest = steps - low;
  const rounded = rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
  return saturate(rounded + quant.zeroPoint);
}

function exactCodes(
  graph: Graph,
  node: Node,
  shape: Shape,
  quant: Quant,
  real: Float64Array,
  codes: ReadonlyMap<number, Int8Array | Int32Array>,
): Int8Array {
  const operands = node.inputs.map((id) => {
    const value = valueOfGraph(graph, id);
    const { shape: s, constant } = value;
    const data = codes.get(id) ?? constant ?? new Int8Array();
    const scale = value.quant === null ? null : rational(value.quant.scale);
    const zeroPoint = value.quant?.zeroPoint ?? 0;
    return {
      shape: s,
      at: (y: number, x: number, c: number): Rational => {
        const stored = data[(y * s.w + x) * s.c + c];
        return scale === null ? rational(stored) : multiply(integer(stored - zeroPoint), scale);
      },
    };
  });
  const { op } = node;
  if (op.kind === 'resize' && op.mode === 'linear')
    return resizedCodes(op, valueOfGraph(graph, node.inputs[0]), codes, shape, quant);
  const readsReal = node.inputs.some((id) => valueOfGraph(graph, id).dtype === 'float32');
  const scale = rational(quant.scale);
  const first = valueOfGraph(graph, node.inputs[0]);
  const inputQuant = first.quant ?? quant;
  const codesOfInput = codes.get(first.id) ?? first.constant ?? new Int8Array();
  return Int8Array.from(real, (x, i) => {
    const steps = x / quant.scale;
    const near = Math.abs(steps - Math.floor(steps) - 0.5) < doubt && Math.abs(steps + quant.zeroPoint) < 200;
    // Of real numbers there are no fractions.
    if (!near || readsReal) return codeInDoubles(x, quant);
    if (node.op.kind === 'unary') return functionCode(node.op.expr, codesOfInput[i], inputQuant, quant).code;
    if (isMove(node) && !isBound(node, x)) return movedCode(x, quant);
    if (isMove(node)) return quantiseExact(rational(x), quant);
    const exact = exactElement(graph, node, operands, {
      y: Math.floor(i / (shape.w * shape.c)),
      x: Math.floor(i / shape.c) % shape.w,
      c: i % shape.c,
    });
    if (exact === null) return codeInDoubles(x, quant);
    const ratio = divide(exact, scale);
    return saturate(Number(divideHalfEven(ratio.numerator, ratio.denominator)) + quant.zeroPoint);
  });
}

function resizedCodes(
  op: Resize,
  input: Value,
  codes: ReadonlyMap<number, Int8Array | Int32Array>,
  shape: Shape,
  quant: Quant,
): Int8Array {
  const data = codes.get(input.id) ?? input.constant;
  if (!(data instanceof Int8Array)) throw new Error(`'${input.name}' is not quantised`);
  const { scale, zeroPoint } = required(input.quant);
  const clamps = { clampMin: -128, clampMax: 127 };
  const origin = op.codeOrigin;
  return origin === null
    ? resizeLinearInFloat32(
        { ...op, inputZeroPoint: zeroPoint },
        {
          truncates: false,
          inputScale: scale,
          outputScale: quant.scale,
          requant: { zeroPoint: quant.zeroPoint, ...clamps },
        },
        data,
        input.shape,
        shape,
      )
    : resizeLinearInFloat32(
        { ...op, inputZeroPoint: origin },
        { truncates: true, inputScale: 1, outputScale: 1, requant: { zeroPoint: origin, ...clamps } },
        data,
        input.shape,
        shape,
      );
}

/** A result that a clamp gives, as exact as the operator's own code of it. */
const isBound = ({ op }: Node, x: number): boolean => 'clamp' in op && (x === op.clamp.min || x === op.clamp.max);

/** Operators that only move values, or choose among them: a double holds a dequantised code exactly. */
const isMove = ({ op }: Node): boolean =>
  ['concat', 'slice', 'pad', 'transpose', 'gather', 'reshape', 'maxPool'].includes(op.kind) ||
  (op.kind === 'resize' && op.mode === 'nearest') ||
  (op.kind === 'binary' && (op.fn === 'min' || op.fn === 'max'));
