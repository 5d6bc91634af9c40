/** Quantised detectors with decoding in floating point behind their heads, as exporters write it. */

import { encodeModel, floats, int64s } from './proto.js';
import type { AttributeSpec, NodeSpec, TensorSpec } from './proto.js';
import { Random } from './random.js';

type Attributes = Readonly<Record<string, AttributeSpec>>;

class DetectorBuilder {
  readonly #random: Random;
  readonly #nodes: NodeSpec[] = [];
  readonly #initializers: Record<string, TensorSpec> = {};
  #count = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  node(op: string, inputs: readonly string[], attributes: Attributes = {}, outputs = 1): string[] {
    const names = Array.from({ length: outputs }, () => `t${this.#count++}`);
    this.#nodes.push({ op, inputs, outputs: names, name: `${op}_${names[0]}`, attributes });
    return names;
  }

  one(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.node(op, inputs, attributes)[0];
  }

  constant(spec: TensorSpec): string {
    const name = `c${this.#count++}`;
    this.#initializers[name] = spec;
    return name;
  }

  numbers(dims: readonly number[], low: number, high: number): string {
    const n = dims.reduce((a, b) => a * b, 1);
    return this.constant(
      floats(
        [...dims],
        Array.from({ length: n }, () => this.#random.uniform(low, high)),
      ),
    );
  }

  scalar = (value: number): string => this.constant(floats([], [value]));

  #int8s(dims: readonly number[], low: number, high: number): string {
    const n = dims.reduce((a, b) => a * b, 1);
    return this.constant({
      type: 'int8',
      dims,
      data: Array.from({ length: n }, () => this.#random.integer(low, high)),
    });
  }

  /** Quantised and dequantised. */
  rounded(x: string, scale: number, zeroPoint = 0): string {
    const parameters = [this.scalar(scale), this.constant({ type: 'int8', dims: [], data: [zeroPoint] })];
    const codes = this.one('QuantizeLinear', [x, ...parameters]);
    return this.one('DequantizeLinear', [codes, ...parameters]);
  }

  /** A 3x3 convolution with int8 weights of a tensor of scale `read`; its result is quantised with `made`. */
  conv(
    x: string,
    from: number,
    to: number,
    scales: { read: number; made: number; zeroPoint?: number },
    stride = 1,
  ): string {
    const { read, made, zeroPoint = this.#random.integer(-20, 20) } = scales;
    const weightScale = 2 ** -9;
    const weights = this.one('DequantizeLinear', [this.#int8s([to, from, 3, 3], -127, 127), this.scalar(weightScale)]);
    // Biases that int32 holds exactly: rounding falls as in floating point.
    const step = Math.fround(read) * weightScale;
    const bias = this.constant(
      floats(
        [to],
        Array.from({ length: to }, () => Math.round(this.#random.uniform(-0.3, 0.3) / step) * step),
      ),
    );
    const attributes: Attributes = { pads: { ints: [1, 1, 1, 1] }, strides: { ints: [stride, stride] } };
    return this.rounded(this.one('Conv', [x, weights, bias], attributes), made, zeroPoint);
  }

  reshape(x: string, dims: readonly number[]): string {
    return this.one('Reshape', [x, this.constant(int64s([...dims]))]);
  }

  slice(x: string, axis: number, from: number, to: number): string {
    const bounds = [from, to, axis].map((v) => this.constant(int64s([v])));
    return this.one('Slice', [x, ...bounds]);
  }

  build(inputShape: readonly number[], outputs: readonly string[], input: string): Uint8Array {
    return encodeModel({
      name: 'detector',
      opset: 13,
      inputs: [{ name: input, type: 'float', shape: inputShape }],
      outputs: outputs.map((name) => ({ name, type: 'float', shape: null })),
      nodes: this.#nodes,
      initializers: this.#initializers,
    });
  }
}

/** Boxes from priors and Softmax over classes, on the anchors of two scales joined (SSD, UltraFace). */
export function ssdDetector(seed = 1): Uint8Array {
  const net = new DetectorBuilder(seed);
  const features = net.conv(net.rounded('x', 1 / 64), 3, 6, { read: 1 / 64, made: 1 / 24 }, 2);
  const small = net.conv(features, 6, 6, { read: 1 / 24, made: 1 / 24 }, 2);
  const heads = (x: string, size: number, anchors: number, width: number): string =>
    net.reshape(
      net.one('Transpose', [net.conv(x, 6, anchors * width, { read: 1 / 24, made: 1 / 20, zeroPoint: width })], {
        perm: { ints: [0, 2, 3, 1] },
      }),
      [1, size * size * anchors, width],
    );
  const total = 8 * 8 * 3 + 4 * 4 * 2;
  const join = (width: number): string =>
    net.one('Concat', [heads(features, 8, 3, width), heads(small, 4, 2, width)], { axis: { int: 1 } });
  const boxes = join(4);
  const scores = net.one('Softmax', [join(2)], { axis: { int: 2 } });
  const priors = (low: number, high: number): string => net.numbers([1, total, 2], low, high);
  const [middles, sizes] = [priors(0, 1), priors(0.05, 0.4)];
  const shift = net.one('Mul', [net.one('Mul', [net.slice(boxes, 2, 0, 2), net.scalar(0.1)]), sizes]);
  const grown = net.one('Exp', [net.one('Mul', [net.slice(boxes, 2, 2, 4), net.scalar(0.2)])]);
  const [centre, extent] = [net.one('Add', [shift, middles]), net.one('Mul', [grown, sizes])];
  const half = net.one('Div', [extent, net.scalar(2)]);
  const corners = net.one('Concat', [net.one('Sub', [centre, half]), net.one('Add', [centre, half])], {
    axis: { int: 2 },
  });
  return net.build([1, 3, 16, 16], [scores, corners], 'x');
}

/** Sigmoid, grid and anchors of two scales, flattened and joined (YOLOv5); `anchors` are 3 of 7 numbers each. */
export function yoloDetector(seed = 1): Uint8Array {
  const net = new DetectorBuilder(seed);
  const features = net.conv(net.rounded('x', 1 / 64), 3, 6, { read: 1 / 64, made: 1 / 24 }, 2);
  const small = net.conv(features, 6, 6, { read: 1 / 24, made: 1 / 24 }, 2);
  const decoded = (x: string, size: number, stride: number): string => {
    const raw = net.reshape(net.conv(x, 6, 21, { read: 1 / 24, made: 1 / 20 }), [1, 3, 7, size, size]);
    const y = net.one('Sigmoid', [net.one('Transpose', [raw], { perm: { ints: [0, 1, 3, 4, 2] } })]);
    const two = net.scalar(2);
    const grid = net.constant(
      floats(
        [1, 1, size, size, 2],
        Array.from({ length: size * size * 2 }, (_, i) =>
          i % 2 === 0 ? (i >> 1) % size : Math.floor((i >> 1) / size),
        ),
      ),
    );
    const doubled = net.one('Mul', [net.slice(y, 4, 0, 2), two]);
    const centre = net.one('Mul', [
      net.one('Add', [net.one('Sub', [doubled, net.scalar(0.5)]), grid]),
      net.scalar(stride),
    ]);
    const squared = net.one('Pow', [net.one('Mul', [net.slice(y, 4, 2, 4), two]), two]);
    const extent = net.one('Mul', [squared, net.numbers([1, 3, 1, 1, 2], 4, 30)]);
    const all = net.one('Concat', [centre, extent, net.slice(y, 4, 4, 7)], { axis: { int: 4 } });
    return net.reshape(all, [1, 3 * size * size, 7]);
  };
  const joined = net.one('Concat', [decoded(features, 8, 2), decoded(small, 4, 4)], { axis: { int: 1 } });
  return net.build([1, 3, 16, 16], [joined], 'x');
}

/** A classifier whose scores go through each function that a float tail knows, channels apart; then probabilities. */
export function functionsTail(seed = 1): Uint8Array {
  const net = new DetectorBuilder(seed);
  const features = net.conv(net.rounded('x', 1 / 64), 3, 5, { read: 1 / 64, made: 1 / 20 }, 2);
  const pooled = net.rounded(net.one('GlobalAveragePool', [features]), 1 / 40);
  const prelu = net.one('PRelu', [pooled, net.numbers([5, 1, 1], -0.5, 0.5)]);
  const parts = [
    net.one('Tanh', [pooled]),
    net.one('LeakyRelu', [pooled], { alpha: { float: 0.2 } }),
    net.one('HardSigmoid', [prelu], { alpha: { float: 0.25 }, beta: { float: 0.4 } }),
    net.one('Abs', [net.one('Neg', [pooled])]),
    net.one('Clip', [prelu, net.scalar(-0.1), net.scalar(0.3)]),
    net.one('Reciprocal', [net.one('Add', [net.one('Relu', [pooled]), net.scalar(0.5)])]),
    net.one('Max', [pooled, net.one('Min', [prelu, net.numbers([1, 5, 1, 1], -0.5, 0.5)])]),
  ];
  const joined = net.one('Flatten', [net.one('Concat', parts, { axis: { int: 1 } })]);
  const gathered = net.one('Gather', [joined, net.constant(int64s([34, 0, 7, 7, 12, 3]))], { axis: { int: 1 } });
  return net.build([1, 3, 16, 16], [joined, net.one('Softmax', [gathered], { axis: { int: 1 } })], 'x');
}
