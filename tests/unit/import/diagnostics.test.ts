/** What a user reads when a model is refused. */

import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../../compiler/diagnostics.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { encodeModel, floats, int64s, type TensorSpec } from '../../models/index.js';
import { errors, load, model, node, randomData, refusal, run } from './support.js';

const text = (bytes: Uint8Array): string[] => refusal(bytes).diagnostics.map(formatDiagnostic);
const w = floats([2, 3, 1, 1], [1, 2, 3, 4, 5, 6]);

describe('unsupported operators', () => {
  it('are all reported at once, each with its reason', () => {
    const bytes = model({
      shape: [1, 3, 4, 4],
      domains: { 'com.example': 1, 'com.microsoft': 1 },
      nodes: [
        node('LRN', ['x'], 'a', { size: { int: 5 } }),
        node('Conv', ['a', 'w'], 'b'),
        node('LSTM', ['b'], 'c'),
        node('Fancy', ['c'], 'd', {}, 'com.example'),
        node('FusedMatMul', ['d'], 'e', {}, 'com.microsoft'),
        node('Add', ['e', 'x'], 'y'),
      ],
      initializers: { w },
    });
    expect(refusal(bytes).exitCode).toBe(3);
    expect(text(bytes)).toEqual([
      'E201 LRN_a: LRN is not supported\n     Local response normalisation is not supported; networks trained with BatchNormalization do without it.',
      'E201 LSTM_c: LSTM is not supported\n     Recurrent layers are not supported; use convolutions over time.',
      "E202 Fancy_d: com.example.Fancy belongs to an operator set that is not supported\n     Only ONNX's own operators and some of com.microsoft are; see `rivulet ops`.",
      'E201 FusedMatMul_e: com.microsoft.FusedMatMul is not supported\n     See `rivulet ops` for what is.',
    ]);
  });

  it('do not matter where no output depends on them', () => {
    const { graph } = load(
      model({ shape: [1, 3, 2, 2], nodes: [node('Relu', ['x'], 'y'), node('LSTM', ['x'], 'unused')] }),
    );
    expect(graph.nodes).toHaveLength(1);
  });

  it('of operator sets below 7 are read where their form is that of 7', () => {
    const one = floats([3], [1, 1, 1]);
    const initializers = { g: one, same: floats([1, 3, 2, 2], new Array<number>(12).fill(2)), side: one };
    const old = (op: string, inputs: string[], attributes = {}, opset = 6): Uint8Array =>
      model({ shape: [1, 3, 2, 2], opset, nodes: [node(op, inputs, 'y', attributes)], initializers });
    const kept = { consumed_inputs: { ints: [0] } };
    for (const file of [
      old('Relu', ['x'], kept, 1),
      old('MaxPool', ['x'], { kernel_shape: { ints: [2, 2] } }, 1),
      old('Softmax', ['x'], {}, 3),
      old('Add', ['x', 'same'], kept, 1),
      old('Dropout', ['x'], { is_test: { int: 1 } }),
      old('BatchNormalization', ['x', 'g', 'g', 'g', 'g'], { is_test: { int: 1 } }),
    ])
      expect(load(file).graph.outputs).toHaveLength(1);
    expect(errors(old('Add', ['x', 'side'], { broadcast: { int: 1 }, axis: { int: 1 } }))).toEqual([
      'E203 Add_y: Add of operator set 6 broadcasts from an axis',
    ]);
    expect(errors(old('Dropout', ['x']))).toEqual([
      'E203 Dropout_y: Dropout of operator set 6 is in training mode (is_test is not set)',
    ]);
    expect(errors(old('PRelu', ['x', 'side']))).toEqual([
      'E203 PRelu_y: PRelu is supported from operator set 7 on; the model uses 6',
    ]);
  });

  it('of newer and older operator sets are refused by name', () => {
    expect(text(model({ shape: [1, 3, 2, 2], opset: 99, nodes: [node('Relu', ['x'], 'y')] }))).toEqual([
      'E203 Relu_y: Relu may have changed since operator set 28, the newest one known for it; the model uses 99\n     Export the model with operator set 28 or older.',
    ]);
    expect(text(model({ shape: [1, 3, 2, 2], opset: 6, nodes: [node('Upsample', ['x'], 'y')] }))).toEqual([
      expect.stringMatching(
        /^E203 Upsample_y: Upsample is supported from operator set 7 on; the model uses 6\n {5}Convert the model to operator set 13: python -c /,
      ),
    ]);
    expect(
      errors(
        model({
          shape: [1, 3, 2, 2],
          opset: 9,
          nodes: [node('Resize', ['x', 's'], 'y')],
          initializers: { s: floats([4], [1, 1, 2, 2]) },
        }),
      ),
    ).toEqual(['E203 Resize_y: Resize is supported from operator set 10 on; the model uses 9']);
  });

  it('that fold only are refused on tensors of the network', () => {
    expect(errors(model({ shape: [1, 3], nodes: [node('NonZero', ['x'], 'y')] }))).toEqual([
      "E201 NonZero_y: NonZero is supported on constants only; here it depends on the network's input",
    ]);
  });
});

describe('limits of an operator', () => {
  const cases: Readonly<Record<string, readonly [Parameters<typeof model>[0], string]>> = {
    'weights that depend on the input': [
      { shape: [1, 3, 4, 4], nodes: [node('Conv', ['x', 'x'], 'y')] },
      "E204 Conv_y: input 1 ('x') must be a constant; here it depends on the network's input",
    ],
    attention: [
      { shape: [1, 3, 3], nodes: [node('MatMul', ['x', 'x'], 'y')] },
      'E204 MatMul_y: both operands depend on the input (attention); one of them must be a constant',
    ],
    'three-dimensional images': [
      { shape: [1, 2, 3, 4, 5], nodes: [node('GlobalAveragePool', ['x'], 'y')] },
      'E204 GlobalAveragePool_y: its input has rank 5: [1, 2, 3, 4, 5]; one- and two-dimensional images ([1, c, w], [1, c, h, w]) are supported',
    ],
    'cubic resizing': [
      {
        shape: [1, 1, 2, 2],
        nodes: [node('Resize', ['x', '', 's'], 'y', { mode: { string: 'cubic' } })],
        initializers: { s: floats([4], [1, 1, 2, 2]) },
      },
      "E204 Resize_y: mode 'cubic' is not supported; nearest and linear are",
    ],
    'weights that do not suit the input': [
      { shape: [1, 5, 4, 4], nodes: [node('Conv', ['x', 'w'], 'y')], initializers: { w } },
      'E303 Conv_y: weights of shape [2, 3, 1, 1] in 1 groups do not suit 5 input channels',
    ],
    'a kernel larger than its input': [
      { shape: [1, 2, 3, 3], nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: { ints: [4, 2] } })] },
      'E303 MaxPool_y: a kernel of 4 x 2 does not fit its padded input of 3 x 3',
    ],
    'windows of nothing but padding': [
      {
        shape: [1, 1, 2, 2],
        nodes: [node('AveragePool', ['x'], 'y', { kernel_shape: { ints: [2, 2] }, pads: { ints: [2, 0, 0, 0] } })],
      },
      'E204 AveragePool_y: one of its windows lies wholly in the padding',
    ],
    'SAME pads below zero': [
      {
        shape: [1, 1, 8, 8],
        nodes: [
          node('MaxPool', ['x'], 'y', {
            kernel_shape: { ints: [3, 1] },
            strides: { ints: [2, 4] },
            auto_pad: { string: 'SAME_UPPER' },
          }),
        ],
      },
      'E204 MaxPool_y: auto_pad SAME_UPPER of a kernel of 1 with a stride of 4 over 8 elements means different things to different runtimes',
    ],
    'attributes of the wrong type': [
      { shape: [1, 1, 2, 2], nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: { int: 2 } })] },
      'E107 MaxPool_y: attribute kernel_shape is int, expected ints',
    ],
    'strides of zero': [
      {
        shape: [1, 1, 2, 2],
        nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: { ints: [1, 1] }, strides: { ints: [0, 1] } })],
      },
      'E204 MaxPool_y: attribute strides = [0, 1] is out of range',
    ],
    'reshapes to another number of elements': [
      { shape: [1, 6], nodes: [node('Reshape', ['x', 's'], 'y')], initializers: { s: int64s([4, -1]) } },
      'E303 Reshape_y: [1, 6] cannot take the shape [4, -1]',
    ],
    'axes that do not exist': [
      { shape: [1, 6], nodes: [node('Softmax', ['x'], 'y', { axis: { int: 2 } })] },
      'E303 Softmax_y: axis 2 does not exist in a tensor of rank 2',
    ],
    'shapes that do not broadcast': [
      { shape: [1, 2, 3], nodes: [node('Add', ['x', 'b'], 'y')], initializers: { b: floats([2], [1, 2]) } },
      'E303 Add_y: shapes [1, 2, 3] and [1, 1, 2] do not broadcast',
    ],
  };
  for (const [name, [spec, message]] of Object.entries(cases)) {
    it(name, () => expect(errors(model(spec))).toEqual([message]));
  }
});

describe('shapes', () => {
  it('set a symbolic batch to 1', () => {
    expect(
      load(model({ shape: ['batch', 3, 2, 2], nodes: [node('Relu', ['x'], 'y')] })).graph.inputs[0].layout.onnxShape,
    ).toEqual([1, 3, 2, 2]);
  });

  it('list every unknown dimension, with what to type', () => {
    const bytes = encodeModel({
      inputs: [
        { name: 'image', type: 'float', shape: ['n', 3, 'h', 'w'] },
        { name: 'extra', type: 'float', shape: null },
      ],
      outputs: [
        { name: 'y', type: 'float', shape: null },
        { name: 'z', type: 'float', shape: null },
      ],
      nodes: [node('Relu', ['image'], 'y'), node('Relu', ['extra'], 'z')],
    });
    expect(refusal(bytes).exitCode).toBe(2);
    expect(text(bytes)).toEqual([
      'E301 dimensions of inputs are not known: image [1, 3, h, w]; extra [?]\n     Give them, for example --input-shape image=1,3,96,96.',
    ]);
    const { graph } = importModel({ bytes }, { inputShapes: { image: [1, 3, 8, 6], extra: [5] } });
    expect(graph.inputs.map((io) => io.layout.onnxShape)).toEqual([[1, 3, 8, 6], [5]]);
  });

  it('refuse a batch of images, with what to type', () => {
    expect(text(model({ shape: [8, 3, 4, 4], nodes: [node('Conv', ['x', 'w'], 'y')], initializers: { w } }))).toEqual([
      'E302 x: its shape [8, 3, 4, 4] has a batch of 8; Conv is supported with a batch of 1\n     For one at a time: --input-shape x=1,3,4,4',
    ]);
    expect(
      load(model({ shape: [8, 3, 4, 4], nodes: [node('Conv', ['x', 'w'], 'y')], initializers: { w } }), {
        inputShapes: { x: [1, 3, 4, 4] },
      }).graph.nodes,
    ).toHaveLength(1);
  });

  it('warn of several rows through dense layers', () => {
    const { diagnostics, graph } = load(
      model({
        shape: [4, 3],
        nodes: [node('MatMul', ['x', 'm'], 'y')],
        initializers: { m: floats([3, 2], [1, 2, 3, 4, 5, 6]) },
      }),
    );
    expect(diagnostics.map((d) => `${d.code} ${d.message}`)).toEqual([
      'W103 its shape [4, 3] makes 4 inferences in one run',
    ]);
    expect(graph.values.get(graph.outputs[0].value)?.shape).toEqual({ h: 1, w: 4, c: 2 });
  });

  it('name an input that does not exist', () => {
    const bytes = model({ shape: [1, 3], nodes: [node('Relu', ['x'], 'y')] });
    expect(() => importModel({ bytes }, { inputShapes: { X: [1, 3] } })).toThrow(
      "E305 the model has no input 'X'; it has 'x'",
    );
  });
});

describe('a network that is cut', () => {
  const bytes = model({
    shape: [1, 3, 4, 4],
    outputs: ['y', 'z'],
    nodes: [
      { ...node('Conv', ['x', 'w'], 'features'), name: 'first' },
      node('Relu', ['features'], 'y'),
      node('LSTM', ['y'], 'z'),
    ],
    initializers: { w },
  });

  it('ends at the tensors that are named, in their order, and leaves out what stands behind', () => {
    const { graph } = load(bytes, { outputs: ['y', 'features'] });
    expect(graph.outputs.map((io) => io.name)).toEqual(['y', 'features']);
    expect(graph.nodes.map((n) => n.op.kind)).toEqual(['conv2d', 'unary']);
    expect(load(bytes, { outputs: ['features', 'features'] }).graph.nodes.map((n) => n.name)).toEqual(['first']);
  });

  it('computes there what it computes in the whole network', () => {
    const whole = model({
      shape: [1, 3, 4, 4],
      nodes: [node('Conv', ['x', 'w'], 'a'), node('Relu', ['a'], 'b'), node('Neg', ['b'], 'y')],
      initializers: { w },
    });
    const x = randomData(48);
    const [y] = run(load(whole).graph, [x]);
    const [b, again] = run(load(whole, { outputs: ['b', 'y'] }).graph, [x]);
    expect(b.map((v) => -v)).toEqual(y);
    expect(again).toEqual(y);
  });

  it('names what there is where a name is wrong', () => {
    expect(
      refusal(bytes, { outputs: ['first', 'feature', 'x', 'nothing alike'] }).diagnostics.map(formatDiagnostic),
    ).toEqual([
      "E306 first: no tensor that an operator computes has this name\n     Did you mean 'features'?",
      "E306 feature: no tensor that an operator computes has this name\n     Did you mean 'features'?",
      "E306 x: no tensor that an operator computes has this name\n     Did you mean 'y' or 'z'?",
      'E306 nothing alike: no tensor that an operator computes has this name\n     Names of tensors are what the nodes of the file write; a viewer such as Netron shows them.',
    ]);
    expect(refusal(bytes, { outputs: ['nothing'] }).exitCode).toBe(2);
  });
});

describe('inputs and outputs', () => {
  it('that are one tensor get memory of their own', () => {
    const bytes = encodeModel({
      inputs: [{ name: 'x', type: 'float', shape: [1, 4] }],
      outputs: [
        { name: 'y', type: 'float', shape: null },
        { name: 'z', type: 'float', shape: null },
      ],
      nodes: [
        node('QuantizeLinear', ['x', 's', 'n'], 'a'),
        node('DequantizeLinear', ['a', 's', 'n'], 'y'),
        node('Identity', ['y'], 'z'),
      ],
      initializers: { s: floats([], [0.5]), n: { dims: [], type: 'int8', data: [0] } },
    });
    const { graph } = load(bytes);
    expect(new Set([graph.inputs[0].value, ...graph.outputs.map((o) => o.value)]).size).toBe(3);
    expect(graph.nodes.map((n) => n.op.kind)).toEqual(['unary', 'unary']);
  });

  it('that nothing reads are left out with a warning', () => {
    const bytes = encodeModel({
      inputs: [
        { name: 'x', type: 'float', shape: [1, 4] },
        { name: 'spare', type: 'float', shape: ['a', 'b'] },
      ],
      outputs: [{ name: 'y', type: 'float', shape: null }],
      nodes: [node('Relu', ['x'], 'y')],
    });
    const { graph, diagnostics } = load(bytes);
    expect(graph.inputs.map((io) => io.name)).toEqual(['x']);
    expect(diagnostics.map((d) => `${d.code} ${d.node}`)).toEqual(['W101 spare']);
  });

  it('listed although they are initialisers are constants', () => {
    const bytes = encodeModel({
      inputs: [
        { name: 'x', type: 'float', shape: [1, 2] },
        { name: 'b', type: 'float', shape: [2] },
      ],
      outputs: [{ name: 'y', type: 'float', shape: null }],
      nodes: [node('Add', ['x', 'b'], 'y')],
      initializers: { b: floats([2], [1, 2]) },
    });
    expect(load(bytes).graph.inputs.map((io) => io.name)).toEqual(['x']);
  });

  it('that no input changes are constants beside the network, unless there are no others', () => {
    const model = (names: readonly string[]): Uint8Array =>
      encodeModel({
        inputs: [{ name: 'x', type: 'float', shape: [1, 2] }],
        outputs: names.map((name) => ({ name, type: 'float', shape: null })),
        nodes: [node('Relu', ['x'], 'y'), node('Shape', ['x'], 'k')],
      });
    const { graph, constantOutputs } = load(model(['k', 'y']));
    expect(graph.outputs.map((io) => io.name)).toEqual(['y']);
    expect(constantOutputs).toEqual([{ name: 'k', onnxShape: [2], dtype: 'int32', data: Int32Array.of(1, 2) }]);
    expect(errors(model(['k']))).toEqual(['E204 k: this output does not depend on any input']);
  });

  it('that no input changes hold numbers that C holds', () => {
    const model = (k: TensorSpec): Uint8Array =>
      encodeModel({
        inputs: [{ name: 'x', type: 'float', shape: [1, 2] }],
        outputs: ['y', 'k'].map((name) => ({ name, type: 'float', shape: null })),
        nodes: [node('Relu', ['x'], 'y')],
        initializers: { k },
      });
    const said = (k: TensorSpec): string => errors(model(k)).join();
    expect(said(floats([2], [1, NaN]))).toBe(
      'E106 k: this output, a constant, has 1 of 2 values that are not finite; element 1 is NaN',
    );
    expect(said({ dims: [1], type: 'double', data: [1e300] })).toBe('E106 k: this output, a constant, is Infinity');
    expect(said({ dims: [1], type: 'int64', data: [2 ** 31] })).toBe(
      'E204 k: this output, a constant, holds 2147483648; C has it in 32 bits, with a sign',
    );
    expect(said(floats([0, 4], []))).toBe('E204 k: this output, a constant, has no elements');
    const whole = [2 ** 31 - 1, -(2 ** 31)];
    expect(load(model({ dims: [2], type: 'int64', data: whole })).constantOutputs[0].data).toEqual(
      Int32Array.from(whole),
    );
  });
});
