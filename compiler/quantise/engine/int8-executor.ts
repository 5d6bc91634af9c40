/**
 * The integer program, fast enough to measure with: convolutions by the kernels, the operators that touch every element
 * in tight loops, the rest as reference/int8.ts has it. Gives the reference's bytes.
 */

import { type AddOp, type ConvOp, type Int8Graph, type Int8Node, type ValueId, valueOf } from '../../ir/int8-graph.js';
import { elements, type Shape } from '../../ir/tensor.js';
import { requantiseChannel } from '../../numerics/apply.js';
import { type Int8Tensor, runNode } from '../../reference/int8.js';
import { Convolver, type PackedWeights, packWeights } from './convolver.js';

/** What a convolution's loops need, made once. */
interface Packed {
  readonly weights: PackedWeights;
  /** Without the input's zero point, which the kernels take off the input itself. */
  readonly bias: Float64Array;
  /** Results are sums times these, in steps. */
  readonly factors: Float64Array;
}

const packed = new WeakMap<ConvOp, Packed>();

function packedOf(op: ConvOp, input: Shape, output: Shape): Packed {
  let known = packed.get(op);
  if (known === undefined) {
    const { kind, window, groups, requant } = op;
    const weights = packWeights({ kind, window, groups, outChannels: output.c }, input, op.weights);
    const bias = Float64Array.from(op.bias);
    const inner = op.weights.length / output.c;
    for (let o = 0; o < output.c; o++) {
      let sum = 0;
      for (let i = o * inner; i < (o + 1) * inner; i++) sum += op.weights[i];
      bias[o] += op.inputZeroPoint * sum;
    }
    const unit = 2 ** -(32 + requant.shift - requant.leftShift);
    known = { weights, bias, factors: Float64Array.from(requant.multipliers, (m) => m * unit) };
    packed.set(op, known);
  }
  return known;
}

export class Int8Executor {
  readonly #convolver: Convolver;

  constructor(convolver: Convolver = new Convolver()) {
    this.#convolver = convolver;
  }

  /** As reference/int8.ts's runInt8. */
  run(
    graph: Int8Graph,
    inputs: readonly Int8Array[],
    onNode?: (node: Int8Node, output: Int8Tensor) => void,
  ): Int8Tensor[] {
    const held = new Map<ValueId, Int8Tensor>();
    graph.inputs.forEach((io, i) => held.set(io.value, inputs[i]));
    const read = (id: ValueId): Int8Tensor => {
      const tensor = valueOf(graph, id).constant ?? held.get(id);
      if (tensor === undefined) throw new Error(`value ${id} is read before it is made`);
      return tensor;
    };
    for (const node of graph.nodes) {
      const output = this.runNode(
        node,
        graph,
        node.inputs.map((id) => read(id) as Int8Array),
      );
      held.set(node.output, output);
      onNode?.(node, output);
    }
    return graph.outputs.map((io) => read(io.value));
  }

  /** One node, as reference/int8.ts's runNode. */
  runNode(node: Int8Node, graph: Int8Graph, inputs: readonly Int8Array[]): Int8Tensor {
    const { op } = node;
    const output = valueOf(graph, node.output).shape;
    const [a, b] = node.inputs.map((id) => valueOf(graph, id).shape);
    switch (op.kind) {
      case 'conv2d':
      case 'convTranspose2d':
        if (op.partial !== undefined) break;
        return this.#convolution(op, inputs[0], a, output);
      case 'add':
        if (op.rounding !== 'fixed' || elements(a) !== elements(output) || elements(b) !== elements(output)) break;
        return add(op, inputs[0], inputs[1]);
      case 'lut': {
        const out = new Int8Array(inputs[0].length);
        const { table } = op;
        for (let i = 0; i < out.length; i++) out[i] = table[inputs[0][i] + 128];
        return out;
      }
    }
    return runNode(node, graph, inputs);
  }

  #convolution(op: ConvOp, x: Int8Array, input: Shape, output: Shape): Int8Array {
    const { weights, bias, factors } = packedOf(op, input, output);
    const sums = this.#convolver.convolve(weights, x, op.inputZeroPoint, output);
    const channels = output.c;
    const out = new Int8Array(sums.length);
    const { requant } = op;
    const { zeroPoint, clampMin, clampMax } = requant;
    if (requant.rounding === 'exact') {
      for (let i = 0, o = 0; i < out.length; i++) {
        out[i] = requantiseChannel(sums[i] + bias[o], requant, o);
        if (++o === channels) o = 0;
      }
      return out;
    }
    // acc * M / 2^(32 + shift - leftShift) in doubles is right but next to a boundary, where the integers decide.
    const isEven = requant.rounding === 'even';
    for (let i = 0, o = 0; i < out.length; i++) {
      const acc = sums[i] + bias[o];
      const steps = acc * factors[o] + 0.5;
      const whole = Math.floor(steps);
      const rest = steps - whole;
      if (rest < doubt || rest > 1 - doubt || isEven) out[i] = requantiseChannel(acc, requant, o);
      else {
        const q = whole + zeroPoint;
        out[i] = q < clampMin ? clampMin : q > clampMax ? clampMax : q;
      }
      if (++o === channels) o = 0;
    }
    return out;
  }
}

/** Steps next to a boundary in which doubles do not decide: far more than their error at |steps| < 2^20. */
const doubt = 2 ** -20;

function add(op: AddOp, a: Int8Array, b: Int8Array): Int8Array {
  const out = new Int8Array(a.length);
  const { multiplierA, multiplierB, shift, zeroPoint, clampMin, clampMax } = op;
  const addend = op.addend + 2 ** (shift - 1);
  for (let i = 0; i < out.length; i++) {
    const q = ((Math.imul(a[i], multiplierA) + Math.imul(b[i], multiplierB) + addend) >> shift) + zeroPoint;
    out[i] = q < clampMin ? clampMin : q > clampMax ? clampMax : q;
  }
  return out;
}
