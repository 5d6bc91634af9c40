/**
 * Models of one quantised operator, int8 tensors in and out: DequantizeLinear, the operator, QuantizeLinear. ONNX
 * Runtime fuses most of them to its integer kernels.
 */

import {
  encodeModel,
  floats,
  int64s,
  Random,
  type AttributeSpec,
  type NodeSpec,
  type TensorSpec,
} from '../models/index.js';

export interface OneOperator {
  readonly bytes: Uint8Array;
  /** ONNX shape of each input, batch first. */
  readonly inputs: readonly (readonly number[])[];
  /** How many random inputs to run, to see enough elements of each channel. */
  readonly runs: number;
}

/** 'ties': every scale is a power of two and output zero points are even; 'odd ties': they are odd. */
export type Scales = 'generic' | 'ties' | 'odd ties';

interface Quantised {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Writes one model. */
class Writer {
  readonly random: Random;
  readonly #scales: Scales;
  readonly #initializers: Record<string, TensorSpec> = {};
  readonly #nodes: NodeSpec[] = [];
  readonly #inputs: { name: string; shape: readonly number[] }[] = [];
  #count = 0;

  constructor(seed: number, scales: Scales) {
    this.random = new Random(seed);
    this.#scales = scales;
  }

  scale(about: number): number {
    return Math.fround(
      this.#scales !== 'generic' ? 2 ** Math.round(Math.log2(about)) : about * this.random.uniform(0.75, 1.35),
    );
  }

  quant(about: number): Quantised {
    const zeroPoint = this.random.integer(-40, 40);
    const even = zeroPoint - (zeroPoint & 1);
    return {
      scale: this.scale(about),
      zeroPoint: this.#scales === 'generic' ? zeroPoint : this.#scales === 'ties' ? even : even + 1,
    };
  }

  constant(spec: TensorSpec): string {
    const name = `c${this.#count++}`;
    this.#initializers[name] = spec;
    return name;
  }

  node(op: string, inputs: readonly string[], attributes: Record<string, AttributeSpec> = {}): string {
    const output = `t${this.#count++}`;
    this.#nodes.push({ op, inputs, outputs: [output], name: output, attributes });
    return output;
  }

  dequantise(name: string, q: Quantised): string {
    return this.node('DequantizeLinear', [
      name,
      this.constant(floats([], [q.scale])),
      this.constant({ dims: [], type: 'int8', data: [q.zeroPoint] }),
    ]);
  }

  /** An input, as the codes that it is. */
  codes(shape: readonly number[]): string {
    const name = `x${this.#inputs.length}`;
    this.#inputs.push({ name, shape });
    return name;
  }

  input(shape: readonly number[], q: Quantised): string {
    return this.dequantise(this.codes(shape), q);
  }

  /** int8 weights with a scale for each channel of `axis`. */
  weights(dims: readonly number[], scales: readonly number[], axis: number): string {
    const count = dims.reduce((a, b) => a * b, 1);
    const codes = Array.from({ length: count }, () => this.random.integer(-127, 127));
    const zeros = scales.map(() => 0);
    return this.node(
      'DequantizeLinear',
      [
        this.constant({ dims, type: 'int8', data: codes }),
        this.constant(floats([scales.length], scales)),
        this.constant({ dims: [scales.length], type: 'int8', data: zeros }),
      ],
      { axis: { int: axis } },
    );
  }

  bias(input: Quantised, scales: readonly number[], spread: number): string {
    const data = scales.map((s) => Math.round((this.random.uniform(-1, 1) * spread) / (input.scale * s)));
    return this.node(
      'DequantizeLinear',
      [
        this.constant({ dims: [data.length], type: 'int32', data }),
        this.constant(
          floats(
            [scales.length],
            scales.map((s) => Math.fround(s * input.scale)),
          ),
        ),
      ],
      { axis: { int: 0 } },
    );
  }

  build(real: string, shape: readonly number[], q: Quantised, runs = 1): OneOperator {
    const scale = this.constant(floats([], [q.scale]));
    const zeroPoint = this.constant({ dims: [], type: 'int8', data: [q.zeroPoint] });
    const bytes = encodeModel({
      opset: 19,
      inputs: this.#inputs.map((i) => ({ name: i.name, type: 'int8', shape: i.shape })),
      outputs: [{ name: 'y', type: 'int8', shape }],
      initializers: this.#initializers,
      nodes: [
        ...this.#nodes,
        { op: 'QuantizeLinear', inputs: [real, scale, zeroPoint], outputs: ['y'], name: 'quantise' },
      ],
    });
    return { bytes, inputs: this.#inputs.map((i) => i.shape), runs };
  }
}

/** Root of the mean square of the real value of a uniformly random code. */
const rms = (q: Quantised): number => q.scale * 80;

interface ConvShape {
  readonly channels: number;
  readonly out: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly groups?: number;
  readonly transposed?: boolean;
  readonly relu?: boolean;
}

function convolution(w: Writer, s: ConvShape): OneOperator {
  const { channels, out, size, kernel, stride = 1, groups = 1, transposed = false, relu = false } = s;
  const x = w.quant(0.02);
  const scales = Array.from({ length: out }, () => w.scale(0.005));
  const fan = ((channels / groups) * kernel * kernel) / (transposed ? stride * stride : 1);
  const spread = rms(x) * 0.005 * 73 * Math.sqrt(fan);
  const dims = transposed ? [channels, out / groups, kernel, kernel] : [out, channels / groups, kernel, kernel];
  const pad = Math.floor(kernel / 2);
  const result = Math.floor(
    transposed ? (size - 1) * stride - 2 * pad + kernel : (size + 2 * pad - kernel) / stride + 1,
  );
  const real = w.node(
    transposed ? 'ConvTranspose' : 'Conv',
    [w.input([1, channels, size, size], x), w.weights(dims, scales, transposed ? 1 : 0), w.bias(x, scales, spread)],
    {
      kernel_shape: { ints: [kernel, kernel] },
      pads: { ints: [pad, pad, pad, pad] },
      strides: { ints: [stride, stride] },
      group: { int: groups },
    },
  );
  return w.build(relu ? w.node('Relu', [real]) : real, [1, out, result, result], w.quant(spread / 40));
}

function gemm(w: Writer, rows: number, columns: number): OneOperator {
  const x = w.quant(0.02);
  const scales = Array.from({ length: columns }, () => w.scale(0.005));
  const spread = rms(x) * 0.005 * 73 * Math.sqrt(rows);
  const real = w.node(
    'Gemm',
    [w.input([1, rows], x), w.weights([columns, rows], scales, 0), w.bias(x, scales, spread)],
    { transB: { int: 1 } },
  );
  return w.build(real, [1, columns], w.quant(spread / 40), 200);
}

function binary(w: Writer, op: string, broadcast: boolean): OneOperator {
  const shape = [1, 12, 96, 96];
  const [a, b] = [w.quant(0.03), w.quant(0.02)];
  const spread = op === 'Mul' ? rms(a) * rms(b) : Math.hypot(rms(a), rms(b));
  const real = w.node(op, [w.input(shape, a), w.input(broadcast ? [1, 12, 1, 1] : shape, b)]);
  return w.build(real, shape, w.quant(spread / 50));
}

/** Every code of the input is as likely: 12 x 96 x 96 elements. */
function unary(w: Writer, about: number, output: Quantised, body: (real: string) => string): OneOperator {
  const shape = [1, 12, 96, 96];
  const x = w.quant(about);
  return w.build(body(w.input(shape, x)), shape, output);
}

function pool(
  w: Writer,
  op: 'AveragePool' | 'MaxPool',
  kernel: number,
  stride: number,
  pad: number,
  includePad = false,
): OneOperator {
  const size = 98;
  const x = w.quant(0.02);
  const out = Math.floor((size + 2 * pad - kernel) / stride + 1);
  const attributes: Record<string, AttributeSpec> = {
    kernel_shape: { ints: [kernel, kernel] },
    strides: { ints: [stride, stride] },
    pads: { ints: [pad, pad, pad, pad] },
  };
  if (op === 'AveragePool') attributes.count_include_pad = { int: includePad ? 1 : 0 };
  const y = op === 'MaxPool' ? x : w.quant((x.scale * 1.5) / kernel);
  return w.build(w.node(op, [w.input([1, 12, size, size], x)], attributes), [1, 12, out, out], y);
}

function globalPool(w: Writer, size: number): OneOperator {
  const x = w.quant(0.02);
  const channels = 500;
  return w.build(
    w.node('GlobalAveragePool', [w.input([1, channels, size, size], x)]),
    [1, channels, 1, 1],
    w.quant((x.scale * 2) / size),
    200,
  );
}

function resizeNearest(w: Writer, factor: number): OneOperator {
  const [channels, size] = [12, 40];
  const x = w.quant(0.02);
  const real = w.node(
    'Resize',
    [w.input([1, channels, size, size], x), '', w.constant(floats([4], [1, 1, factor, factor]))],
    {
      mode: { string: 'nearest' },
      coordinate_transformation_mode: { string: 'asymmetric' },
      nearest_mode: { string: 'floor' },
    },
  );
  return w.build(real, [1, channels, size * factor, size * factor], x);
}

/** Output rows and columns of a linear resize, and the mode. */
const linearForms: readonly (readonly [number, number, string])[] = [
  [80, 80, 'half_pixel'],
  [80, 80, 'align_corners'],
  [80, 80, 'asymmetric'],
  [80, 80, 'pytorch_half_pixel'],
  [120, 120, 'half_pixel'],
  [60, 100, 'half_pixel'],
  [100, 70, 'align_corners'],
  [96, 160, 'asymmetric'],
  [33, 77, 'half_pixel_symmetric'],
  [40, 80, 'half_pixel'],
];

/** Every other one keeps the scale, as ONNX Runtime's quantiser does: there the ties are. */
function resizeLinear(w: Writer, seed: number, onCodes = false): OneOperator {
  const [rows, columns, mode] = linearForms[seed % linearForms.length];
  const x = w.quant(0.02);
  const shape = [1, 12, rows, columns];
  const sizes = w.constant(int64s(shape));
  const attributes: Record<string, AttributeSpec> = {
    mode: { string: 'linear' },
    coordinate_transformation_mode: { string: mode },
  };
  if (onCodes)
    return w.build(w.dequantise(w.node('Resize', [w.codes([1, 12, 40, 40]), '', '', sizes], attributes), x), shape, x);
  return w.build(
    w.node('Resize', [w.input([1, 12, 40, 40], x), '', '', sizes], attributes),
    shape,
    seed % 2 === 0 ? x : w.quant(x.scale * 0.9),
  );
}

/** Every other one with scales in whole ratios, as ReLU6 and Sigmoid have them: next to ties float32 arithmetic decides. */
function concat(w: Writer, seed: number): OneOperator {
  const ofRange = (range: number): Quantised => ({ scale: Math.fround(range / 255), zeroPoint: -128 });
  const [a, b, c, output] =
    seed % 2 === 0 ? [0.02, 0.03, 0.025, 0.028].map((s) => w.quant(s)) : [1, 3 + seed, 6, 2 * seed + 6].map(ofRange);
  const real = w.node(
    'Concat',
    [a, b, c].map((q) => w.input([1, 6, 80, 80], q)),
    { axis: { int: 1 } },
  );
  return w.build(real, [1, 18, 80, 80], output);
}

/** The scales that converters write: TFLite's, that of ONNX Runtime's quantiser, and any. */
function softmax(w: Writer, channels: number, seed: number): OneOperator {
  const x = w.quant(0.04);
  const shape = [1, channels, 80, 80];
  const outputs = [
    { scale: 1 / 256, zeroPoint: -128 },
    { scale: w.scale(1 / 255), zeroPoint: -128 },
    { scale: Math.fround(1 / 255), zeroPoint: -128 },
    w.quant(0.005),
  ];
  return w.build(w.node('Softmax', [w.input(shape, x)], { axis: { int: 1 } }), shape, outputs[seed % 4]);
}

function logSoftmax(w: Writer, channels: number): OneOperator {
  const x = w.quant(0.04);
  const shape = [1, channels, 80, 80];
  return w.build(w.node('LogSoftmax', [w.input(shape, x)], { axis: { int: 1 } }), shape, {
    scale: w.scale(0.05),
    zeroPoint: 127,
  });
}

function prelu(w: Writer): OneOperator {
  const slopes = Array.from({ length: 12 }, () => w.scale(0.2));
  return unary(w, 0.03, w.quant(0.025), (r) => w.node('PRelu', [r, w.constant(floats([12, 1, 1], slopes))]));
}

function padded(w: Writer): OneOperator {
  const x = w.quant(0.03);
  const real = w.node(
    'Pad',
    [w.input([1, 12, 90, 90], x), w.constant(int64s([0, 0, 2, 3, 0, 0, 4, 3])), w.constant(floats([], [0]))],
    { mode: { string: 'constant' } },
  );
  return w.build(real, [1, 12, 96, 96], x);
}

/** Operator kinds, and how a model of each is made from a seed. All runs of a model give about 10^5 elements. */
const operatorKinds: Readonly<Record<string, (w: Writer, seed: number) => OneOperator>> = {
  conv1x1: (w) => convolution(w, { channels: 24, out: 24, size: 64, kernel: 1 }),
  conv3x3: (w, seed) => convolution(w, { channels: 8, out: 24, size: 64, kernel: 3, stride: 1, relu: seed % 2 === 0 }),
  convStride2: (w) => convolution(w, { channels: 3, out: 32, size: 112, kernel: 5, stride: 2 }),
  depthwise: (w, seed) =>
    convolution(w, { channels: 24, out: 24, size: 66, kernel: seed % 2 === 0 ? 3 : 5, groups: 24 }),
  groupedConv: (w) => convolution(w, { channels: 24, out: 24, size: 64, kernel: 3, groups: 4 }),
  convTranspose: (w) => convolution(w, { channels: 8, out: 12, size: 48, kernel: 4, stride: 2, transposed: true }),
  gemm: (w) => gemm(w, 40, 500),
  add: (w, seed) => binary(w, 'Add', seed % 4 === 3),
  sub: (w) => binary(w, 'Sub', false),
  mul: (w, seed) => binary(w, 'Mul', seed % 2 === 1),
  max: (w) => binary(w, 'Max', false),
  averagePool: (w, seed) => pool(w, 'AveragePool', [2, 3, 5][seed % 3], 1, [0, 1, 2][seed % 3], seed % 2 === 0),
  globalAveragePool: (w, seed) => globalPool(w, 3 + (seed % 6)),
  maxPool: (w) => pool(w, 'MaxPool', 3, 1, 1),
  softmax: (w, seed) => softmax(w, [2, 10, 12, 21, 4][seed % 5], seed),
  logSoftmax: (w, seed) => logSoftmax(w, [2, 10, 12, 35][seed % 4]),
  concat: (w, seed) => concat(w, seed),
  resizeNearest: (w, seed) => resizeNearest(w, 2 + (seed % 2)),
  resizeLinear: (w, seed) => resizeLinear(w, seed + Math.floor(seed / linearForms.length)),
  resizeLinearOfCodes: (w, seed) => resizeLinear(w, seed, true),
  relu: (w) => unary(w, 0.03, w.quant(0.025), (r) => w.node('Relu', [r])),
  sigmoid: (w) => unary(w, 0.05, { scale: 1 / 256, zeroPoint: -128 }, (r) => w.node('Sigmoid', [r])),
  tanh: (w) => unary(w, 0.03, { scale: 1 / 128, zeroPoint: 0 }, (r) => w.node('Tanh', [r])),
  leakyRelu: (w) => unary(w, 0.03, w.quant(0.025), (r) => w.node('LeakyRelu', [r], { alpha: { float: 0.1 } })),
  hardSigmoid: (w) =>
    unary(w, 0.05, { scale: w.scale(1 / 255), zeroPoint: -128 }, (r) =>
      w.node('HardSigmoid', [r], { alpha: { float: 0.2 } }),
    ),
  hardSwish: (w) => unary(w, 0.06, { scale: w.scale(0.03), zeroPoint: -110 }, (r) => w.node('HardSwish', [r])),
  silu: (w) =>
    unary(w, 0.06, { scale: w.scale(0.03), zeroPoint: -110 }, (r) => w.node('Mul', [r, w.node('Sigmoid', [r])])),
  clip: (w) =>
    unary(w, 0.06, w.quant(0.03), (r) =>
      w.node('Clip', [r, w.constant(floats([], [-1.3])), w.constant(floats([], [2.9]))]),
    ),
  prelu: (w) => prelu(w),
  pad: (w) => padded(w),
};

export const operatorNames = Object.keys(operatorKinds);

export function oneOperator(kind: string, seed: number, scales: Scales): OneOperator {
  return operatorKinds[kind](new Writer(seed * 7919 + kind.length, scales), seed);
}
