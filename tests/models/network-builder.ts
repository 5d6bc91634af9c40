/**
 * Writes small CNNs with seeded random weights as float, QDQ or QOperator ONNX. Scales are chosen from estimated
 * spreads, so that outputs use their range without saturating: a wrong kernel shows.
 */
import { Random } from './random.js';
import { encodeModel, floats, int64s } from './proto.js';
import type { AttributeSpec, NodeSpec, TensorSpec, ValueSpec } from './proto.js';

export type Format = 'float' | 'qdq' | 'qoperator';

export interface NetworkOptions {
  readonly name?: string;
  readonly format?: Format;
  readonly seed?: number;
  readonly opset?: number;
  readonly activations?: 'int8' | 'uint8';
  /** 'uint8' weights are asymmetric, with a zero point off the middle. */
  readonly weights?: 'int8' | 'uint8';
  readonly perChannel?: boolean;
  readonly powerOfTwoScales?: boolean;
}

/** A tensor of the network under construction, batch 1. */
export interface Tensor {
  /** Real tensor (float, QDQ) or its codes (QOperator). */
  readonly name: string;
  /** Without the batch axis: [c, h, w], [c, w] or [n]. */
  readonly shape: readonly number[];
  /** real = scale * (code - zeroPoint); in the network's activation type. */
  readonly scale: number;
  readonly zeroPoint: number;
  /** Root of the mean square, estimated. */
  readonly rms: number;
}

export type Activation = 'relu' | 'relu6' | 'none';

export interface ConvSpec {
  readonly out: number;
  readonly kernel: number | readonly [number, number];
  readonly stride?: number | readonly [number, number];
  /** top, left, bottom, right; a number for all; 'same' pads to ceil(size / stride). */
  readonly pad?: number | readonly number[] | 'same';
  readonly dilation?: number;
  readonly groups?: number;
  readonly activation?: Activation;
  /** Fraction of output channels whose weights are all zero. */
  readonly zeroChannels?: number;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

const pair = (v: number | readonly [number, number]): [number, number] =>
  typeof v === 'number' ? [v, v] : [v[0], v[1]];
const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1);

export class NetworkBuilder {
  readonly #options: Required<NetworkOptions>;
  readonly #random: Random;
  readonly #nodes: NodeSpec[] = [];
  readonly #initializers: Record<string, TensorSpec> = {};
  readonly #inputs: ValueSpec[] = [];
  readonly #outputs: ValueSpec[] = [];
  #counter = 0;
  #usesMicrosoft = false;

  constructor(options: NetworkOptions = {}) {
    this.#options = {
      name: 'net',
      format: 'qdq',
      seed: 1,
      opset: 13,
      activations: 'int8',
      weights: 'int8',
      perChannel: true,
      powerOfTwoScales: false,
      ...options,
    };
    this.#random = new Random(this.#options.seed);
  }

  get format(): Format {
    return this.#options.format;
  }

  /** Smallest and largest code of activations. */
  get codes(): Range {
    return this.#options.activations === 'int8' ? { min: -128, max: 127 } : { min: 0, max: 255 };
  }

  // --- low level -------------------------------------------------------------------------------------------

  unique(stem: string): string {
    return `${stem}_${this.#counter++}`;
  }

  constant(stem: string, spec: TensorSpec): string {
    const name = this.unique(stem);
    this.#initializers[name] = spec;
    return name;
  }

  node(op: string, inputs: readonly string[], attributes: Record<string, AttributeSpec> = {}, domain = ''): string {
    const output = this.unique(op.toLowerCase());
    if (domain !== '') this.#usesMicrosoft = true;
    this.#nodes.push({ op, inputs, outputs: [output], name: `${op}_${this.#nodes.length}`, attributes, domain });
    return output;
  }

  #scale(value: number): number {
    return Math.fround(this.#options.powerOfTwoScales ? 2 ** Math.round(Math.log2(value)) : value);
  }

  /** The quantisation that spans a range of real values (0 is always inside). */
  #quantFor(range: Range): { scale: number; zeroPoint: number } {
    const { min, max } = this.codes;
    const low = Math.min(0, range.min);
    const high = Math.max(0, range.max);
    const scale = this.#scale((high - low) / 255);
    return { scale, zeroPoint: Math.max(min, Math.min(max, Math.round(min - low / scale))) };
  }

  #quantConstants(scale: number, zeroPoint: number): [string, string] {
    return [
      this.constant('scale', floats([], [scale])),
      this.constant('zero_point', { dims: [], type: this.#options.activations, data: [zeroPoint] }),
    ];
  }

  /** Real tensor -> quantised tensor of the given range (identity in a float network). */
  quantise(real: string, shape: readonly number[], range: Range, rms: number): Tensor {
    const { scale, zeroPoint } = this.#quantFor(range);
    return this.#quantiseTo(real, shape, scale, zeroPoint, rms);
  }

  #quantiseTo(real: string, shape: readonly number[], scale: number, zeroPoint: number, rms: number): Tensor {
    if (this.format === 'float') return { name: real, shape, scale, zeroPoint, rms };
    const q = this.#quantConstants(scale, zeroPoint);
    const codes = this.node('QuantizeLinear', [real, ...q]);
    const name = this.format === 'qdq' ? this.node('DequantizeLinear', [codes, ...q]) : codes;
    return { name, shape, scale, zeroPoint, rms };
  }

  /** The real tensor behind a tensor. */
  real(x: Tensor): string {
    if (this.format !== 'qoperator') return x.name;
    return this.node('DequantizeLinear', [x.name, ...this.#quantConstants(x.scale, x.zeroPoint)]);
  }

  // --- borders ---------------------------------------------------------------------------------------------

  /** Shape without batch; values spread over [-1, 1]. A symbolic batch is written as 'N'. */
  input(name: string, shape: readonly number[], options: { symbolicBatch?: boolean; range?: Range } = {}): Tensor {
    this.#inputs.push({ name, type: 'float', shape: [options.symbolicBatch ? 'N' : 1, ...shape] });
    const range = options.range ?? { min: -1, max: 1 };
    return this.quantise(name, shape, range, (range.max - range.min) / Math.sqrt(12));
  }

  output(x: Tensor, name: string): void {
    this.#nodes.push({ op: 'Identity', inputs: [this.real(x)], outputs: [name], name: `output_${name}` });
    this.#outputs.push({ name, type: 'float', shape: [1, ...x.shape] });
  }

  build(): Uint8Array {
    return encodeModel({
      name: this.#options.name,
      opset: this.#options.opset,
      domains: this.#usesMicrosoft ? { 'com.microsoft': 1 } : {},
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: this.#initializers,
      nodes: this.#nodes,
    });
  }

  // --- weights ---------------------------------------------------------------------------------------------

  /** Codes, scales and zero point of weights whose real values have about the given root of the mean square. */
  #weights(channels: number, perChannel: number, rms: number, zeroChannels: number) {
    const asymmetric = this.#options.weights === 'uint8';
    const count = this.#options.perChannel ? channels : 1;
    const zeroPoint = asymmetric ? this.#random.integer(100, 140) : 0;
    const scales = Float32Array.from({ length: count }, () => this.#scale((rms / 73) * this.#random.uniform(0.6, 1.4)));
    const codes = new Int16Array(channels * perChannel);
    for (let c = 0; c < channels; c++) {
      const zero = this.#random.next() < zeroChannels;
      for (let i = 0; i < perChannel; i++) {
        const w = this.#random.integer(-127, 127);
        const code = asymmetric ? Math.max(0, Math.min(255, w + zeroPoint)) : w;
        codes[c * perChannel + i] = zero ? zeroPoint : code;
      }
    }
    return { codes, scales, zeroPoint };
  }

  /** Weight and bias inputs of an operator in the network's format; `dims` with output channels first. */
  #linear(
    op: 'Conv' | 'ConvTranspose' | 'Gemm',
    x: Tensor,
    dims: readonly number[],
    fanIn: number,
    spread: number,
    zeroChannels: number,
    attributes: Record<string, AttributeSpec>,
    activation: Activation,
    shape: readonly number[],
  ): Tensor {
    // ConvTranspose has [in, out / groups, kH, kW]: its scales run along axis 1, and only where groups is 1.
    const axis = op === 'ConvTranspose' ? 1 : 0;
    const channels = dims[axis];
    const perChannel = product(dims) / channels;
    const w = this.#weights(channels, perChannel, spread / (Math.sqrt(fanIn) * x.rms), zeroChannels);
    const codes = axis === 0 ? w.codes : swapLeadingAxes(w.codes, dims);
    const scaleOf = (c: number): number => w.scales[w.scales.length === 1 ? 0 : c];
    const bias = Int32Array.from({ length: channels }, (_, c) =>
      Math.round((this.#random.uniform(-0.4, 0.4) * spread) / (x.scale * scaleOf(c))),
    );
    const range: Range =
      activation === 'relu6' ? { min: 0, max: 6 } : { min: activation === 'relu' ? 0 : -3 * spread, max: 3 * spread };
    const rms = activation === 'none' ? spread : spread / Math.SQRT2;
    const scaleDims = w.scales.length === 1 ? [] : [channels];
    const scaleAxis: Record<string, AttributeSpec> = w.scales.length === 1 ? {} : { axis: { int: axis } };
    const weightType = this.#options.weights;
    const zeroPoints = new Array<number>(w.scales.length).fill(w.zeroPoint);

    if (this.format === 'qoperator' && op === 'Conv') {
      const { scale, zeroPoint } = this.#quantFor(range);
      const name = this.node(
        'QLinearConv',
        [
          x.name,
          ...this.#quantConstants(x.scale, x.zeroPoint),
          this.constant('weight', { dims, type: weightType, data: codes }),
          this.constant('weight_scale', floats(scaleDims, w.scales)),
          this.constant('weight_zero_point', { dims: scaleDims, type: weightType, data: zeroPoints }),
          ...this.#quantConstants(scale, zeroPoint),
          this.constant('bias', { dims: [channels], type: 'int32', data: bias }),
        ],
        attributes,
      );
      return { name, shape, scale, zeroPoint, rms };
    }
    if (this.format === 'qoperator' && op === 'Gemm') {
      const { scale, zeroPoint } = this.#quantFor(range);
      const name = this.node(
        'QGemm',
        [
          x.name,
          ...this.#quantConstants(x.scale, x.zeroPoint),
          this.constant('weight', { dims, type: weightType, data: codes }),
          this.constant('weight_scale', floats(scaleDims, w.scales)),
          this.constant('weight_zero_point', { dims: scaleDims, type: weightType, data: zeroPoints }),
          this.constant('bias', { dims: [channels], type: 'int32', data: bias }),
          ...this.#quantConstants(scale, zeroPoint),
        ],
        { transB: { int: 1 } },
        'com.microsoft',
      );
      return { name, shape, scale, zeroPoint, rms };
    }

    let weight: string;
    let biasName: string;
    const biasScales = Float32Array.from({ length: w.scales.length }, (_, c) => Math.fround(x.scale * w.scales[c]));
    if (this.format === 'float') {
      const inner = product(dims.slice(axis + 1));
      const real = Float32Array.from(codes, (q, i) => scaleOf(Math.floor(i / inner) % channels) * (q - w.zeroPoint));
      weight = this.constant('weight', floats(dims, real));
      biasName = this.constant(
        'bias',
        floats(
          [channels],
          Float32Array.from(bias, (b, c) => b * x.scale * scaleOf(c)),
        ),
      );
    } else {
      weight = this.node(
        'DequantizeLinear',
        [
          this.constant('weight', { dims, type: weightType, data: codes }),
          this.constant('weight_scale', floats(scaleDims, w.scales)),
          this.constant('weight_zero_point', { dims: scaleDims, type: weightType, data: zeroPoints }),
        ],
        scaleAxis,
      );
      biasName = this.node(
        'DequantizeLinear',
        [
          this.constant('bias', { dims: [channels], type: 'int32', data: bias }),
          this.constant('bias_scale', floats(scaleDims, biasScales)),
        ],
        w.scales.length === 1 ? {} : { axis: { int: 0 } },
      );
    }
    const input = this.real(x);
    const result = this.activate(this.node(op, [input, weight, biasName], attributes), activation);
    return this.quantise(result, shape, range, rms);
  }

  /** Relu or Relu6 on a real tensor. */
  activate(real: string, activation: Activation): string {
    if (activation === 'none') return real;
    if (activation === 'relu') return this.node('Relu', [real]);
    return this.node('Clip', [real, this.constant('low', floats([], [0])), this.constant('high', floats([], [6]))]);
  }

  // --- layers ----------------------------------------------------------------------------------------------

  /** 2-D for [c, h, w], 1-D for [c, w] (the second kernel, stride and pad entries are used). */
  conv(x: Tensor, spec: ConvSpec): Tensor {
    const groups = spec.groups ?? 1;
    const oneD = x.shape.length === 2;
    const [h, w] = oneD ? [1, x.shape[1]] : [x.shape[1], x.shape[2]];
    const [kh0, kw] = pair(spec.kernel);
    const kh = oneD ? 1 : kh0;
    const [sh0, sw] = pair(spec.stride ?? 1);
    const sh = oneD ? 1 : sh0;
    const d = spec.dilation ?? 1;
    const [top, left, bottom, right] = pads(spec.pad ?? 0, [h, w], [(kh - 1) * d + 1, (kw - 1) * d + 1], [sh, sw]);
    const oh = Math.floor((h + top + bottom - (kh - 1) * d - 1) / sh) + 1;
    const ow = Math.floor((w + left + right - (kw - 1) * d - 1) / sw) + 1;
    const inPerGroup = x.shape[0] / groups;
    const attributes: Record<string, AttributeSpec> = oneD
      ? {
          kernel_shape: { ints: [kw] },
          strides: { ints: [sw] },
          pads: { ints: [left, right] },
          dilations: { ints: [d] },
          group: { int: groups },
        }
      : {
          kernel_shape: { ints: [kh, kw] },
          strides: { ints: [sh, sw] },
          pads: { ints: [top, left, bottom, right] },
          dilations: { ints: [d, d] },
          group: { int: groups },
        };
    const dims = oneD ? [spec.out, inPerGroup, kw] : [spec.out, inPerGroup, kh, kw];
    const spread = spec.activation === 'relu6' ? 2.5 : 1;
    return this.#linear(
      'Conv',
      x,
      dims,
      inPerGroup * kh * kw,
      spread,
      spec.zeroChannels ?? 0,
      attributes,
      spec.activation ?? 'none',
      oneD ? [spec.out, ow] : [spec.out, oh, ow],
    );
  }

  /** groups = channels. */
  depthwise(x: Tensor, spec: Omit<ConvSpec, 'out' | 'groups'>): Tensor {
    return this.conv(x, { ...spec, out: x.shape[0], groups: x.shape[0] });
  }

  convTranspose(
    x: Tensor,
    spec: { out: number; kernel: number; stride: number; pad: number; outputPad?: number; activation?: Activation },
  ): Tensor {
    const [c, h, w] = x.shape;
    const size = (n: number): number => (n - 1) * spec.stride - 2 * spec.pad + spec.kernel + (spec.outputPad ?? 0);
    const k = spec.kernel;
    return this.#linear(
      'ConvTranspose',
      x,
      [c, spec.out, k, k],
      (c * k * k) / spec.stride ** 2,
      1,
      0,
      {
        kernel_shape: { ints: [k, k] },
        strides: { ints: [spec.stride, spec.stride] },
        pads: { ints: [spec.pad, spec.pad, spec.pad, spec.pad] },
        output_padding: { ints: [spec.outputPad ?? 0, spec.outputPad ?? 0] },
      },
      spec.activation ?? 'none',
      [spec.out, size(h), size(w)],
    );
  }

  /** Fully connected; a tensor with more than one axis is flattened first. */
  gemm(x: Tensor, out: number, activation: Activation = 'none'): Tensor {
    const flat = x.shape.length === 1 ? x : this.flatten(x);
    return this.#linear('Gemm', flat, [out, flat.shape[0]], flat.shape[0], 1, 0, { transB: { int: 1 } }, activation, [
      out,
    ]);
  }

  /** Moves data without changing quantisation: Flatten, Reshape, Transpose, MaxPool... */
  move(
    op: string,
    x: Tensor,
    shape: readonly number[],
    attributes: Record<string, AttributeSpec> = {},
    extra: readonly string[] = [],
  ): Tensor {
    const moved = this.node(op, [x.name, ...extra], attributes);
    if (this.format !== 'qdq') return { ...x, name: moved, shape };
    return this.#quantiseTo(moved, shape, x.scale, x.zeroPoint, x.rms);
  }

  flatten(x: Tensor): Tensor {
    return this.move('Flatten', x, [product(x.shape)], { axis: { int: 1 } });
  }

  reshape(x: Tensor, shape: readonly number[]): Tensor {
    return this.move('Reshape', x, shape, {}, [this.constant('shape', int64s([1, ...shape]))]);
  }

  /** `perm` over the axes without batch. */
  transpose(x: Tensor, perm: readonly number[]): Tensor {
    return this.move(
      'Transpose',
      x,
      perm.map((p) => x.shape[p]),
      { perm: { ints: [0, ...perm.map((p) => p + 1)] } },
    );
  }

  maxPool(x: Tensor, kernel: number, stride: number, pad = 0): Tensor {
    const [c, ...space] = x.shape;
    const axes = space.length;
    const attributes = {
      kernel_shape: { ints: new Array<number>(axes).fill(kernel) },
      strides: { ints: new Array<number>(axes).fill(stride) },
      pads: { ints: new Array<number>(2 * axes).fill(pad) },
    };
    return this.move(
      'MaxPool',
      x,
      [c, ...space.map((n) => Math.floor((n + 2 * pad - kernel) / stride) + 1)],
      attributes,
    );
  }

  averagePool(
    x: Tensor,
    kernel: number,
    stride: number,
    options: { pad?: number; countIncludePad?: boolean } = {},
  ): Tensor {
    const pad = options.pad ?? 0;
    const [c, h, w] = x.shape;
    const size = (n: number): number => Math.floor((n + 2 * pad - kernel) / stride) + 1;
    const real = this.node('AveragePool', [this.real(x)], {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [pad, pad, pad, pad] },
      count_include_pad: { int: options.countIncludePad ? 1 : 0 },
    });
    return this.quantise(real, [c, size(h), size(w)], spanOf(x, this.codes, 0.8), x.rms / kernel + 0.3 * x.rms);
  }

  /** Shape [c, 1, 1]. */
  globalAveragePool(x: Tensor): Tensor {
    const range = spanOf(x, this.codes, 0.5);
    const shape = [x.shape[0], ...x.shape.slice(1).map(() => 1)];
    const rms = 0.5 * x.rms;
    if (this.format === 'qoperator') {
      const { scale, zeroPoint } = this.#quantFor(range);
      const name = this.node(
        'QLinearGlobalAveragePool',
        [x.name, ...this.#quantConstants(x.scale, x.zeroPoint), ...this.#quantConstants(scale, zeroPoint)],
        { channels_last: { int: 0 } },
        'com.microsoft',
      );
      return { name, shape, scale, zeroPoint, rms };
    }
    return this.quantise(this.node('GlobalAveragePool', [x.name]), shape, range, rms);
  }

  /** Add, Sub or Mul of two tensors (numpy broadcasting), with an activation. */
  binary(op: 'Add' | 'Sub' | 'Mul', a: Tensor, b: Tensor, activation: Activation = 'none'): Tensor {
    const shape = a.shape.map((n, i) => Math.max(n, b.shape[i]));
    const rms = op === 'Mul' ? a.rms * b.rms : Math.hypot(a.rms, b.rms);
    const range = {
      min: activation === 'none' ? -3.5 * rms : 0,
      max: activation === 'relu6' ? Math.min(6, 3.5 * rms) : 3.5 * rms,
    };
    if (this.format === 'qoperator' && op !== 'Sub' && activation === 'none') {
      const { scale, zeroPoint } = this.#quantFor(range);
      const name = this.node(
        `QLinear${op}`,
        [
          a.name,
          ...this.#quantConstants(a.scale, a.zeroPoint),
          b.name,
          ...this.#quantConstants(b.scale, b.zeroPoint),
          ...this.#quantConstants(scale, zeroPoint),
        ],
        {},
        'com.microsoft',
      );
      return { name, shape, scale, zeroPoint, rms };
    }
    return this.quantise(this.activate(this.node(op, [this.real(a), this.real(b)]), activation), shape, range, rms);
  }

  add(a: Tensor, b: Tensor, activation: Activation = 'none'): Tensor {
    return this.binary('Add', a, b, activation);
  }

  /** Concatenates along an axis counted without batch. */
  concat(parts: readonly Tensor[], axis = 0): Tensor {
    const shape = parts[0].shape.map((n, i) => (i === axis ? parts.reduce((sum, p) => sum + p.shape[axis], 0) : n));
    const spans = parts.map((p) => spanOf(p, this.codes, 1));
    const range = { min: Math.min(...spans.map((s) => s.min)), max: Math.max(...spans.map((s) => s.max)) };
    const rms = Math.max(...parts.map((p) => p.rms));
    return this.quantise(
      this.node(
        'Concat',
        parts.map((p) => this.real(p)),
        { axis: { int: axis + 1 } },
      ),
      shape,
      range,
      rms,
    );
  }

  /** A function of each element: any ONNX operators between DequantizeLinear and QuantizeLinear. */
  elementwise(x: Tensor, range: Range, rms: number, body: (real: string) => string): Tensor {
    return this.quantise(body(this.real(x)), x.shape, range, rms);
  }

  sigmoid(x: Tensor): Tensor {
    return this.elementwise(x, { min: 0, max: 1 }, 0.55, (r) => this.node('Sigmoid', [r]));
  }

  hardSigmoid(x: Tensor): Tensor {
    return this.elementwise(x, { min: 0, max: 1 }, 0.55, (r) =>
      this.node('HardSigmoid', [r], { alpha: { float: 1 / 6 } }),
    );
  }

  /** x * HardSigmoid(x), written out as exporters do below opset 14. */
  hardSwish(x: Tensor): Tensor {
    const high = spanOf(x, this.codes, 1).max;
    return this.elementwise(x, { min: -0.375, max: high }, 0.6 * x.rms, (r) =>
      this.node('Mul', [r, this.node('HardSigmoid', [r], { alpha: { float: 1 / 6 } })]),
    );
  }

  resize(
    x: Tensor,
    factor: number,
    mode: 'nearest' | 'linear',
    coordinates = mode === 'nearest' ? 'asymmetric' : 'half_pixel',
  ): Tensor {
    const [c, h, w] = x.shape;
    const attributes: Record<string, AttributeSpec> = {
      mode: { string: mode },
      coordinate_transformation_mode: { string: coordinates },
      ...(mode === 'nearest' ? { nearest_mode: { string: 'floor' } } : {}),
    };
    const scales = this.constant('scales', floats([4], [1, 1, factor, factor]));
    const real = this.node('Resize', [this.real(x), '', scales], attributes);
    return this.#quantiseTo(real, [c, Math.floor(h * factor), Math.floor(w * factor)], x.scale, x.zeroPoint, x.rms);
  }

  /** Channels [from, to). */
  sliceChannels(x: Tensor, from: number, to: number): Tensor {
    return this.move('Slice', x, [to - from, ...x.shape.slice(1)], {}, [
      this.constant('starts', int64s([from])),
      this.constant('ends', int64s([to])),
      this.constant('axes', int64s([1])),
    ]);
  }

  softmax(x: Tensor): Tensor {
    const real = this.node('Softmax', [this.real(x)], { axis: { int: -1 } });
    const { min } = this.codes;
    return this.#quantiseTo(real, x.shape, 1 / 256, min, 0.3);
  }
}

/** The real range that a tensor's codes span, shrunk by a factor around zero. */
function spanOf(x: Tensor, codes: Range, factor: number): Range {
  return { min: factor * x.scale * (codes.min - x.zeroPoint), max: factor * x.scale * (codes.max - x.zeroPoint) };
}

function pads(
  pad: NonNullable<ConvSpec['pad']>,
  size: readonly [number, number],
  kernel: readonly [number, number],
  stride: readonly [number, number],
): readonly number[] {
  if (typeof pad === 'number') return [pad, pad, pad, pad];
  if (pad !== 'same') return pad;
  const total = [0, 1].map((i) => Math.max(0, (Math.ceil(size[i] / stride[i]) - 1) * stride[i] + kernel[i] - size[i]));
  const before = total.map((t) => Math.floor(t / 2));
  return [before[0], before[1], total[0] - before[0], total[1] - before[1]];
}

/** [b][a][...] -> [a][b][...] of data laid out with the channel axis first; `dims` is the result's shape. */
function swapLeadingAxes(data: Int16Array, dims: readonly number[]): Int16Array {
  const [a, b, ...rest] = dims;
  const inner = product(rest);
  const out = new Int16Array(data.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < inner; k++) out[(i * b + j) * inner + k] = data[(j * a + i) * inner + k];
    }
  }
  return out;
}
