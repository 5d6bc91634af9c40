/** A whole node in doubles. */

import type { Graph, Node, Softmax } from '../../ir/graph.js';
import { elements, type Shape } from '../../ir/tensor.js';
import { realBias } from '../../numerics/bias.js';
import { multiply, rational, toNumber, type Rational } from '../../numerics/rational.js';
import { stepsOfOne } from '../../numerics/softmax.js';
import { concat, gather, pad, resizeNearest, slice, transpose } from '../int8/move.js';
import { doubles, fractions, type Arithmetic } from './arithmetic.js';
import {
  convElement,
  convTransposeElement,
  element,
  type Position,
  type RealOperand,
  type RealWeights,
} from './element.js';

/** A tensor of real numbers, HWC. */
export interface RealTensor {
  readonly shape: Shape;
  readonly data: Float64Array;
}

const operandOf = ({ shape, data }: RealTensor): RealOperand<number> => ({
  shape,
  at: (y, x, c) => data[(y * shape.w + x) * shape.c + c],
});

/** The real weights of a convolution; `inputScale` is null in a float network. */
export function realWeights<T>(
  ar: Arithmetic<T>,
  op: Extract<Node['op'], { kind: 'conv2d' | 'convTranspose2d' }>,
  inputScale: number | null,
  of: (r: Rational) => T,
): RealWeights<T> {
  const { weights, bias } = op;
  const scales = weights.kind === 'float' ? null : Array.from(weights.scales, (s) => ar.of(s));
  return {
    weight: (i, o) => (scales === null ? ar.of(weights.data[i]) : ar.multiply(ar.of(weights.data[i]), scales[o])),
    bias: (o) => {
      if (bias === null) return null;
      const unit =
        weights.kind === 'float' || inputScale === null
          ? { numerator: 0n, denominator: 1n }
          : multiply(rational(inputScale), rational(weights.scales[o]));
      return of(realBias(bias.data[o], bias.scales?.[o] ?? null, unit));
    },
  };
}

/** One element of a node in exact fractions, or null where it has none. */
export function exactElement(
  graph: Graph,
  node: Node,
  inputs: readonly RealOperand<Rational>[],
  at: Position,
): Rational | null {
  const { op } = node;
  if (op.kind === 'conv2d' || op.kind === 'convTranspose2d') {
    const scale = graph.values.get(node.inputs[0])?.quant?.scale ?? null;
    const weights = realWeights(fractions, op, scale, (r) => r);
    return op.kind === 'conv2d'
      ? convElement(fractions, op, weights, inputs[0], at)
      : convTransposeElement(fractions, op, weights, inputs[0], at);
  }
  return element(fractions, op, inputs, at);
}

/** The whole output in doubles; nothing is quantised here. */
export function realNode(graph: Graph, node: Node, inputs: readonly RealTensor[], output: Shape): Float64Array {
  const { op } = node;
  const [input] = inputs;
  const { data, shape } = input;
  switch (op.kind) {
    case 'conv2d':
    case 'convTranspose2d': {
      const scale = graph.values.get(node.inputs[0])?.quant?.scale ?? null;
      const weights = tabulated(realWeights(doubles, op, scale, toNumber), op.weights.data.length, op.outChannels);
      const x = operandOf(input);
      return op.kind === 'conv2d'
        ? each(output, (at) => convElement(doubles, op, weights, x, at))
        : each(output, (at) => convTransposeElement(doubles, op, weights, x, at));
    }
    case 'softmax':
      return softmax(op, data, shape.c, probabilityUnit(graph, node));
    case 'argMax':
      return argMax(op.smallest ? data.map((v) => -v) : data, shape.c, op.lastIndex);
    case 'concat':
      return concat(
        op.axis,
        inputs.map((x) => x.data),
        inputs.map((x) => x.shape),
        output,
      );
    case 'slice':
      return slice(op.start, op.step, data, shape, output);
    case 'pad':
      return pad(op, op.value, data, shape, output);
    case 'transpose':
      return transpose(op.dims, op.perm, data);
    case 'gather':
      return gather(op.axis, op.indices, data, shape, output);
    case 'reshape':
      return data.slice();
    default: {
      if (op.kind === 'resize' && op.mode === 'nearest')
        return resizeNearest(op.rows.index0, op.columns.index0, data, shape, output);
      const operands = inputs.map(operandOf);
      return each(output, (at) => element(doubles, op, operands, at) ?? NaN);
    }
  }
}

function each(shape: Shape, f: (at: Position) => number): Float64Array {
  const out = new Float64Array(elements(shape));
  let i = 0;
  for (let y = 0; y < shape.h; y++)
    for (let x = 0; x < shape.w; x++) for (let c = 0; c < shape.c; c++) out[i++] = f({ y, x, c });
  return out;
}

/** Weights and biases computed once. */
function tabulated(weights: RealWeights<number>, length: number, outChannels: number): RealWeights<number> {
  const data = Float64Array.from({ length }, (_, i) => weights.weight(i, Math.floor(i / (length / outChannels))));
  const bias = Float64Array.from({ length: outChannels }, (_, o) => weights.bias(o) ?? 0);
  return { weight: (i) => data[i], bias: (o) => bias[o] };
}

/** What a probability of 1 is in a quantised result: a whole number of its steps. */
function probabilityUnit(graph: Graph, node: Node): number {
  const scale = graph.values.get(node.output)?.quant?.scale;
  const steps = scale === undefined ? null : stepsOfOne(scale);
  return scale === undefined || steps === null ? 1 : steps * scale;
}

function softmax(op: Softmax, x: Float64Array, channels: number, unit: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let from = 0; from < x.length; from += channels) {
    const pixel = x.subarray(from, from + channels);
    const max = pixel.reduce((m, v) => Math.max(m, v), -Infinity);
    const sum = pixel.reduce((s, v) => s + Math.exp(v - max), 0);
    for (let c = 0; c < channels; c++)
      out[from + c] = op.log ? pixel[c] - max - Math.log(sum) : (Math.exp(pixel[c] - max) / sum) * unit;
  }
  return out;
}

function argMax(x: Float64Array, channels: number, lastIndex: boolean): Float64Array {
  return Float64Array.from({ length: x.length / channels }, (_, p) => {
    let best = 0;
    for (let c = 1; c < channels; c++) {
      const difference = x[p * channels + c] - x[p * channels + best];
      if (difference > 0 || (difference === 0 && lastIndex)) best = c;
    }
    return best;
  });
}
