/**
 * The meaning of the integer program: what every C kernel, on every core, under every schedule, must give byte for
 * byte. Written for clarity; inner loops of convolutions are tight enough to run whole networks.
 */

import { valueOf, type Int8Graph, type Int8Node } from '../ir/int8-graph.js';
import { conv2d, convTranspose2d } from './int8/conv.js';
import { add, elementwise, lut, minMax, mul, prelu } from './int8/elementwise.js';
import { floatPixels } from './int8/float-pixels.js';
import { concat, gather, pad, resizeNearest, slice, transpose } from './int8/move.js';
import { averagePool, maxPool, poolSums } from './int8/pool.js';
import { resizeLinear } from './int8/resize.js';
import { argMax, logSoftmax, softmax } from './int8/softmax.js';

/** Codes of an activation, HWC; int32 where the value is; the bytes of float32 numbers. */
export type Int8Tensor = Int8Array | Int32Array;

/**
 * Runs the whole program. `inputs` in the order of graph.inputs, each HWC; returns graph.outputs in order.
 * `onNode` sees each node's output as it is made.
 */
export function runInt8(
  graph: Int8Graph,
  inputs: readonly Int8Array[],
  onNode?: (node: Int8Node, output: Int8Tensor) => void,
): Int8Tensor[] {
  const held = new Map<number, Int8Tensor>();
  graph.inputs.forEach((io, i) => held.set(io.value, inputs[i]));
  const read = (id: number): Int8Tensor => {
    const tensor = valueOf(graph, id).constant ?? held.get(id);
    if (tensor === undefined) throw new Error(`value ${id} is read before it is made`);
    return tensor;
  };
  for (const node of graph.nodes) {
    const output = runNode(
      node,
      graph,
      node.inputs.map((id) => read(id)),
    );
    held.set(node.output, output);
    onNode?.(node, output);
  }
  return graph.outputs.map((io) => read(io.value));
}

/** Computes one node on the given input tensors (HWC, in the order of node.inputs, constants included). */
export function runNode(node: Int8Node, graph: Int8Graph, tensors: readonly Int8Tensor[]): Int8Tensor {
  const { op } = node;
  // Most operators take codes alone.
  const inputs = tensors as readonly Int8Array[];
  const shapes = node.inputs.map((id) => valueOf(graph, id).shape);
  const output = valueOf(graph, node.output).shape;
  const [x] = inputs;
  const [shape] = shapes;
  const operand = (i: number) => ({ data: inputs[i], shape: shapes[i] });
  const operands = () => tensors.slice(1).map((data, i) => ({ data, shape: shapes[i + 1] }));
  switch (op.kind) {
    case 'conv2d':
      return conv2d(op, x, shape, output, operands());
    case 'convTranspose2d':
      return convTranspose2d(op, x, shape, output, operands());
    case 'add':
      return add(op, operand(0), operand(1), output);
    case 'mul':
      return mul(op, operand(0), operand(1), output);
    case 'min':
    case 'max':
      return minMax(op, operand(0), operand(1), output);
    case 'lut':
      return lut(op, x);
    case 'prelu':
      return prelu(op, x, shape.c);
    case 'maxPool':
      return maxPool(op, x, shape, output);
    case 'averagePool':
      return averagePool(op, x, shape, output);
    case 'elementwise':
      return elementwise(op, tensors[0], output, operands());
    case 'poolSums':
      return poolSums(op, tensors[0], shape, output, operands());
    case 'softmax':
      return softmax(op, x, shape.c);
    case 'logSoftmax':
      return logSoftmax(op, x, shape.c);
    case 'argMax':
      return argMax(op, x, shape.c);
    case 'floatPixels':
      return floatPixels(op, inputs, shapes, output);
    case 'concat':
      return concat(op.axis, inputs, shapes, output);
    case 'slice':
      return slice(op.start, op.step, x, shape, output);
    case 'pad':
      return pad(op, op.value, x, shape, output);
    case 'resize':
      return op.linear !== null
        ? resizeLinear(op, op.linear, x, shape, output)
        : resizeNearest(op.rows.index0, op.columns.index0, x, shape, output);
    case 'transpose':
      return transpose(op.dims, op.perm, tensors[0]);
    case 'gather':
      return gather(op.axis, op.indices, x, shape, output);
    case 'reshape':
      return x.slice();
  }
}
