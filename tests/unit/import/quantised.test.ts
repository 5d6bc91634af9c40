/** How quantised networks are written, form by form, and what each becomes. */

import { describe, expect, it } from 'vitest';
import type { Conv2d, Graph, Unary } from '../../../compiler/ir/graph.js';
import { valueOfGraph } from '../../../compiler/ir/graph.js';
import type { Quant } from '../../../compiler/ir/tensor.js';
import { runQuantisedExact } from '../../../compiler/reference/float.js';
import { floats } from '../../models/index.js';
import type { NodeSpec, TensorSpec } from '../../models/index.js';
import { errors, kinds, load, model, node, refusal, run } from './support.js';

/** Scales s<i> and zero points z<i> of int8 (zu<i> of uint8). */
const scales: Record<string, TensorSpec> = {};
for (const [i, [scale, zero]] of (
  [
    [0.05, 3],
    [0.1, -20],
    [0.02, -128],
    [0.25, 0],
  ] as const
).entries()) {
  scales[`s${i}`] = floats([], [scale]);
  scales[`z${i}`] = { dims: [], type: 'int8', data: [zero] };
  scales[`zu${i}`] = { dims: [], type: 'uint8', data: [zero + 128] };
}
const q = (input: string, i: number, output: string, z = 'z'): NodeSpec =>
  node('QuantizeLinear', [input, `s${i}`, `${z}${i}`], output);
const dq = (input: string, i: number, output: string, z = 'z'): NodeSpec =>
  node('DequantizeLinear', [input, `s${i}`, `${z}${i}`], output);
const quantOf = (i: number): Quant => ({
  scale: scales[`s${i}`].data[0] === 0.25 ? 0.25 : Math.fround(scales[`s${i}`].data[0]),
  zeroPoint: scales[`z${i}`].data[0],
});

function build(
  nodes: readonly NodeSpec[],
  more: { shape?: number[]; initializers?: Record<string, TensorSpec>; outputs?: string[]; opset?: number } = {},
): Uint8Array {
  return model({
    shape: more.shape ?? [1, 4, 2, 3],
    nodes,
    initializers: { ...scales, ...more.initializers },
    outputs: more.outputs ?? ['y'],
    opset: more.opset ?? 14,
    domains: { 'com.microsoft': 1 },
  });
}

const resultQuant = (graph: Graph, index = 0): Quant | null => valueOfGraph(graph, graph.outputs[index].value).quant;
const conv = (graph: Graph): Conv2d => graph.nodes.find((n) => n.op.kind === 'conv2d')?.op as Conv2d;
const weights: Record<string, TensorSpec> = {
  w: { dims: [2, 4, 1, 1], type: 'int8', data: [1, -2, 3, 4, 5, -6, 7, 127] },
  ws: floats([2], [0.5, -0.25]),
  wz: { dims: [2], type: 'int8', data: [0, 0] },
  bias: { dims: [2], type: 'int32', data: [100, -7] },
  bs: floats([2], [0.025, 0.0125]),
};
const convNodes = (input: string, output: string): NodeSpec[] => [
  node('DequantizeLinear', ['w', 'ws', 'wz'], 'wr', { axis: { int: 0 } }),
  node('DequantizeLinear', ['bias', 'bs'], 'br', { axis: { int: 0 } }),
  node('Conv', [input, 'wr', 'br'], output),
];

describe('activations', () => {
  it('take the quantisation of the QuantizeLinear behind them', () => {
    const { graph } = load(
      build([q('x', 0, 'a'), dq('a', 0, 'b'), ...convNodes('b', 'c'), q('c', 1, 'd'), dq('d', 1, 'y')], {
        initializers: weights,
      }),
    );
    expect(kinds(graph)).toEqual(['conv2d']);
    expect(valueOfGraph(graph, graph.inputs[0].value).quant).toEqual(quantOf(0));
    expect(resultQuant(graph)).toEqual(quantOf(1));
    expect(graph.inputs[0].layout).toEqual({
      onnxShape: [1, 4, 2, 3],
      factors: [2, 3, 4],
      order: [2, 0, 1],
      onnxDType: 'float32',
    });
  });

  it('of uint8 are shifted to int8', () => {
    const nodes = [q('x', 0, 'a', 'zu'), dq('a', 0, 'b', 'zu'), node('Sigmoid', ['b'], 'c'), q('c', 2, 'y', 'zu')];
    const { graph } = load(build(nodes));
    expect(valueOfGraph(graph, graph.inputs[0].value).quant).toEqual(quantOf(0));
    expect(graph.outputs[0].layout.onnxDType).toBe('uint8');
    expect(resultQuant(graph)).toEqual(quantOf(2));
  });

  it('may be integers at the border: the DequantizeLinear behind an int8 input gives its scale', () => {
    const nodes = [
      node('MaxPool', ['x'], 'm', { kernel_shape: { ints: [2, 2] } }),
      dq('m', 1, 'a'),
      node('Tanh', ['a'], 'b'),
      q('b', 3, 'y'),
    ];
    const { graph } = load(
      model({ shape: [1, 4, 2, 3], type: 'int8', outputType: 'int8', nodes, initializers: scales }),
    );
    expect(kinds(graph)).toEqual(['maxPool', 'unary']);
    expect(graph.values.get(graph.inputs[0].value)?.quant).toEqual(quantOf(1));
    expect(graph.inputs[0].layout.onnxDType).toBe('int8');
  });

  it('of a uint8 image cast to float and scaled become one table', () => {
    const nodes = [
      node('Cast', ['x'], 'f', { to: { int: 1 } }),
      node('Div', ['f', 'full'], 'd'),
      node('Sub', ['d', 'half'], 'e'),
      q('e', 2, 'y'),
    ];
    const { graph } = load(
      model({
        shape: [1, 3, 2, 2],
        type: 'uint8',
        nodes,
        initializers: { ...scales, full: floats([], [255]), half: floats([], [0.5]) },
      }),
    );
    expect(kinds(graph)).toEqual(['unary']);
    expect(graph.values.get(graph.inputs[0].value)?.quant).toEqual({ scale: 1, zeroPoint: -128 });
  });

  it('quantised twice in a row are requantised once, and not at all by the same scale', () => {
    const { graph } = load(
      build([q('x', 0, 'a'), dq('a', 0, 'b'), q('b', 1, 'c'), dq('c', 1, 'd'), q('d', 1, 'e'), dq('e', 1, 'y')]),
    );
    expect(kinds(graph)).toEqual(['unary']);
    expect((graph.nodes[0].op as Unary).expr).toEqual({ fn: 'x' });
    expect(resultQuant(graph)).toEqual(quantOf(1));
  });

  it('dequantised with another scale than they were quantised with keep their codes', () => {
    const { graph } = load(build([q('x', 0, 'a'), dq('a', 1, 'y')]));
    const codes = Int8Array.from({ length: 24 }, (_, i) => i * 10 - 120);
    expect(runQuantisedExact(graph, [codes])[0]).toEqual(codes);
    expect(resultQuant(graph)).toEqual(quantOf(1));
  });

  it('with one DequantizeLinear for several readers are read by each', () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          node('Relu', ['b'], 'r'),
          q('r', 2, 'c'),
          node('Sigmoid', ['b'], 's'),
          q('s', 2, 'd'),
          node('Identity', ['c'], 'y'),
          node('Identity', ['d'], 'z'),
        ],
        { outputs: ['y', 'z'] },
      ),
    );
    expect(kinds(graph)).toEqual(['unary', 'unary']);
    expect(graph.nodes.map((n) => n.inputs[0])).toEqual([graph.inputs[0].value, graph.inputs[0].value]);
  });
});

describe('float islands', () => {
  const island = (body: NodeSpec[]): Graph =>
    load(
      build([q('x', 0, 'a'), dq('a', 0, 'r'), ...body, q('o', 1, 'c'), dq('c', 1, 'y')], {
        initializers: { three: floats([], [3]), six: floats([], [6]), zero: floats([], [0]) },
      }),
    ).graph;

  it('of SiLU, HardSwish and x * HardSigmoid(x) are one function of one tensor', () => {
    const silu = island([node('Sigmoid', ['r'], 's'), node('Mul', ['r', 's'], 'o')]);
    expect(kinds(silu)).toEqual(['unary']);
    expect((silu.nodes[0].op as Unary).expr).toEqual({
      fn: 'mul',
      a: { fn: 'x' },
      b: { fn: 'sigmoid', a: { fn: 'x' } },
    });
    expect(kinds(island([node('HardSwish', ['r'], 'o')]))).toEqual(['unary']);
    expect(
      kinds(
        island([
          node('Add', ['r', 'three'], 'p'),
          node('Clip', ['p', 'zero', 'six'], 'k'),
          node('Mul', ['k', 'r'], 'm'),
          node('Div', ['m', 'six'], 'o'),
        ]),
      ),
    ).toEqual(['unary']);
  });

  it('compute what they say', () => {
    const graph = island([node('Sigmoid', ['r'], 's'), node('Mul', ['r', 's'], 'o')]);
    const codes = Int8Array.from({ length: 24 }, (_, i) => i * 11 - 128);
    const { scale, zeroPoint } = quantOf(0);
    const out = quantOf(1);
    const wanted = Array.from(codes, (c) => {
      const x = scale * (c - zeroPoint);
      return Math.max(-128, Math.min(127, Math.round(x / (1 + Math.exp(-x)) / out.scale) + out.zeroPoint));
    });
    expect(Array.from(runQuantisedExact(graph, [codes])[0])).toEqual(wanted);
  });

  it('keep their function where data moves between', () => {
    const graph = island([
      node('Sigmoid', ['r'], 's'),
      node('Transpose', ['s'], 't', { perm: { ints: [0, 2, 3, 1] } }),
      node('Flatten', ['t'], 'o'),
    ]);
    expect(kinds(graph)).toEqual(['unary']);
    expect(graph.outputs[0].layout.onnxShape).toEqual([1, 24]);
  });
});

describe('operators', () => {
  it('take in Relu and Clip before the quantisation', () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          ...convNodes('b', 'c'),
          node('Relu', ['c'], 'd'),
          node('Clip', ['d', '', 'six'], 'e'),
          q('e', 1, 'f'),
          dq('f', 1, 'y'),
        ],
        { initializers: { ...weights, six: floats([], [6]) } },
      ),
    );
    expect(kinds(graph)).toEqual(['conv2d']);
    expect(conv(graph).clamp).toEqual({ min: 0, max: 6 });
  });

  it('take in a scale, a shift and a BatchNormalization behind a convolution', () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          ...convNodes('b', 'c'),
          node('Mul', ['c', 'm'], 'd'),
          node('Add', ['d', 't'], 'e'),
          node('Relu', ['e'], 'f'),
          q('f', 1, 'g'),
          dq('g', 1, 'y'),
        ],
        { initializers: { ...weights, m: floats([2, 1, 1], [2, -4]), t: floats([1, 2, 1, 1], [0.5, 1]) } },
      ),
    );
    expect(kinds(graph)).toEqual(['conv2d']);
    const op = conv(graph);
    expect(op.weights.kind === 'quantised' && Array.from(op.weights.scales)).toEqual([1, 1]);
    expect(Array.from(op.bias?.data ?? [])).toEqual([
      Math.fround(100 * Math.fround(0.025) * 2 + 0.5),
      Math.fround(-7 * Math.fround(0.0125) * -4 + 1),
    ]);
  });

  it('on a bias added behind a matrix product are one convolution', () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          node('DequantizeLinear', ['m', 's1', 'z3'], 'mr'),
          node('MatMul', ['b', 'mr'], 'c'),
          node('Add', ['c', 't'], 'd'),
          q('d', 1, 'e'),
          dq('e', 1, 'y'),
        ],
        {
          shape: [1, 3],
          initializers: { m: { dims: [3, 2], type: 'int8', data: [1, 2, 3, 4, 5, 6] }, t: floats([2], [1, 2]) },
        },
      ),
    );
    expect(kinds(graph)).toEqual(['conv2d']);
    expect(Array.from(conv(graph).weights.data)).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it('of two tensors between two quantisations are one with a clamp', () => {
    const { graph } = load(
      build([
        q('x', 0, 'a'),
        dq('a', 0, 'b'),
        node('Sigmoid', ['b'], 's'),
        q('s', 2, 't'),
        dq('t', 2, 'u'),
        node('Add', ['b', 'u'], 'c'),
        node('Relu', ['c'], 'd'),
        q('d', 1, 'e'),
        dq('e', 1, 'y'),
      ]),
    );
    expect(kinds(graph)).toEqual(['unary', 'binary']);
    expect(graph.nodes[1].op).toMatchObject({ fn: 'add', clamp: { min: 0, max: Infinity } });
  });

  it('with a scalar are tables, with a quantised constant binary, with a float one a depthwise convolution', () => {
    const initializers = {
      half: floats([], [0.5]),
      perChannel: floats([1, 4, 1, 1], [1, 0, -2, 3]),
      codes: { dims: [1, 4, 1, 1], type: 'int8', data: [10, 20, 30, 40] } as TensorSpec,
    };
    const with_ = (constant: string, more: NodeSpec[] = []): Graph =>
      load(
        build(
          [
            q('x', 0, 'a'),
            dq('a', 0, 'b'),
            ...more,
            node('Mul', ['b', constant], 'c'),
            q('c', 1, 'd'),
            dq('d', 1, 'y'),
          ],
          { initializers },
        ),
      ).graph;
    expect(kinds(with_('half'))).toEqual(['unary']);
    const binary = with_('k', [dq('codes', 3, 'k')]);
    expect(kinds(binary)).toEqual(['binary']);
    expect(valueOfGraph(binary, binary.nodes[0].inputs[1]).constant).toEqual(Int8Array.from([10, 20, 30, 40]));
    const depthwise = with_('perChannel');
    expect(kinds(depthwise)).toEqual(['conv2d']);
    expect(conv(depthwise)).toMatchObject({
      groups: 4,
      weights: { data: Int8Array.from([1, 0, 1, 1]), scales: Float32Array.from([1, 1, -2, 3]) },
    });
  });

  it('moving data between quantisations work on the codes', () => {
    const { graph } = load(
      build([
        q('x', 0, 'a'),
        dq('a', 0, 'b'),
        node('MaxPool', ['b'], 'c', { kernel_shape: { ints: [2, 2] } }),
        q('c', 0, 'd'),
        dq('d', 0, 'e'),
        node('Concat', ['e', 'e'], 'f', { axis: { int: 1 } }),
        q('f', 0, 'g'),
        dq('g', 0, 'h'),
        node('Flatten', ['h'], 'i'),
        q('i', 0, 'j'),
        dq('j', 0, 'y'),
      ]),
    );
    expect(kinds(graph)).toEqual(['maxPool', 'concat']);
    expect(resultQuant(graph)).toEqual(quantOf(0));
  });

  it('whose result is moved before it is quantised are quantised first', () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          ...convNodes('b', 'c'),
          node('Relu', ['c'], 'r'),
          node('MaxPool', ['r'], 'd', { kernel_shape: { ints: [2, 2] } }),
          q('d', 1, 'f'),
          dq('f', 1, 'y'),
        ],
        { initializers: weights },
      ),
    );
    expect(kinds(graph)).toEqual(['conv2d', 'maxPool']);
    expect(conv(graph).clamp).toEqual({ min: 0, max: Infinity });
    expect(graph.nodes.map((n) => valueOfGraph(graph, n.output).quant)).toEqual([quantOf(1), quantOf(1)]);
  });

  it('joined before they are quantised take the quantisation of the join', () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          ...convNodes('b', 'c'),
          node('Concat', ['c', 'b'], 'd', { axis: { int: 1 } }),
          q('d', 1, 'f'),
          dq('f', 1, 'y'),
        ],
        { initializers: weights },
      ),
    );
    expect(kinds(graph)).toEqual(['conv2d', 'concat']);
    expect(graph.nodes.map((n) => valueOfGraph(graph, n.output).quant)).toEqual([quantOf(1), quantOf(1)]);
    expect(valueOfGraph(graph, graph.nodes[1].inputs[1]).quant).toEqual(quantOf(0));
  });

  it('quantised in two ways are computed for each', () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          ...convNodes('b', 'c'),
          q('c', 1, 'd'),
          q('c', 3, 'e'),
          dq('d', 1, 'y'),
          dq('e', 3, 'z'),
        ],
        { initializers: weights, outputs: ['y', 'z'] },
      ),
    );
    expect(kinds(graph)).toEqual(['conv2d', 'conv2d']);
    expect([resultQuant(graph, 0), resultQuant(graph, 1)]).toEqual([quantOf(1), quantOf(3)]);
  });

  it('per channel: PRelu keeps its slopes', () => {
    const { graph } = load(
      build([q('x', 0, 'a'), dq('a', 0, 'b'), node('PRelu', ['b', 'p'], 'c'), q('c', 1, 'd'), dq('d', 1, 'y')], {
        initializers: { p: floats([4, 1, 1], [0.5, 0.25, 0, -1]) },
      }),
    );
    expect(graph.nodes[0].op).toEqual({ kind: 'prelu', slopes: Float64Array.from([0.5, 0.25, 0, -1]) });
  });
});

describe('weights', () => {
  const imported = (codes: TensorSpec, scale: TensorSpec, zero: TensorSpec, axis: number): Conv2d =>
    conv(
      load(
        build(
          [
            q('x', 0, 'a'),
            dq('a', 0, 'b'),
            node('DequantizeLinear', ['w', 'ws', 'wz'], 'wr', { axis: { int: axis } }),
            node('Conv', ['b', 'wr'], 'c'),
            q('c', 1, 'd'),
            dq('d', 1, 'y'),
          ],
          { initializers: { w: codes, ws: scale, wz: zero }, shape: [1, 2, 3, 3] },
        ),
      ).graph,
    );

  it('of uint8 lose their zero point, to int16 where int8 does not hold them', () => {
    const near: TensorSpec = { dims: [1, 2, 1, 1], type: 'uint8', data: [100, 200] };
    expect(imported(near, floats([], [0.5]), { dims: [], type: 'uint8', data: [128] }, 0).weights).toEqual({
      kind: 'quantised',
      data: Int8Array.from([-28, 72]),
      scales: Float32Array.from([0.5]),
    });
    expect(imported(near, floats([], [0.5]), { dims: [], type: 'uint8', data: [10] }, 0).weights).toMatchObject({
      data: Int16Array.from([90, 190]),
    });
  });

  it('with scales along the input axis keep their values to 16 bits', () => {
    const w = imported(
      { dims: [1, 2, 1, 1], type: 'int8', data: [100, -50] },
      floats([2], [0.01, 0.5]),
      { dims: [2], type: 'int8', data: [0, 0] },
      1,
    ).weights;
    expect(w.kind === 'quantised' && Array.from(w.data, (v) => v * w.scales[0])).toEqual([
      expect.closeTo(1, 3),
      expect.closeTo(-25, 5),
    ]);
    expect(w.data).toBeInstanceOf(Int16Array);
  });

  it('quantised by nodes (float, QuantizeLinear, DequantizeLinear) are the integers', () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          q('f', 3, 'wq'),
          dq('wq', 3, 'wr'),
          node('Conv', ['b', 'wr'], 'c'),
          q('c', 1, 'd'),
          dq('d', 1, 'y'),
        ],
        { initializers: { f: floats([1, 4, 1, 1], [0.25, 0.375, 0.625, -100]) } },
      ),
    );
    expect(conv(graph).weights).toEqual({
      kind: 'quantised',
      data: Int8Array.from([1, 2, 2, -128]),
      scales: Float32Array.from([0.25]),
    });
  });

  it('transposed behind their DequantizeLinear keep scales per channel', () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          node('DequantizeLinear', ['w', 'ws', 'wz'], 'wr', { axis: { int: 0 } }),
          node('Transpose', ['wr'], 'wt', { perm: { ints: [1, 0] } }),
          node('MatMul', ['b', 'wt'], 'c'),
          q('c', 1, 'd'),
          dq('d', 1, 'y'),
        ],
        {
          shape: [1, 3],
          initializers: {
            w: { dims: [2, 3], type: 'int8', data: [1, 2, 3, 4, 5, 6] },
            ws: floats([2], [0.5, 2]),
            wz: { dims: [2], type: 'int8', data: [0, 0] },
          },
        },
      ),
    );
    expect(conv(graph).weights).toEqual({
      kind: 'quantised',
      data: Int8Array.from([1, 2, 3, 4, 5, 6]),
      scales: Float32Array.from([0.5, 2]),
    });
  });
});

describe('outputs left in floating point', () => {
  it('of Softmax and Sigmoid get the conventional scale, and say so', () => {
    const softmax = load(build([q('x', 0, 'a'), dq('a', 0, 'b'), node('Softmax', ['b'], 'y')], { shape: [1, 5] }));
    expect(resultQuant(softmax.graph)).toEqual({ scale: 1 / 256, zeroPoint: -128 });
    expect(softmax.diagnostics).toEqual([
      {
        code: 'W401',
        severity: 'warning',
        node: 'Softmax_y',
        message:
          'the result of Softmax is an output and is not quantised in the file; it gets scale 0.00390625, zero point -128',
      },
    ]);
    expect(resultQuant(load(build([q('x', 0, 'a'), dq('a', 0, 'b'), node('Sigmoid', ['b'], 'y')])).graph)).toEqual({
      scale: 1 / 256,
      zeroPoint: -128,
    });
  });

  it('of a mean keep the scale of what it reads', () => {
    const { graph } = load(
      build([q('x', 0, 'a'), dq('a', 0, 'b'), node('ReduceMean', ['b'], 'y', { axes: { ints: [2, 3] } })]),
    );
    expect(resultQuant(graph)).toEqual(quantOf(0));
  });

  it('of ArgMax are exact, and a Softmax before it is left out', () => {
    const { graph } = load(
      model({
        shape: [1, 5],
        outputType: 'int64',
        initializers: scales,
        nodes: [
          q('x', 0, 'a'),
          dq('a', 0, 'b'),
          node('Softmax', ['b'], 's'),
          node('ArgMax', ['s'], 'y', { axis: { int: 1 } }),
        ],
      }),
    );
    expect(kinds(graph)).toEqual(['argMax']);
    expect(run(graph, [[0.1, 0.7, -0.2, 0.7, 0]])).toEqual([[1]]);
  });

  it('of sums stay real numbers, and so do those of what follows them', () => {
    const bytes = build(
      [
        q('x', 0, 'a'),
        dq('a', 0, 'b'),
        ...convNodes('b', 'c'),
        node('Exp', ['c'], 'e'),
        node('GlobalAveragePool', ['e'], 'g'),
        node('Identity', ['g'], 'y'),
      ],
      { initializers: weights },
    );
    const { graph } = load(bytes);
    expect(kinds(graph)).toEqual(['conv2d', 'unary', 'averagePool']);
    for (const { output } of graph.nodes)
      expect(graph.values.get(output)).toMatchObject({ dtype: 'float32', quant: null });
  });

  it('of anything else need quantisation: every node is listed', () => {
    const bytes = build(
      [
        q('x', 0, 'a'),
        dq('a', 0, 'b'),
        ...convNodes('b', 'c'),
        node('Exp', ['c'], 'e'),
        node('Softmax', ['e'], 's', { axis: { int: 1 } }),
        node('Sin', ['s'], 't'),
        node('GlobalAveragePool', ['t'], 'g'),
        node('Identity', ['g'], 'y'),
      ],
      { initializers: weights },
    );
    expect(refusal(bytes).exitCode).toBe(3);
    expect(errors(bytes)).toEqual([
      "E401 Exp_e: Exp is computed in floating point: its result 'e' goes into Softmax 'Softmax_s' without being quantised",
      "E401 Sin_t: Sin is computed in floating point: its result 't' goes into GlobalAveragePool 'GlobalAveragePool_g' without being quantised",
      "E401 Softmax_s: Softmax is computed in floating point: its result 's' goes into Sin without being quantised first",
    ]);
  });
});

describe('QOperator', () => {
  it('operators are their real forms between quantisations', () => {
    const nodes: NodeSpec[] = [
      q('x', 0, 'a'),
      node('QLinearConv', ['a', 's0', 'z0', 'w', 'ws', 'wz', 's1', 'z1', 'bias'], 'c'),
      node('QLinearLeakyRelu', ['c', 's1', 'z1', 's0', 'z0'], 'd', { alpha: { float: 0.25 } }, 'com.microsoft'),
      node('QLinearAdd', ['d', 's0', 'z0', 'c', 's1', 'z1', 's3', 'z3'], 'e', {}, 'com.microsoft'),
      node('QLinearMul', ['e', 's3', 'z3', 'k', 's3', 'z3', 's0', 'z0'], 'f', {}, 'com.microsoft'),
      node('QLinearConcat', ['s1', 'z1', 'f', 's0', 'z0', 'c', 's1', 'z1'], 'g', { axis: { int: 1 } }, 'com.microsoft'),
      node(
        'QLinearAveragePool',
        ['g', 's1', 'z1', 's0', 'z0'],
        'h',
        { kernel_shape: { ints: [2, 2] } },
        'com.microsoft',
      ),
      node('QLinearSigmoid', ['h', 's0', 'z0', 's2', 'z2'], 'i', {}, 'com.microsoft'),
      node('QLinearGlobalAveragePool', ['i', 's2', 'z2', 's2', 'z2'], 'j', {}, 'com.microsoft'),
      node('Flatten', ['j'], 'l'),
      node('QGemm', ['l', 's2', 'z2', 'm', 's3', 'z3', 'mb', 's0', 'z0'], 'n', { transB: { int: 1 } }, 'com.microsoft'),
      node('QLinearMatMul', ['n', 's0', 'z0', 'o', 's1', 'z3', 's1', 'z1'], 'p'),
      node(
        'QLinearSoftmax',
        ['p', 's1', 'z1', 's2', 'z2'],
        'r',
        { axis: { int: 1 }, opset: { int: 13 } },
        'com.microsoft',
      ),
      dq('r', 2, 'y'),
    ];
    const { graph } = load(
      build(nodes, {
        initializers: {
          ...weights,
          k: { dims: [], type: 'int8', data: [9] },
          m: { dims: [3, 4], type: 'int8', data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
          mb: { dims: [3], type: 'int32', data: [5, 6, 7] },
          o: { dims: [3, 2], type: 'int8', data: [1, 2, 3, 4, 5, 6] },
        },
      }),
    );
    expect(kinds(graph)).toEqual([
      'conv2d',
      'unary',
      'binary',
      'unary',
      'concat',
      'averagePool',
      'unary',
      'averagePool',
      'conv2d',
      'conv2d',
      'softmax',
    ]);
    const op = conv(graph);
    expect(op.bias?.data).toEqual(Int32Array.from([100, -7]));
    expect(Array.from(op.bias?.scales ?? [])).toEqual([Math.fround(0.05) * 0.5, Math.fround(0.05) * -0.25]);
    expect((graph.nodes[3].op as Unary).expr).toEqual({
      fn: 'mul',
      a: { fn: 'x' },
      b: { fn: 'constant', value: 2.25 },
    });
  });

  it("take constants where ONNX Runtime's quantiser leaves them: a part of a Concat, the left matrix, one bias for all", () => {
    const { graph } = load(
      build(
        [
          q('x', 0, 'a'),
          node('QLinearMatMul', ['left', 's3', 'z3', 'a', 's0', 'z0', 's1', 'z1'], 'b'),
          node(
            'QLinearConcat',
            ['s1', 'z1', 'b', 's1', 'z1', 'rows', 's3', 'z3'],
            'c',
            { axis: { int: 0 } },
            'com.microsoft',
          ),
          node('QGemm', ['c', 's1', 'z1', 'm', 's3', 'z3', 'one', 's1', 'z1'], 'd', {}, 'com.microsoft'),
          dq('d', 1, 'y'),
        ],
        {
          shape: [2, 3],
          initializers: {
            left: { dims: [1, 2], type: 'int8', data: [4, -8] },
            rows: { dims: [1, 3], type: 'int8', data: [1, 2, 3] },
            m: { dims: [3, 2], type: 'int8', data: [4, 0, 0, 8, 4, 0] },
            one: { dims: [], type: 'int32', data: [8] },
          },
        },
      ),
    );
    // 1 x row 0 - 2 x row 1, and [0.25, 0.5, 0.75] in steps of 0.1 below it; columns [a + c, 2 b], plus 8 x 0.1 x 0.25.
    const codes = Int8Array.of(23, 43, 63, -17, 3, 23); // [1, 2, 3], [-1, 0, 1]
    const result = Array.from(runQuantisedExact(graph, [codes])[0], (code) => (code + 20) * 0.1);
    expect(result.map((v) => Math.round(v * 10) / 10)).toEqual([4.2, 4.2, 1.2, 1.2]);
  });
});

describe('quantisation errors', () => {
  it('name the scale that is not a scale', () => {
    for (const [bad, shown] of [
      [0, '0'],
      [-1, '-1'],
      [NaN, 'NaN'],
      [Infinity, 'Infinity'],
    ] as const) {
      expect(
        errors(
          build([node('QuantizeLinear', ['x', 'bad', 'z0'], 'a'), dq('a', 0, 'y')], {
            initializers: { bad: floats([], [bad]) },
          }),
        ),
      ).toEqual([`E402 QuantizeLinear_a: scale 'bad' is ${shown}`]);
    }
    const zeroWeightScale = build(
      [
        q('x', 0, 'a'),
        dq('a', 0, 'b'),
        node('DequantizeLinear', ['w', 'zero', 'wz'], 'wr', { axis: { int: 0 } }),
        node('Conv', ['b', 'wr'], 'c'),
        q('c', 1, 'y'),
      ],
      { initializers: { ...weights, zero: floats([2], [0.5, 0]) } },
    );
    expect(errors(zeroWeightScale)).toEqual(["E402 Conv_c: scale 1 of 'wr' is 0"]);
  });

  it('refuse scales per channel on activations, mixed types and two scales for one input', () => {
    expect(
      errors(
        build([node('QuantizeLinear', ['x', 'many', 'zeros'], 'a'), dq('a', 0, 'y')], {
          initializers: { many: floats([4], [1, 2, 3, 4]), zeros: { dims: [4], type: 'int8', data: [0, 0, 0, 0] } },
        }),
      ),
    ).toEqual(["E403 QuantizeLinear_a: 'many' holds 4 scales that differ"]);
    expect(errors(build([q('x', 0, 'a'), dq('a', 0, 'y', 'zu')]))).toEqual([
      "E403 DequantizeLinear_y: its input 'a' is int8 but its zero point is uint8",
    ]);
    expect(
      errors(build([q('x', 0, 'a'), q('x', 1, 'b'), dq('a', 0, 'y'), dq('b', 1, 'z')], { outputs: ['y', 'z'] })),
    ).toEqual([`E403 x: it is quantised in two ways, with scales ${Math.fround(0.05)} and ${Math.fround(0.1)}`]);
  });
});
