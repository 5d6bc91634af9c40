/** Types, shapes and values of quantisation operators, as ONNX states them: what is off is named, whichever operator it is. */

import { describe, expect, it } from 'vitest';
import { floats } from '../../models/index.js';
import type { NodeSpec, TensorSpec } from '../../models/index.js';
import { errors, load, model, node } from './support.js';

const bytes = (type: 'int8' | 'uint8', dims: number[], data: number[]): TensorSpec => ({ dims, type, data });
const nan = (n: number): TensorSpec =>
  floats(
    [n],
    Array.from({ length: n }, (_, i) => (i === 1 ? NaN : 1)),
  );

/** What a file has in good order; tests replace one of these. */
const good: Record<string, TensorSpec> = {
  s: floats([], [0.05]),
  z: bytes('int8', [], [3]),
  w: bytes('int8', [2, 4], [1, -2, 3, 4, 5, -6, 7, 127]),
  k: bytes('int8', [2, 4, 1, 1], [1, -2, 3, 4, 5, -6, 7, 127]),
  ws: floats([2], [0.5, 0.25]),
  wz: bytes('int8', [2], [0, 0]),
  bias: { dims: [2], type: 'int32', data: [100, -7] },
  five: bytes('int8', [5], [3, 3, 3, 3, 3]),
  two: bytes('int8', [2], [3, 3]),
  unsigned: bytes('uint8', [], [131]),
  words: { dims: [], type: 'int16', data: [3] },
  real: floats([], [3]),
  integer: { dims: [], type: 'int32', data: [1] },
  scales: floats([3], [0.05, 0.05, 0.05]),
  square: floats([1, 1], [0.05]),
  none: floats([0], []),
  half: { dims: [], type: 'float16', data: [0x2c00] },
};
const q = node('QuantizeLinear', ['x', 's', 'z'], 'a');
const dqBack = node('DequantizeLinear', ['c', 's', 'z'], 'y');
const build = (nodes: readonly NodeSpec[], more: Record<string, TensorSpec> = {}, shape = [1, 4, 2, 2]): Uint8Array =>
  model({ shape, nodes, initializers: { ...good, ...more }, opset: 21, domains: { 'com.microsoft': 1 } });

const microsoft = 'com.microsoft';
/** Each operator with its inputs: those of a scale and a zero point are replaced one by one. */
const operators: readonly {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly domain?: string;
  readonly shape?: number[];
  /** Positions of [scale, zero point], of tensors that take one. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly attributes?: NodeSpec['attributes'];
}[] = [
  { op: 'DequantizeLinear', inputs: ['a', 's', 'z'], pairs: [[1, 2]] },
  {
    op: 'QLinearConv',
    inputs: ['a', 's', 'z', 'k', 'ws', 'wz', 's', 'z', 'bias'],
    pairs: [
      [1, 2],
      [6, 7],
    ],
  },
  {
    op: 'QLinearMatMul',
    inputs: ['a', 's', 'z', 'w4', 's', 'z', 's', 'z'],
    shape: [1, 4],
    pairs: [
      [1, 2],
      [4, 5],
      [6, 7],
    ],
  },
  {
    op: 'QGemm',
    inputs: ['a', 's', 'z', 'w4', 's', 'z', 'bias', 's', 'z'],
    domain: microsoft,
    shape: [1, 4],
    pairs: [
      [1, 2],
      [4, 5],
      [7, 8],
    ],
  },
  ...['QLinearAdd', 'QLinearMul'].map((op) => ({
    op,
    inputs: ['a', 's', 'z', 'a', 's', 'z', 's', 'z'],
    domain: microsoft,
    pairs: [
      [1, 2],
      [4, 5],
      [6, 7],
    ] as const,
  })),
  ...['QLinearSigmoid', 'QLinearLeakyRelu', 'QLinearSoftmax', 'QLinearGlobalAveragePool', 'QLinearAveragePool'].map(
    (op) => ({
      op,
      inputs: ['a', 's', 'z', 's', 'z'],
      domain: microsoft,
      pairs: [
        [1, 2],
        [3, 4],
      ] as const,
      ...(op === 'QLinearAveragePool' ? { attributes: { kernel_shape: { ints: [2, 2] } } } : {}),
    }),
  ),
  {
    op: 'QLinearConcat',
    inputs: ['s', 'z', 'a', 's', 'z', 'a', 's', 'z'],
    domain: microsoft,
    attributes: { axis: { int: 1 } },
    pairs: [
      [0, 1],
      [3, 4],
      [6, 7],
    ],
  },
];

describe.each(operators)('$op', ({ op, inputs, domain, shape, pairs, attributes }) => {
  const w4 = bytes('int8', [4, 2], [1, -2, 3, 4, 5, -6, 7, 127]);
  const made = (changes: Record<number, string>, name = 'c', more: Record<string, TensorSpec> = {}): Uint8Array => {
    const changed = inputs.map((input, i) => changes[i] ?? input);
    const nodes = [q, { ...node(op, changed, name, {}, domain), attributes: attributes ?? {} }];
    if (op === 'DequantizeLinear') nodes.push(node('QuantizeLinear', [name, 's', 'z'], 'y'));
    else nodes.push({ ...dqBack, inputs: [name, 's', 'z'] });
    return build(nodes, { w4, ...more }, shape);
  };

  it('is read as it should be', () => {
    expect(load(made({})).diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  });

  it('takes a list of one, and scales of float16', () => {
    const one = { s1: floats([1], [0.05]), z1: bytes('int8', [1], [3]) };
    const changes = Object.fromEntries(
      pairs.flatMap(([s, z]) => [
        [s, 's1'],
        [z, 'z'],
      ]),
    );
    expect(load(made(changes, 'c', one)).graph.nodes.length).toBeGreaterThan(0);
    expect(load(made({ [pairs[0][0]]: 'half' })).graph.nodes.length).toBeGreaterThan(0);
  });

  for (const [s, z] of pairs) {
    it(`refuses a scale at input ${s} and a zero point at input ${z} that ONNX does not have`, () => {
      const refused: [Record<number, string>, RegExp][] = [
        [{ [z]: 'five' }, /zero point 'five' of shape \[5\] does not match its scale 's' of shape \[\]/],
        [{ [z]: 'two' }, /zero point 'two' of shape \[2\] does not match/],
        [{ [s]: 'scales' }, /'z' of shape \[\] does not match its scale 'scales' of shape \[3\]/],
        [{ [z]: 'real' }, /zero point 'real' is float32/],
        [{ [z]: 'words' }, /int16/],
        [{ [s]: 'integer' }, /scale 'integer' is int32/],
        [{ [s]: 'square' }, /scale 'square' of shape \[1, 1\]/],
        [{ [s]: 'none' }, /scale 'none' of shape \[0\]/],
        [{ [s]: 'bad' }, /'bad' is NaN/],
        [{ [s]: 'endless' }, /'endless' is Infinity/],
      ];
      for (const [changes, message] of refused) {
        const file = made(changes, 'c', { bad: floats([], [NaN]), endless: floats([], [Infinity]) });
        const found = errors(file);
        expect(found.join(), `${op} ${JSON.stringify(changes)}`).toMatch(message);
        expect(found.length).toBe(1);
      }
    });
  }

  it('refuses a zero point of another type than its tensor', () => {
    const first = pairs[op === 'QLinearConcat' ? 1 : 0];
    expect(errors(made({ [first[1]]: 'unsigned' })).join()).toMatch(/'a' is int8 but its zero point is uint8/);
  });
});

describe('other rules of quantisation operators', () => {
  const weighted = (inputs: string[], more: Record<string, TensorSpec> = {}): string[] =>
    errors(build([q, node('QLinearConv', inputs, 'c'), dqBack], more));
  const inputs = ['a', 's', 'z', 'k', 'ws', 'wz', 's', 'z', 'bias'];
  const replaced = (index: number, name: string): string[] => inputs.map((input, i) => (i === index ? name : input));

  it("of weights: as many scales as channels, as many zero points, of the weights' type", () => {
    expect(weighted(replaced(4, 'scales'))).toEqual([
      "E403 QLinearConv_c: its zero point 'wz' of shape [2] does not match its scale 'scales' of shape [3]",
    ]);
    expect(weighted(replaced(5, 'z'))).toEqual([
      "E403 QLinearConv_c: its zero point 'z' of shape [] does not match its scale 'ws' of shape [2]",
    ]);
    expect(weighted(replaced(5, 'wu'), { wu: bytes('uint8', [2], [128, 128]) })).toEqual([
      "E403 QLinearConv_c: its input 'k' is int8 but its zero point is uint8",
    ]);
    const three = ['a', 's', 'z', 'k', 'scales', 'three', 's', 'z', 'bias'];
    expect(weighted(three, { three: bytes('int8', [3], [0, 0, 0]) })).toEqual([
      "E403 QLinearConv_c: 'scales' holds 3 scales for axis 0 of a tensor of shape [2, 4, 1, 1]",
    ]);
  });

  it('of biases: int32, one a channel', () => {
    expect(weighted(replaced(8, 'ws'))).toEqual(["E403 QLinearConv_c: its bias 'ws' is float32; it is int32"]);
    expect(weighted(replaced(8, 'one'), { one: { dims: [1], type: 'int32', data: [1] } })).toEqual([
      "E303 QLinearConv_c: its bias 'one' has 1 values for 2 output channels",
    ]);
  });

  it('of operators with one type: all int8 or all uint8, which a zero point left out follows', () => {
    const twice = (zero: string): NodeSpec[] => [
      q,
      node('QLinearAdd', ['a', 's', 'z', 'a', 's', 'z', 's', zero], 'c', {}, microsoft),
      { ...dqBack, inputs: ['c', 's', zero] },
    ];
    expect(errors(build(twice('unsigned')))).toEqual([
      'E403 QLinearAdd_c: its tensors are int8 and uint8; QLinearAdd has one type for all',
    ]);
    const { graph } = load(build(twice('')));
    expect(graph.values.get(graph.outputs[0].value)?.quant?.zeroPoint).toBe(0);
    expect(graph.outputs[0].layout.onnxDType).toBe('float32');
  });

  it('of QuantizeLinear: output_dtype and zero point agree; lists are as long as their axis', () => {
    const asked = { ...q, attributes: { output_dtype: { int: 2 } } };
    expect(errors(build([asked, { ...dqBack, inputs: ['a', 's', 'z'] }]))).toEqual([
      'E403 QuantizeLinear_a: its output_dtype is uint8 but its zero point is int8',
    ]);
    const lists = {
      three: bytes('int8', [3], [3, 3, 3]),
      s4: floats([4], [0.05, 0.05, 0.05, 0.05]),
      z4: bytes('int8', [4], [3, 3, 3, 3]),
    };
    const listed = (s: string, z: string, opset = 21): Uint8Array =>
      model({
        shape: [1, 4, 2, 2],
        nodes: [node('QuantizeLinear', ['x', s, z], 'a'), node('DequantizeLinear', ['a', s, z], 'y')],
        initializers: { ...good, ...lists },
        opset,
      });
    expect(errors(listed('scales', 'three'))).toEqual([
      "E403 QuantizeLinear_a: 'scales' holds 3 scales for axis 1 of a tensor of shape [1, 4, 2, 2]",
    ]);
    expect(load(listed('s4', 'z4')).graph.inputs.length).toBe(1);
    expect(errors(listed('s4', 'z4', 11))).toEqual([
      "E403 QuantizeLinear_a: 's4' holds 4 scales; QuantizeLinear takes one there",
    ]);
  });

  it('of DequantizeLinear: its constant holds integers, int32 ones without a zero point', () => {
    const dequantised = (input: string, zero: string, more: Record<string, TensorSpec>): string[] =>
      errors(
        build(
          [
            q,
            node('DequantizeLinear', ['a', 's', 'z'], 'b'),
            node('DequantizeLinear', zero === '' ? [input, 's'] : [input, 's', zero], 'wr'),
            node('Conv', ['b', 'wr'], 'r'),
            node('QuantizeLinear', ['r', 's', 'z'], 'y'),
          ],
          more,
        ),
      );
    const reals = floats([2, 4, 1, 1], [1, 2, 3, 4, 5, 6, 7, 8]);
    expect(dequantised('reals', 'z', { reals })).toEqual(["E403 DequantizeLinear_wr: its input 'reals' is float32"]);
    expect(dequantised('k', 'unsigned', {})).toEqual([
      "E403 DequantizeLinear_wr: its input 'k' is int8 but its zero point is uint8",
    ]);
    const long: TensorSpec = { dims: [2, 4, 1, 1], type: 'int32', data: [1, 2, 3, 4, 5, 6, 7, 8] };
    expect(dequantised('long', 'integer', { long })).toEqual([
      "E403 DequantizeLinear_wr: its zero point 'integer' of int32 is not 0",
    ]);
  });
});

describe('numbers that are not finite', () => {
  /** A float network around one constant of four values, the second of which is NaN; named `bad`. */
  const cases: readonly (readonly [what: string, nodes: NodeSpec[], more?: Record<string, TensorSpec>])[] = [
    [
      'the constant of DequantizeLinear',
      [node('DequantizeLinear', ['bad', 's', 'z'], 'r'), node('Add', ['x', 'r'], 'y')],
    ],
    ['an operand', [node('Mul', ['x', 'bad'], 'y')]],
    [
      'a constant that is quantised',
      [
        node('QuantizeLinear', ['bad', 's', 'z'], 'b'),
        node('DequantizeLinear', ['b', 's', 'z'], 'r'),
        node('Add', ['x', 'r'], 'y'),
      ],
    ],
    [
      'a constant behind a Reshape',
      [node('Reshape', ['bad', 'shape'], 'r'), node('Add', ['x', 'r'], 'y')],
      { shape: { dims: [2], type: 'int64', data: [2, 2] } },
    ],
    ['weights', [node('Conv', ['x', 'bad'], 'y')], { bad: { ...nan(16), dims: [4, 4, 1, 1] } }],
    ['a bias', [node('Conv', ['x', 'k1', 'bad'], 'y')], { k1: floats([4, 4, 1, 1], new Array<number>(16).fill(1)) }],
    ['a slope', [node('PRelu', ['x', 'bad'], 'y')], { bad: { ...nan(4), dims: [4, 1, 1] } }],
    [
      'a batch normalisation',
      [node('BatchNormalization', ['x', 'g', 'g', 'bad', 'g'], 'y')],
      { g: floats([4], [1, 1, 1, 1]) },
    ],
    [
      'a part of a Concat',
      [node('Concat', ['x', 'bad'], 'y', { axis: { int: 1 } })],
      { bad: { ...nan(4), dims: [1, 1, 2, 2] } },
    ],
    ['scales of Resize', [node('Resize', ['x', '', 'bad'], 'y')]],
  ];
  it.each(cases.map(([what, nodes, more = {}]) => ({ what, nodes, more })))(
    'in $what are an error that names it',
    ({ nodes, more }) => {
      for (const value of [NaN, Infinity, -Infinity]) {
        const bad = more['bad'] ?? nan(4);
        const data = Array.from(bad.data, (v) => (Number.isNaN(v) ? value : v));
        const found = errors(build(nodes, { ...more, bad: { ...bad, data } }));
        expect(found).toEqual([
          expect.stringMatching(
            new RegExp(`^E106 bad: constant 'bad' has 1 of \\d+ values that are not finite; element 1 is ${value}$`),
          ),
        ]);
      }
    },
  );

  it('are named in attributes, in what is computed at compile time, and in half floats', () => {
    const leaky = node('LeakyRelu', ['x'], 'y', { alpha: { float: NaN } });
    expect(errors(build([leaky]))).toEqual(['E106 LeakyRelu_y: attribute alpha is NaN']);
    const constant = node('Constant', [], 'k1', { value: { tensor: floats([1], [Infinity]) } });
    expect(errors(build([constant, node('Add', ['x', 'k1'], 'y')]))).toEqual([
      'E106 Constant_k1: attribute value is Infinity',
    ]);
    const zero = floats([], [0]);
    expect(errors(build([node('Div', ['zero', 'zero'], 'd'), node('Add', ['x', 'd'], 'y')], { zero }))).toEqual([
      "E106 Div_d: its result 'd', computed at compile time, is NaN",
    ]);
    const half: TensorSpec = { dims: [], type: 'float16', data: [0x7c00] };
    expect(errors(build([node('Add', ['x', 'half'], 'y')], { half }))).toEqual([
      "E106 half: constant 'half' is Infinity",
    ]);
  });

  it('do not matter where nothing reads them', () => {
    expect(load(build([node('Relu', ['x'], 'y')], { bad: nan(4) })).graph.nodes.length).toBe(1);
  });
});
