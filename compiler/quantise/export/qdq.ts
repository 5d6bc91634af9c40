/**
 * A graph as ONNX. Of a quantised one, QDQ: every result is quantised by a QuantizeLinear and read through a
 * DequantizeLinear, weights are int8 a channel and biases int32, so that the file means the graph's integer program. What is
 * not quantised is written in real numbers as it is. Tensors are NCHW in the file.
 */

import {
  type Conv2d,
  type ConvTranspose2d,
  type Graph,
  type Node,
  type Op,
  type Value,
  type ValueId,
  valueOfGraph,
} from '../../ir/graph.js';
import { physicalIndices } from '../../ir/layout.js';
import type { IoLayout, Quant, Shape } from '../../ir/tensor.js';
import type { Window } from '../../ir/window.js';
import { dilated } from '../../ir/window.js';
import { writeClip, writeFunction } from './function.js';
import { resizeAttributes } from './resize.js';
import { type ElementType, OnnxWriter } from './writer.js';

/** The bytes of the file. */
export function exportQdq(graph: Graph): Uint8Array {
  return new QdqWriter(graph).write();
}

/** The same of a network that has no quantisation. */
export function exportFloat(graph: Graph): Uint8Array {
  const quantised = [...graph.values.values()].find(({ quant }) => quant !== null);
  if (quantised !== undefined) throw new Error(`'${quantised.name}' is quantised`);
  return new QdqWriter(graph).write();
}

const nchw = ({ h, w, c }: Shape): readonly number[] => [1, c, h, w];
const nhwc = ({ h, w, c }: Shape): readonly number[] => [1, h, w, c];

class QdqWriter {
  readonly #graph: Graph;
  readonly #out = new OnnxWriter();
  /** Names of NCHW tensors of codes (indices: of int64; real numbers where a value is not quantised) by value. */
  readonly #codes = new Map<ValueId, string>();
  readonly #reals = new Map<ValueId, string>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  write(): Uint8Array {
    const { graph } = { graph: this.#graph };
    for (const io of [...graph.inputs, ...graph.outputs]) this.#out.reserve(io.name);
    for (const io of graph.inputs) this.#input(io.value, io.name, io.layout);
    for (const value of graph.values.values()) if (value.constant !== null) this.#constant(value);
    for (const node of graph.nodes) this.#node(node);
    for (const io of graph.outputs) this.#output(io.value, io.name, io.layout);
    return this.#out.encode(graph.name === '' ? 'network' : graph.name);
  }

  #value = (id: ValueId): Value => valueOfGraph(this.#graph, id);

  #quantOf(id: ValueId): Quant {
    const { quant, name } = this.#value(id);
    if (quant === null) throw new Error(`'${name}' is not quantised`);
    return quant;
  }

  #code(id: ValueId): string {
    const name = this.#codes.get(id);
    if (name === undefined) throw new Error(`value ${id} is read before it is written`);
    return name;
  }

  /** Scale and zero point of a tensor. */
  #parameters({ scale, zeroPoint }: Quant, type: 'int8' | 'uint8' = 'int8'): readonly string[] {
    const shift = type === 'uint8' ? 128 : 0;
    return [this.#out.shared('float32', [], [scale]), this.#out.shared(type, [], [zeroPoint + shift])];
  }

  /** The value as real numbers. */
  #real(id: ValueId): string {
    if (this.#value(id).quant === null) return this.#code(id);
    let name = this.#reals.get(id);
    if (name === undefined) {
      const own = this.#value(id).name;
      const inputs = [this.#code(id), ...this.#parameters(this.#quantOf(id))];
      name = this.#out.node('DequantizeLinear', `${own}_dequantise`, inputs, `${own}_real`);
      this.#reals.set(id, name);
    }
    return name;
  }

  /** Real numbers become the value's codes, where it has any. */
  #quantise(id: ValueId, real: string): void {
    if (this.#value(id).quant === null) {
      this.#codes.set(id, real);
      return;
    }
    const own = this.#value(id).name;
    const inputs = [real, ...this.#parameters(this.#quantOf(id))];
    this.#codes.set(id, this.#out.node('QuantizeLinear', `${own}_quantise`, inputs, `${own}_codes`));
  }

  // --- borders ---------------------------------------------------------------------------------------------

  #input(id: ValueId, name: string, layout: IoLayout): void {
    const type = layout.onnxDType;
    this.#out.input(name, type, layout.onnxShape);
    const inNchw = this.#fromLayout(name, layout, this.#value(id).shape, name);
    if (type === 'int8') this.#codes.set(id, inNchw);
    else if (type === 'uint8') {
      const real = this.#out.node(
        'DequantizeLinear',
        `${name}_dequantise`,
        [inNchw, ...this.#parameters(this.#quantOf(id), type)],
        `${name}_real`,
      );
      this.#quantise(id, real);
    } else this.#quantise(id, inNchw);
  }

  /** A tensor of the file's own shape in NCHW. */
  #fromLayout(tensor: string, layout: IoLayout, shape: Shape, name: string): string {
    if (isNchw(layout, shape))
      return sameDims(layout.onnxShape, nchw(shape)) ? tensor : this.#reshape(tensor, nchw(shape), name);
    const { factors, order } = layout;
    const stored = order.map((axis) => factors[axis]);
    // Where each factor of memory stands in the file.
    const back = factors.map((_, axis) => order.indexOf(axis));
    const memory = this.#transpose(this.#reshape(tensor, stored, name), back, name);
    return this.#transpose(this.#reshape(memory, nhwc(shape), name), [0, 3, 1, 2], name);
  }

  #output(id: ValueId, name: string, layout: IoLayout): void {
    const { shape, dtype } = this.#value(id);
    const type: ElementType = dtype === 'int32' ? 'int64' : layout.onnxDType === 'int8' ? 'int8' : 'float32';
    this.#out.output(name, type, layout.onnxShape);
    const source = type === 'float32' ? this.#real(id) : this.#code(id);
    const { onnxShape, factors, order } = layout;
    if (isNchw(layout, shape) && sameDims(onnxShape, nchw(shape))) {
      this.#out.nodeInto('Identity', `${name}_output`, [source], name);
      return;
    }
    const inOrder = isNchw(layout, shape)
      ? source
      : this.#transpose(this.#reshape(this.#transpose(source, [0, 2, 3, 1], name), factors, name), order, name);
    const dims = this.#out.shared('int64', [onnxShape.length], onnxShape);
    this.#out.nodeInto('Reshape', `${name}_output`, [inOrder, dims], name);
  }

  #reshape(tensor: string, dims: readonly number[], name: string): string {
    const shape = this.#out.shared('int64', [dims.length], dims);
    return this.#out.node('Reshape', `${name}_reshape`, [tensor, shape], `${name}_reshaped`);
  }

  #transpose(tensor: string, perm: readonly number[], name: string): string {
    if (perm.every((p, i) => p === i)) return tensor;
    return this.#out.node('Transpose', `${name}_transpose`, [tensor], `${name}_transposed`, { perm });
  }

  // --- constants -------------------------------------------------------------------------------------------

  #constant({ id, name, shape, constant, quant }: Value): void {
    if (constant === null || constant instanceof Int8Array !== (quant !== null)) return;
    const { h, w, c } = shape;
    const data = Float32Array.from(constant, (_, i) => {
      const [channel, pixel] = [Math.floor(i / (h * w)), i % (h * w)];
      return constant[pixel * c + channel];
    });
    this.#codes.set(id, this.#out.tensor(name, quant === null ? 'float32' : 'int8', nchw(shape), data));
  }

  /** OHWI weights in the file's order, dequantised by channel where they are codes. */
  #weights(node: Node, op: Conv2d | ConvTranspose2d): string {
    const { weights, window, groups, outChannels } = op;
    const taps = window.kernelH * window.kernelW;
    const groupIn = weights.data.length / outChannels / taps;
    const groupOut = outChannels / groups;
    const isTransposed = op.kind === 'convTranspose2d';
    const data = weights.kind === 'float' ? new Float32Array(weights.data.length) : new Int8Array(weights.data.length);
    for (let o = 0; o < outChannels; o++)
      for (let t = 0; t < taps; t++)
        for (let i = 0; i < groupIn; i++) {
          const group = Math.floor(o / groupOut);
          const to = isTransposed
            ? ((group * groupIn + i) * groupOut + (o % groupOut)) * taps + t
            : (o * groupIn + i) * taps + t;
          data[to] = weights.data[(o * taps + t) * groupIn + i];
        }
    const { kernelH, kernelW } = window;
    const dims = isTransposed
      ? [groupIn * groups, groupOut, kernelH, kernelW]
      : [outChannels, groupIn, kernelH, kernelW];
    if (weights.kind === 'float') return this.#out.tensor(`${node.name}_weights`, 'float32', dims, data);
    // Groups of a transposed convolution share its second axis: their scales stand along the first, one a group.
    const alongGroups = isTransposed && groups > 1;
    const scales = alongGroups
      ? Float32Array.from({ length: dims[0] }, (_, i) => weights.scales[Math.floor(i / groupIn) * groupOut])
      : weights.scales;
    const axis = isTransposed && !alongGroups ? 1 : 0;
    return this.#dequantisedConstant(`${node.name}_weights`, 'int8', dims, data, scales, axis);
  }

  #dequantisedConstant(
    name: string,
    type: 'int8' | 'int32',
    dims: readonly number[],
    data: ArrayLike<number>,
    scales: ArrayLike<number>,
    axis: number,
  ): string {
    const n = scales.length;
    const inputs = [
      this.#out.tensor(name, type, dims, data),
      this.#out.tensor(`${name}_scales`, 'float32', [n], scales),
      this.#out.tensor(`${name}_zeros`, type, [n], new Int8Array(n)),
    ];
    return this.#out.node('DequantizeLinear', `${name}_dequantise`, inputs, `${name}_real`, { axis });
  }

  /** Null without a bias. */
  #bias(node: Node, op: Conv2d | ConvTranspose2d): string | null {
    if (op.bias === null) return null;
    const { data, scales } = op.bias;
    const n = op.outChannels;
    if (scales === null || !(data instanceof Int32Array))
      return this.#out.tensor(`${node.name}_bias`, 'float32', [n], data);
    return this.#dequantisedConstant(`${node.name}_bias`, 'int32', [n], data, scales, 0);
  }

  // --- nodes -----------------------------------------------------------------------------------------------

  #node(node: Node): void {
    const { op } = node;
    const { name } = node;
    if (op.kind === 'transpose' || op.kind === 'reshape') return this.#moved(node, op);
    if (op.kind === 'argMax') {
      const attributes = { axis: 1, keepdims: 1, select_last_index: op.lastIndex ? 1 : 0 };
      this.#codes.set(
        node.output,
        this.#out.node(op.smallest ? 'ArgMin' : 'ArgMax', name, [this.#real(node.inputs[0])], name, attributes),
      );
      return;
    }
    const real = this.#computed(node, op);
    const clamped = 'clamp' in op ? writeClip(this.#out, real, op.clamp.min, op.clamp.max, name) : real;
    this.#quantise(node.output, clamped);
  }

  /** Bytes under another shape, or in another order of memory: codes are moved as they are. */
  #moved(node: Node, op: Extract<Op, { kind: 'transpose' | 'reshape' }>): void {
    const [input, output] = [this.#value(node.inputs[0]), this.#value(node.output)];
    let memory = this.#transpose(this.#code(input.id), [0, 2, 3, 1], node.name);
    if (op.kind === 'transpose')
      memory = this.#transpose(this.#reshape(memory, op.dims, node.name), op.perm, node.name);
    this.#codes.set(
      output.id,
      this.#transpose(this.#reshape(memory, nhwc(output.shape), node.name), [0, 3, 1, 2], node.name),
    );
  }

  /** The node's result in real numbers, its clamp aside. */
  #computed(node: Node, op: Exclude<Op, { kind: 'transpose' | 'reshape' | 'argMax' }>): string {
    const { name } = node;
    const inputs = node.inputs.map((id) => this.#real(id));
    const [input, output] = [this.#value(node.inputs[0]).shape, this.#value(node.output).shape];
    const write = (
      type: string,
      operands: readonly string[],
      attributes: Parameters<OnnxWriter['node']>[4] = {},
    ): string => this.#out.node(type, name, operands, `${name}_result`, attributes);
    const int64s = (list: readonly number[]): string => this.#out.shared('int64', [list.length], list);
    switch (op.kind) {
      case 'conv2d':
      case 'convTranspose2d': {
        const bias = this.#bias(node, op);
        const operands = [inputs[0], this.#weights(node, op), ...(bias === null ? [] : [bias])];
        const attributes = { ...windowAttributes(op.window), group: op.groups };
        return op.kind === 'conv2d'
          ? write('Conv', operands, attributes)
          : write('ConvTranspose', operands, { ...attributes, output_padding: outputPadding(op, input, output) });
      }
      case 'binary':
        return write({ add: 'Add', sub: 'Sub', mul: 'Mul', div: 'Div', min: 'Min', max: 'Max' }[op.fn], inputs);
      case 'unary': {
        const result = writeFunction(this.#out, op.expr, inputs[0], name);
        // A change of quantisation alone.
        return result === inputs[0] ? write('Identity', inputs) : result;
      }
      case 'prelu':
        return write('PRelu', [
          inputs[0],
          this.#out.tensor(`${name}_slopes`, 'float32', [op.slopes.length, 1, 1], op.slopes),
        ]);
      case 'maxPool':
        return write('MaxPool', inputs, {
          ...windowAttributes(op.window),
          ceil_mode: roundsUp(op.window, input, output),
        });
      case 'averagePool': {
        const { dilations: _, ...attributes } = windowAttributes(op.window);
        return write('AveragePool', inputs, {
          ...attributes,
          ceil_mode: roundsUp(op.window, input, output),
          count_include_pad: op.countIncludePad ? 1 : 0,
        });
      }
      case 'softmax':
        return write(op.log ? 'LogSoftmax' : 'Softmax', inputs, { axis: 1 });
      case 'concat':
        return write('Concat', inputs, { axis: { h: 2, w: 3, c: 1 }[op.axis] });
      case 'slice': {
        const axes = [op.start.c, op.start.h, op.start.w].map((start, i) => {
          const step = [op.step.c, op.step.h, op.step.w][i];
          const count = [output.c, output.h, output.w][i];
          const end = start + count * step;
          // An end before the first element: far below it.
          return { start, step, end: end < 0 ? -(2 ** 31) : end };
        });
        return write('Slice', [
          inputs[0],
          int64s(axes.map((a) => a.start)),
          int64s(axes.map((a) => a.end)),
          int64s([1, 2, 3]),
          int64s(axes.map((a) => a.step)),
        ]);
      }
      case 'pad': {
        const { before: b, after: a } = op;
        const pads = int64s([0, b.c, b.h, b.w, 0, a.c, a.h, a.w]);
        const value = op.mode === 'constant' ? [this.#out.shared('float32', [], [op.value])] : [];
        return write('Pad', [inputs[0], pads, ...value], { mode: op.mode });
      }
      case 'gather':
        return write('Gather', [inputs[0], int64s([...op.indices])], { axis: { h: 2, w: 3, c: 1 }[op.axis] });
      case 'resize': {
        const attributes = resizeAttributes(op, input, output);
        if (attributes !== null) return write('Resize', [inputs[0], '', '', int64s(nchw(output))], attributes);
        if (op.mode === 'linear') throw new Error(`'${name}' resizes in a way that ONNX has no name for`);
        const rows = write('Gather', [inputs[0], int64s([...op.rows.index0])], { axis: 2 });
        return write('Gather', [rows, int64s([...op.columns.index0])], { axis: 3 });
      }
    }
  }
}

const sameDims = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

/** Whether the file has the elements in the order channel, row, column, whatever its shape. */
function isNchw(layout: IoLayout, { h, w, c }: Shape): boolean {
  const pixels = h * w;
  return physicalIndices(layout).every((at, i) => at === (i % pixels) * c + Math.floor(i / pixels));
}

const windowAttributes = (w: Window) => ({
  kernel_shape: [w.kernelH, w.kernelW],
  strides: [w.strideH, w.strideW],
  dilations: [w.dilationH, w.dilationW],
  pads: [w.padTop, w.padLeft, w.padBottom, w.padRight],
});

/** 1 where an axis of a pool has one position more than fits. */
function roundsUp(w: Window, input: Shape, output: Shape): number {
  const fits = (n: number, kernel: number, stride: number, pads: number): number =>
    Math.floor((n + pads - kernel) / stride) + 1;
  const rows = fits(input.h, dilated(w.kernelH, w.dilationH), w.strideH, w.padTop + w.padBottom);
  const columns = fits(input.w, dilated(w.kernelW, w.dilationW), w.strideW, w.padLeft + w.padRight);
  return output.h > rows || output.w > columns ? 1 : 0;
}

function outputPadding({ window: w }: ConvTranspose2d, input: Shape, output: Shape): readonly number[] {
  const own = (n: number, kernel: number, stride: number, pads: number): number => (n - 1) * stride + kernel - pads;
  return [
    output.h - own(input.h, dilated(w.kernelH, w.dilationH), w.strideH, w.padTop + w.padBottom),
    output.w - own(input.w, dilated(w.kernelW, w.dilationW), w.strideW, w.padLeft + w.padRight),
  ];
}
