/**
 * Random quantised networks as TensorRT-style quantisers, NNCF and people write them: what stands between a
 * DequantizeLinear and the next QuantizeLinear is a cluster of several operators in floating point.
 */

import { encodeModel, floats } from './proto.js';
import type { AttributeSpec, NodeSpec, TensorSpec } from './proto.js';
import { Random } from './random.js';

interface Tensor {
  /** Real. */
  readonly name: string;
  readonly c: number;
  readonly h: number;
  readonly w: number;
  /** About the largest magnitude. */
  readonly reach: number;
}

const kinds = [
  'relu',
  'leaky',
  'clip',
  'sigmoid',
  'silu',
  'hardSwish',
  'tanh',
  'gelu',
  'prelu',
  'batchNorm',
  'scale',
  'residual',
  'gate',
  'conv',
] as const;
type Kind = (typeof kinds)[number];

export interface ClusterOptions {
  /** The last cluster ends without a QuantizeLinear. */
  readonly floatOutput?: boolean;
  readonly clusters?: number;
}

class ClusterBuilder {
  readonly #random: Random;
  readonly #nodes: NodeSpec[] = [];
  readonly #initializers: Record<string, TensorSpec> = {};
  #count = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  build(options: ClusterOptions): Uint8Array {
    const r = this.#random;
    const input: Tensor = { name: 'x', c: r.integer(2, 6), h: r.integer(5, 9), w: r.integer(5, 9), reach: 1 };
    let x = this.quantised(input);
    const clusters = options.clusters ?? r.integer(1, 3);
    for (let i = 0; i < clusters; i++) {
      const real = this.#cluster(x, options.floatOutput === true && i === clusters - 1);
      x = options.floatOutput === true && i === clusters - 1 ? real : this.quantised(real);
    }
    const shape = (t: Tensor): number[] => [1, t.c, t.h, t.w];
    const perm = options.floatOutput === true ? r.pick([null, [0, 1, 3, 2], [0, 3, 1, 2]]) : null;
    this.#nodes.push(
      perm === null
        ? { op: 'Identity', inputs: [x.name], outputs: ['y'], name: 'out' }
        : { op: 'Transpose', inputs: [x.name], outputs: ['y'], name: 'out', attributes: { perm: { ints: perm } } },
    );
    return encodeModel({
      name: 'clusters',
      opset: 20,
      inputs: [{ name: 'x', type: 'float', shape: shape(input) }],
      outputs: [{ name: 'y', type: 'float', shape: null }],
      initializers: this.#initializers,
      nodes: this.#nodes,
    });
  }

  #unique(stem: string): string {
    return `${stem}_${this.#count++}`;
  }

  #constant(spec: TensorSpec): string {
    const name = this.#unique('c');
    this.#initializers[name] = spec;
    return name;
  }

  #node(op: string, inputs: readonly string[], attributes: Record<string, AttributeSpec> = {}): string {
    const name = this.#unique(op.toLowerCase());
    this.#nodes.push({ op, inputs, outputs: [name], name: `${op}_${this.#count}`, attributes });
    return name;
  }

  #scale(value: number): number {
    const r = this.#random;
    // Powers of two meet exact ties, round decimals ties but for the rounding of float32.
    const kind = r.integer(0, 3);
    if (kind === 0) return 2 ** Math.round(Math.log2(value));
    return kind === 1 ? Math.fround(Number(value.toPrecision(1))) : Math.fround(value);
  }

  /** QuantizeLinear and DequantizeLinear. */
  quantised(x: Tensor): Tensor {
    const r = this.#random;
    const scale = this.#constant(floats([], [this.#scale((x.reach * r.uniform(0.6, 1.2)) / 128)]));
    const zero = this.#constant({ dims: [], type: 'int8', data: [r.integer(-20, 20)] });
    const codes = this.#node('QuantizeLinear', [x.name, scale, zero]);
    return { ...x, name: this.#node('DequantizeLinear', [codes, scale, zero]) };
  }

  #weights(dims: readonly number[], rms: number, axis: number): string {
    const r = this.#random;
    const perChannel = r.integer(0, 2) > 0;
    const count = perChannel ? dims[axis] : 1;
    const size = dims.reduce((a, b) => a * b, 1);
    const codes = this.#constant({
      dims,
      type: 'int8',
      data: Array.from({ length: size }, () => r.integer(-127, 127)),
    });
    const scales = Array.from({ length: count }, () => this.#scale((rms / 73) * r.uniform(0.6, 1.4)));
    const scale = this.#constant(floats(perChannel ? [count] : [], scales));
    const zero = this.#constant({
      dims: perChannel ? [count] : [],
      type: 'int8',
      data: new Array<number>(count).fill(0),
    });
    return this.#node('DequantizeLinear', [codes, scale, zero], perChannel ? { axis: { int: axis } } : {});
  }

  /** A convolution of any kind on quantised x; `like`: of the output's shape. */
  #conv(x: Tensor, like?: Tensor): Tensor {
    const r = this.#random;
    const kind =
      like !== undefined
        ? 'plain'
        : r.pick(['plain', 'plain', 'pointwise', 'depthwise', 'grouped', 'transposed'] as const);
    const k = kind === 'pointwise' ? 1 : r.pick([1, 3]);
    const groups = kind === 'depthwise' ? x.c : kind === 'grouped' && x.c % 2 === 0 ? 2 : 1;
    const out = like?.c ?? (kind === 'depthwise' ? x.c : groups * r.integer(1, 6));
    const stride = like === undefined && kind !== 'transposed' && x.h > 4 && x.w > 4 ? r.integer(1, 2) : 1;
    const pad = (k - 1) / 2;
    const bias =
      r.integer(0, 3) > 0
        ? [
            this.#constant(
              floats(
                [out],
                Array.from({ length: out }, () => r.uniform(-1, 1)),
              ),
            ),
          ]
        : [];
    const depth = (k * k * x.c) / groups;
    const rms = r.uniform(0.7, 1.5) / Math.sqrt(depth);
    const shape = { h: Math.floor((x.h + 2 * pad - k) / stride) + 1, w: Math.floor((x.w + 2 * pad - k) / stride) + 1 };
    const pads = { pads: { ints: [pad, pad, pad, pad] } };
    if (kind === 'transposed') {
      const weights = this.#weights([x.c, out, k, k], rms, 1);
      return { c: out, h: x.h, w: x.w, reach: 2, name: this.#node('ConvTranspose', [x.name, weights, ...bias], pads) };
    }
    const weights = this.#weights([out, x.c / groups, k, k], rms, 0);
    const attributes = { ...pads, strides: { ints: [stride, stride] }, group: { int: groups } };
    return { c: out, ...shape, reach: 2, name: this.#node('Conv', [x.name, weights, ...bias], attributes) };
  }

  /** `isOutput`: nothing quantises it, and then the largest of real numbers has no integer form. */
  #cluster(x: Tensor, isOutput: boolean): Tensor {
    const r = this.#random;
    let t = this.#conv(x);
    const count = r.integer(1, 3);
    for (let i = 0; i < count; i++) t = this.#then(t, r.pick(kinds), x);
    const end = r.integer(0, 6);
    if (end === 0) return { ...t, h: 1, w: 1, name: this.#node('GlobalAveragePool', [t.name]) };
    if (end === 1 && t.h > 2 && t.w > 2 && !isOutput)
      return {
        ...t,
        h: t.h - 1,
        w: t.w - 1,
        name: this.#node('MaxPool', [t.name], { kernel_shape: { ints: [2, 2] } }),
      };
    return t;
  }

  #perChannel(c: number, low: number, high: number): string {
    const r = this.#random;
    return this.#constant(
      floats(
        [c],
        Array.from({ length: c }, () => r.uniform(low, high)),
      ),
    );
  }

  #then(t: Tensor, kind: Kind, x: Tensor): Tensor {
    const r = this.#random;
    const unary = (op: string, attributes: Record<string, AttributeSpec> = {}, reach = t.reach): Tensor => ({
      ...t,
      reach,
      name: this.#node(op, [t.name], attributes),
    });
    switch (kind) {
      case 'relu':
        return unary('Relu');
      case 'leaky':
        return unary('LeakyRelu', { alpha: { float: r.pick([0.01, 0.1, 0.25]) } });
      case 'clip':
        return {
          ...t,
          name: this.#node('Clip', [
            t.name,
            this.#constant(floats([], [0])),
            this.#constant(floats([], [r.pick([1, 6])])),
          ]),
        };
      case 'sigmoid':
        return unary('Sigmoid', {}, 1);
      case 'silu':
        return { ...t, name: this.#node('Mul', [t.name, this.#node('Sigmoid', [t.name])]) };
      case 'hardSwish':
        return unary('HardSwish');
      case 'tanh':
        return unary('Tanh', {}, 1);
      case 'gelu':
        return unary('Gelu');
      case 'prelu': {
        const slopes = this.#constant(
          floats(
            [t.c, 1, 1],
            Array.from({ length: t.c }, () => r.uniform(-0.2, 0.5)),
          ),
        );
        return { ...t, name: this.#node('PRelu', [t.name, slopes]) };
      }
      case 'batchNorm':
        return {
          ...t,
          name: this.#node('BatchNormalization', [
            t.name,
            this.#perChannel(t.c, 0.5, 1.5),
            this.#perChannel(t.c, -0.5, 0.5),
            this.#perChannel(t.c, -0.5, 0.5),
            this.#perChannel(t.c, 0.5, 1.5),
          ]),
        };
      case 'scale':
        return { ...t, name: this.#node('Mul', [t.name, this.#constant(floats([], [r.uniform(0.3, 1.5)]))]) };
      case 'residual': {
        // The input where it has the shape, else another convolution of it, quantised or not.
        const same = t.c === x.c && t.h === x.h && t.w === x.w;
        if (!same && (t.h !== x.h || t.w !== x.w)) return t;
        const other = same && r.integer(0, 1) === 0 ? x : this.#conv(x, t);
        const b = other === x || r.integer(0, 1) === 0 ? other : this.quantised(other);
        const names = r.integer(0, 1) === 0 ? [t.name, b.name] : [b.name, t.name];
        return { ...t, reach: t.reach + b.reach, name: this.#node(r.pick(['Add', 'Add', 'Sub']), names) };
      }
      case 'gate': {
        // Squeeze and excitation from the quantised input.
        const pooled = this.quantised({
          ...x,
          h: 1,
          w: 1,
          reach: x.reach / 2,
          name: this.#node('GlobalAveragePool', [x.name]),
        });
        const logits = this.#conv(pooled, { ...t, h: 1, w: 1 });
        const gate = { ...logits, reach: 1, name: this.#node(r.pick(['Sigmoid', 'HardSigmoid']), [logits.name]) };
        const g = r.integer(0, 1) === 0 ? gate : this.quantised(gate);
        return { ...t, name: this.#node('Mul', [t.name, g.name]) };
      }
      case 'conv': {
        // The cluster before ends here.
        return this.#conv(this.quantised(t));
      }
    }
  }
}

/** A random network of clusters, one input x, one output y. */
export const clusterNetwork = (seed: number, options: ClusterOptions = {}): Uint8Array =>
  new ClusterBuilder(seed).build(options);
