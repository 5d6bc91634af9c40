/** Float graphs against ONNX Runtime on the same inputs: layout, shapes, operators and constant folding together. */

import { describe, expect, it } from 'vitest';
import { optimise } from '../../../compiler/passes/index.js';
import { verifyGraph } from '../../../compiler/ir/verify.js';
import { allNetworks, floats, int64s } from '../../models/index.js';
import { loadOrt } from '../../oracle/onnx-runtime.js';
import { load, model, node, randomData, run } from './support.js';
import type { SmallModel } from './support.js';

async function agrees(bytes: Uint8Array): Promise<void> {
  const { graph } = load(bytes);
  const passed = optimise(graph, (pass, g) => expect(verifyGraph(g), pass).toEqual([]));
  const session = await loadOrt(bytes);
  const inputs = graph.inputs.map((io, i) =>
    randomData(
      io.layout.onnxShape.reduce((a, b) => a * b, 1),
      40 + i,
    ),
  );
  const wanted = await session.run(
    graph.inputs.map((io, i) => ({ name: io.name, type: 'float32', dims: io.layout.onnxShape, data: inputs[i] })),
  );
  for (const g of [graph, passed]) {
    const results = run(g, inputs);
    for (const [k, want] of wanted.entries()) {
      expect([...g.outputs[k].layout.onnxShape]).toEqual([...want.dims]);
      const values = Array.from(want.data, Number);
      const largest = Math.max(1, ...values.map(Math.abs));
      values.forEach((v, i) =>
        expect(Math.abs(results[k][i] - v), `${want.name}[${i}]`).toBeLessThanOrEqual(1e-5 * largest),
      );
    }
  }
  await session.release();
}

describe('float networks agree with ONNX Runtime', () => {
  for (const [name, build] of Object.entries(allNetworks)) {
    it(name, () => agrees(build({ format: 'float' })));
  }
});

const shape = (...dims: number[]): ReturnType<typeof int64s> => int64s(dims);
const weight = (dims: number[], seed: number): ReturnType<typeof floats> =>
  floats(
    dims,
    randomData(
      dims.reduce((a, b) => a * b, 1),
      seed,
    ),
  );

const small: Readonly<Record<string, SmallModel>> = {
  'NHWC input with a transpose in front and one behind': {
    shape: [1, 5, 6, 3],
    nodes: [
      node('Transpose', ['x'], 'a', { perm: { ints: [0, 3, 1, 2] } }),
      node('Conv', ['a', 'w'], 'b', { pads: { ints: [0, 0, 1, 1] }, strides: { ints: [2, 2] } }),
      node('Transpose', ['b'], 'y', { perm: { ints: [0, 2, 3, 1] } }),
    ],
    initializers: { w: weight([4, 3, 3, 3], 2) },
  },
  'PRelu with a slope for each element, behind a transpose': {
    shape: [1, 5, 6, 3],
    nodes: [node('Transpose', ['x'], 'a', { perm: { ints: [0, 3, 1, 2] } }), node('PRelu', ['a', 'p'], 'y')],
    initializers: { p: weight([3, 5, 6], 3) },
  },
  'PRelu with a slope for each pixel, and for each row and channel': {
    shape: [1, 3, 5, 6],
    nodes: [node('PRelu', ['x', 'p'], 'a'), node('PRelu', ['a', 'r'], 'b'), node('Conv', ['b', 'w'], 'y')],
    initializers: { p: weight([5, 6], 4), r: weight([1, 3, 5, 1], 5), w: weight([2, 3, 3, 3], 6) },
  },
  'ArgMin over channels and over columns': {
    shape: [1, 3, 5, 6],
    outputs: ['y', 'z'],
    outputType: 'int64',
    nodes: [
      node('ArgMin', ['x'], 'y', { axis: { int: 1 } }),
      node('ArgMin', ['x'], 'z', { axis: { int: -1 }, keepdims: { int: 0 } }),
    ],
  },
  'a shape computed by Shape, Gather, Unsqueeze, Mul, Concat, Cast and Div': {
    shape: ['n', 4, 3, 2],
    nodes: [
      node('Shape', ['x'], 's'),
      node('Gather', ['s', 'one'], 'c'),
      node('Gather', ['s', 'two'], 'h'),
      node('Mul', ['c', 'h'], 'ch'),
      node('Cast', ['ch'], 'f', { to: { int: 1 } }),
      node('Div', ['f', 'half'], 'd'),
      node('Floor', ['d'], 'e'),
      node('Cast', ['e'], 'i', { to: { int: 7 } }),
      node('Unsqueeze', ['i', 'zero'], 'u'),
      node('Concat', ['minus', 'u'], 't', { axis: { int: 0 } }),
      node('Reshape', ['x', 't'], 'y'),
    ],
    initializers: {
      one: { dims: [], type: 'int64', data: [1] },
      two: { dims: [], type: 'int64', data: [2] },
      zero: shape(0),
      minus: shape(-1),
      half: floats([], [2]),
    },
  },
  'a channel shuffle, then a convolution': {
    shape: [1, 6, 3, 4],
    nodes: [
      node('Reshape', ['x', 's5'], 'a'),
      node('Transpose', ['a'], 'b', { perm: { ints: [0, 2, 1, 3, 4] } }),
      node('Reshape', ['b', 's4'], 'c'),
      node('Conv', ['c', 'w'], 'y'),
    ],
    initializers: { s5: shape(1, 2, 3, 3, 4), s4: shape(1, 6, 3, 4), w: weight([2, 6, 1, 1], 3) },
  },
  'a matrix product of every row of a flattened image': {
    shape: [1, 3, 2, 4],
    nodes: [
      node('Reshape', ['x', 's'], 'a'),
      node('Transpose', ['a'], 'b', { perm: { ints: [0, 2, 1] } }),
      node('MatMul', ['b', 'w'], 'c'),
      node('Add', ['c', 'bias'], 'y'),
    ],
    initializers: { s: shape(1, 3, 8), w: weight([3, 5], 4), bias: weight([5], 5) },
  },
  'a constant matrix on the left': {
    shape: [1, 4, 3],
    nodes: [node('MatMul', ['w', 'x'], 'y')],
    initializers: { w: weight([2, 4], 6) },
  },
  'Gemm with alpha, beta and a transposed input': {
    shape: [4, 1],
    nodes: [node('Gemm', ['x', 'w', 'b'], 'y', { transA: { int: 1 }, alpha: { float: 0.5 }, beta: { float: 3 } })],
    initializers: { w: weight([4, 3], 7), b: weight([3], 8) },
  },
  'broadcasts of a row, a column and a channel': {
    shape: [1, 3, 4, 5],
    nodes: [
      node('Mul', ['x', 'row'], 'a'),
      node('Add', ['a', 'column'], 'b'),
      node('Sub', ['channel', 'b'], 'c'),
      node('Div', ['c', 'whole'], 'y'),
    ],
    initializers: {
      row: weight([5], 9),
      column: weight([4, 1], 10),
      channel: weight([3, 1, 1], 11),
      whole: floats(
        [1, 3, 4, 5],
        randomData(60, 12).map((v) => v + 2),
      ),
    },
  },
  'spatial attention: mean and maximum over channels': {
    shape: [1, 4, 3, 5],
    nodes: [
      node('ReduceMean', ['x'], 'm', { axes: { ints: [1] } }),
      node('ReduceMax', ['x'], 'n', { axes: { ints: [1] } }),
      node('Concat', ['m', 'n'], 'c', { axis: { int: 1 } }),
      node('Conv', ['c', 'w'], 'd', { pads: { ints: [1, 1, 1, 1] } }),
      node('Sigmoid', ['d'], 'g'),
      node('Mul', ['x', 'g'], 'y'),
    ],
    initializers: { w: weight([1, 2, 3, 3], 13) },
  },
  'DepthToSpace, SpaceToDepth and a pad of all axes': {
    shape: [1, 8, 2, 3],
    nodes: [
      node('DepthToSpace', ['x'], 'a', { blocksize: { int: 2 }, mode: { string: 'CRD' } }),
      node('Pad', ['a', 'p', 'v'], 'b'),
      node('SpaceToDepth', ['b'], 'y', { blocksize: { int: 2 } }),
    ],
    initializers: { p: shape(0, 1, 1, 0, 0, 0, 1, 2), v: floats([], [0.5]) },
  },
  'a tensor cut along each axis, with steps and backwards': {
    shape: [1, 4, 5, 6],
    nodes: [node('Slice', ['x', 's', 'e', 'a', 't'], 'y')],
    initializers: { s: shape(1, -1, 0), e: shape(4, -9, 5), a: shape(1, 2, 3), t: shape(1, -2, 2) },
  },
  'Gather of channels in no order, Split and Concat of the parts': {
    shape: [1, 6, 2, 3],
    nodes: [
      node('Gather', ['x', 'i'], 'g', { axis: { int: 1 } }),
      {
        op: 'Split',
        inputs: ['g', 'parts'],
        outputs: ['a', 'b', 'c'],
        name: 'split',
        attributes: { axis: { int: 1 } },
      },
      node('Concat', ['c', 'a', 'b'], 'y', { axis: { int: 1 } }),
    ],
    initializers: { i: shape(4, 0, 0, 5, 2), parts: shape(1, 3, 1) },
  },
  'Expand and Tile': {
    shape: [1, 3, 1, 4],
    nodes: [node('Expand', ['x', 's'], 'a'), node('Tile', ['a', 'r'], 'b'), node('Conv', ['b', 'w'], 'y')],
    initializers: { s: shape(1, 3, 2, 4), r: shape(1, 2, 1, 1), w: weight([2, 6, 1, 1], 14) },
  },
  'HardSwish and GELU written out': {
    shape: [1, 3, 4, 4],
    nodes: [
      node('Add', ['x', 'three'], 'a'),
      node('Clip', ['a', 'zero', 'six'], 'b'),
      node('Mul', ['x', 'b'], 'c'),
      node('Div', ['c', 'six'], 'd'),
      node('Div', ['d', 'root'], 'e'),
      node('Erf', ['e'], 'f'),
      node('Add', ['f', 'one'], 'g'),
      node('Mul', ['d', 'g'], 'h'),
      node('Mul', ['h', 'half'], 'y'),
    ],
    initializers: {
      three: floats([], [3]),
      zero: floats([], [0]),
      six: floats([], [6]),
      root: floats([], [Math.SQRT2]),
      one: floats([], [1]),
      half: floats([], [0.5]),
    },
  },
  'Softmax of old operator sets over several axes, and over rows': {
    opset: 11,
    shape: [1, 3, 2, 4],
    nodes: [
      node('Softmax', ['x'], 'a', { axis: { int: 1 } }),
      node('Transpose', ['a'], 'b', { perm: { ints: [0, 2, 3, 1] } }),
      node('LogSoftmax', ['b'], 'y', { axis: { int: 3 } }),
    ],
  },
  'BatchNormalization before a convolution, and without one': {
    shape: [1, 3, 4, 4],
    nodes: [
      node('BatchNormalization', ['x', 'g', 'b', 'm', 'v'], 'a'),
      node('Conv', ['a', 'w'], 'c'),
      node('BatchNormalization', ['c', 'g', 'b', 'm', 'v'], 'd'),
      node('Relu', ['d'], 'y'),
    ],
    initializers: {
      g: weight([3], 15),
      b: weight([3], 16),
      m: weight([3], 17),
      v: floats([3], [0.5, 1, 2]),
      w: weight([3, 3, 1, 1], 18),
    },
  },
  'operators that ONNX Runtime fused': {
    domains: { 'com.microsoft': 1 },
    shape: [1, 3, 4, 4],
    nodes: [
      node(
        'FusedConv',
        ['x', 'w', 'b'],
        'a',
        { pads: { ints: [1, 1, 1, 1] }, activation: { string: 'Relu' } },
        'com.microsoft',
      ),
      node('FusedConv', ['a', 'v', '', 'x'], 'c', { activation: { string: 'Relu' } }, 'com.microsoft'),
      node(
        'FusedConv',
        ['c', 'v', 'b'],
        'd',
        { activation: { string: 'HardSigmoid' }, activation_params: { floats: [0.25, 0.375] } },
        'com.microsoft',
      ),
      node('QuickGelu', ['d'], 'e', {}, 'com.microsoft'),
      node('QuickGelu', ['e'], 'f', { alpha: { float: 1 } }, 'com.microsoft'),
      node('Flatten', ['f'], 'g'),
      node(
        'FusedGemm',
        ['g', 'm', 'mb'],
        'y',
        {
          transB: { int: 1 },
          alpha: { float: 0.5 },
          activation: { string: 'LeakyRelu' },
          activation_alpha: { float: 0.125 },
        },
        'com.microsoft',
      ),
    ],
    initializers: {
      w: weight([3, 3, 3, 3], 31),
      v: weight([3, 3, 1, 1], 32),
      b: weight([3], 33),
      m: weight([5, 48], 34),
      mb: weight([5], 35),
    },
  },
  'one-dimensional pools that round up': {
    shape: [1, 2, 11],
    nodes: [
      node('MaxPool', ['x'], 'a', {
        kernel_shape: { ints: [3] },
        strides: { ints: [2] },
        ceil_mode: { int: 1 },
        pads: { ints: [1, 0] },
      }),
      node('AveragePool', ['a'], 'y', {
        kernel_shape: { ints: [2] },
        strides: { ints: [3] },
        ceil_mode: { int: 1 },
        count_include_pad: { int: 1 },
        pads: { ints: [1, 1] },
      }),
    ],
  },
  'SAME pads of dilated pools are those of the kernel without its dilation': {
    opset: 19,
    shape: [1, 2, 13, 12],
    nodes: [
      node('MaxPool', ['x'], 'a', {
        kernel_shape: { ints: [3, 2] },
        dilations: { ints: [2, 3] },
        strides: { ints: [1, 2] },
        auto_pad: { string: 'SAME_UPPER' },
      }),
      node('AveragePool', ['a'], 'y', {
        kernel_shape: { ints: [2, 3] },
        dilations: { ints: [3, 1] },
        strides: { ints: [2, 1] },
        auto_pad: { string: 'SAME_LOWER' },
      }),
    ],
  },
  'SAME pads with ceil_mode, of dilated pools too': {
    opset: 19,
    shape: [1, 2, 13, 11],
    nodes: [
      node('MaxPool', ['x'], 'a', {
        kernel_shape: { ints: [3, 3] },
        dilations: { ints: [1, 2] },
        strides: { ints: [2, 2] },
        auto_pad: { string: 'SAME_LOWER' },
        ceil_mode: { int: 1 },
      }),
      node('AveragePool', ['a'], 'y', {
        kernel_shape: { ints: [2, 3] },
        dilations: { ints: [2, 1] },
        strides: { ints: [2, 2] },
        auto_pad: { string: 'SAME_UPPER' },
        ceil_mode: { int: 1 },
        count_include_pad: { int: 1 },
      }),
    ],
  },
  'averages that count SAME pads, and explicit ones that ceil_mode goes beyond': {
    shape: [1, 2, 8, 9],
    nodes: [
      node('AveragePool', ['x'], 'a', {
        kernel_shape: { ints: [4, 3] },
        strides: { ints: [3, 2] },
        auto_pad: { string: 'SAME_UPPER' },
        count_include_pad: { int: 1 },
      }),
      node('AveragePool', ['x'], 'b', {
        kernel_shape: { ints: [3, 4] },
        strides: { ints: [2, 3] },
        pads: { ints: [1, 1, 0, 1] },
        ceil_mode: { int: 1 },
        count_include_pad: { int: 1 },
      }),
      node('GlobalAveragePool', ['b'], 'm'),
      node('Add', ['a', 'm'], 'y'),
    ],
  },
  'SAME convolutions with kernels smaller than their strides': {
    shape: [1, 3, 16, 13],
    nodes: [node('Conv', ['x', 'w'], 'y', { strides: { ints: [4, 2] }, auto_pad: { string: 'SAME_LOWER' } })],
    initializers: { w: weight([2, 3, 1, 1], 21) },
  },
  'SAME ConvTranspose with kernels larger and smaller than its strides': {
    shape: [1, 4, 3, 5],
    nodes: [node('ConvTranspose', ['x', 'w'], 'y', { strides: { ints: [2, 4] }, auto_pad: { string: 'SAME_UPPER' } })],
    initializers: { w: weight([4, 3, 3, 2], 22) },
  },
  'grouped ConvTranspose with output padding': {
    shape: [1, 4, 3, 5],
    nodes: [
      node('ConvTranspose', ['x', 'w', 'b'], 'y', {
        strides: { ints: [2, 3] },
        pads: { ints: [1, 0, 0, 1] },
        output_padding: { ints: [1, 2] },
        group: { int: 2 },
        dilations: { ints: [1, 2] },
      }),
    ],
    initializers: { w: weight([4, 3, 3, 2], 19), b: weight([6], 20) },
  },
  'a reshape that cuts across the order of memory': {
    shape: [1, 6, 4, 2],
    nodes: [
      node('Transpose', ['x'], 'a', { perm: { ints: [0, 2, 1, 3] } }),
      node('Reshape', ['a', 's'], 'b'),
      node('Relu', ['b'], 'y'),
    ],
    initializers: { s: shape(1, 16, 3) },
  },
};

describe('small graphs agree with ONNX Runtime', () => {
  for (const [name, spec] of Object.entries(small)) it(name, () => agrees(model(spec)));
});
