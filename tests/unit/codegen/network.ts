/** Builds integer programs node by node, with seeded weights and scales that keep activations in range. */

import type { ChannelRequant, Int8Graph, Int8Node, Int8Op, Int8Value } from '../../../compiler/ir/int8-graph.js';
import type { Shape } from '../../../compiler/ir/tensor.js';
import { unitWindow, type Window } from '../../../compiler/ir/window.js';

export interface ConvSpec {
  readonly kernel?: number;
  readonly stride?: number;
  /** Padding on each side; by default the kernel's half. */
  readonly pad?: number;
  readonly channels?: number;
  readonly depthwise?: boolean;
}

export class NetworkBuilder {
  private readonly values = new Map<number, Int8Value>();
  private readonly nodes: Int8Node[] = [];
  private readonly inputs: number[] = [];
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 2654435761 + 12345) >>> 0;
  }

  /** Uniform in [0, n). */
  random(n: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * n);
  }

  codes(count: number): Int8Array {
    return Int8Array.from({ length: count }, () => this.random(255) - 127);
  }

  input(h: number, w: number, c: number): number {
    const id = this.value(`input${this.inputs.length}`, { h, w, c });
    this.inputs.push(id);
    return id;
  }

  constant(h: number, w: number, c: number): number {
    return this.value('constant', { h, w, c }, { constant: this.codes(h * w * c) });
  }

  conv(input: number, spec: ConvSpec): number {
    const { h, w, c } = this.shape(input);
    const k = spec.kernel ?? 1;
    const stride = spec.stride ?? 1;
    const pad = spec.pad ?? Math.floor(k / 2);
    const channels = spec.depthwise === true ? c : (spec.channels ?? c);
    const taps = k * k * (spec.depthwise === true ? 1 : c);
    const window: Window = {
      ...unitWindow,
      kernelH: k,
      kernelW: k,
      strideH: stride,
      strideW: stride,
      padTop: pad,
      padLeft: pad,
      padBottom: pad,
      padRight: pad,
    };
    const out = (extent: number): number => Math.floor((extent + 2 * pad - k) / stride) + 1;
    const op: Int8Op = {
      kind: 'conv2d',
      window,
      groups: spec.depthwise === true ? c : 1,
      weights: this.codes(channels * taps),
      bias: Int32Array.from({ length: channels }, () => this.random(4000) - 2000),
      inputZeroPoint: -3,
      requant: this.requant(channels, taps),
    };
    const shape = { h: out(h), w: out(w), c: channels };
    return this.node(
      spec.depthwise === true ? 'depthwise' : 'conv',
      op,
      [input],
      shape,
      shape.h * shape.w * channels * taps,
    );
  }

  add(a: number, b: number): number {
    const op: Int8Op = {
      kind: 'add',
      rounding: 'fixed',
      multiplierA: 45000,
      multiplierB: 45000,
      addend: 3 * 90000,
      shift: 16,
      exact: null,
      zeroPoint: -3,
      clampMin: -128,
      clampMax: 127,
    };
    return this.node('add', op, [a, b], this.shape(a), 0);
  }

  globalPool(input: number): number {
    const { h, w, c } = this.shape(input);
    const shift = Math.max(1, Math.ceil(Math.log2(h * w)) - 2);
    const requant = {
      rounding: 'fixed',
      multiplier: Math.round(2 ** (32 + shift) / (h * w)),
      leftShift: 0,
      shift,
      exact: null,
      zeroPoint: -3,
      clampMin: -128,
      clampMax: 127,
    } as const;
    const op: Int8Op = {
      kind: 'averagePool',
      window: { ...unitWindow, kernelH: h, kernelW: w },
      countIncludePad: false,
      inputZeroPoint: -3,
      divisors: Int32Array.of(h * w),
      requants: [requant],
    };
    return this.node('pool', op, [input], { h: 1, w: 1, c }, 0);
  }

  maxPool(input: number, kernel: number, stride: number): number {
    const { h, w, c } = this.shape(input);
    const out = (extent: number): number => Math.floor((extent - kernel) / stride) + 1;
    const window = { ...unitWindow, kernelH: kernel, kernelW: kernel, strideH: stride, strideW: stride };
    return this.node(
      'maxpool',
      { kind: 'maxPool', window, clampMin: -128, clampMax: 127 },
      [input],
      { h: out(h), w: out(w), c },
      0,
    );
  }

  /** Nearest, twice the size. */
  upsample(input: number): number {
    const { h, w, c } = this.shape(input);
    const axis = (extent: number) => ({
      index0: Int32Array.from({ length: 2 * extent }, (_, i) => i >> 1),
      index1: new Int32Array(2 * extent),
      weight1: new Int32Array(2 * extent),
      denominator: 1,
      float1: new Float32Array(2 * extent),
    });
    const op: Int8Op = {
      kind: 'resize',
      mode: 'nearest',
      rows: axis(h),
      columns: axis(w),
      inputZeroPoint: -3,
      linear: null,
    };
    return this.node('upsample', op, [input], { h: 2 * h, w: 2 * w, c }, 0);
  }

  concat(inputs: readonly number[]): number {
    const { h, w } = this.shape(inputs[0]);
    const c = inputs.reduce((sum, id) => sum + this.shape(id).c, 0);
    return this.node('concat', { kind: 'concat', axis: 'c' }, inputs, { h, w, c }, 0);
  }

  argMax(input: number): number {
    const { h, w } = this.shape(input);
    return this.node('argmax', { kind: 'argMax', lastIndex: false }, [input], { h, w, c: 1 }, 0, 'int32');
  }

  build(outputs: readonly number[]): Int8Graph {
    const io = (value: number) => {
      const { h, w, c } = this.shape(value);
      return {
        value,
        name: this.values.get(value)!.name,
        layout: { onnxShape: [1, c, h, w], factors: [h, w, c], order: [2, 0, 1], onnxDType: 'float32' as const },
      };
    };
    return {
      name: 'network',
      values: this.values,
      nodes: this.nodes,
      inputs: this.inputs.map(io),
      outputs: outputs.map(io),
    };
  }

  private requant(channels: number, taps: number): ChannelRequant {
    const scale = 0.013 / Math.sqrt(taps);
    const shift = Math.min(20, Math.max(1, Math.floor(Math.log2(2 ** 30 / (scale * 2 ** 32)))));
    return {
      rounding: 'fixed',
      multipliers: Int32Array.from({ length: channels }, () =>
        Math.round(scale * 2 ** (32 + shift) * (0.7 + this.random(300) / 1000)),
      ),
      leftShift: 0,
      shift,
      even: null,
      exact: null,
      zeroPoint: -3,
      clampMin: -128,
      clampMax: 127,
    };
  }

  private node(
    name: string,
    op: Int8Op,
    inputs: readonly number[],
    shape: Shape,
    macs: number,
    dtype: 'int8' | 'int32' = 'int8',
  ): number {
    const id = this.nodes.length;
    const output = this.value(`${name}_${id}`, shape, { dtype });
    this.nodes.push({ id, name: `${name}_${id}`, op, inputs, output, macs, deviations: { off: 0, of: 1 } });
    return output;
  }

  private value(name: string, shape: Shape, more: Partial<Int8Value> = {}): number {
    const id = this.values.size;
    const quant = more.dtype === 'int32' ? null : { scale: Math.fround(0.05), zeroPoint: -3 };
    this.values.set(id, { id, name, shape, dtype: 'int8', quant, constant: null, ...more });
    return id;
  }

  private shape(id: number): Shape {
    return this.values.get(id)!.shape;
  }
}

/** A residual block network: stem, inverted residuals, a pyramid join, pooling and classifier; two outputs. */
export function sampleNetwork(seed: number): Int8Graph {
  const b = new NetworkBuilder(seed);
  const image = b.input(19, 19, 3);
  const stem = b.conv(image, { kernel: 3, stride: 2, channels: 8 });
  const wide = b.conv(stem, { channels: 24 });
  const deep = b.conv(wide, { kernel: 3, depthwise: true });
  const block = b.add(stem, b.conv(deep, { channels: 8 }));
  const down = b.conv(b.conv(b.conv(block, { channels: 16 }), { kernel: 5, stride: 2, depthwise: true }), {
    channels: 12,
  });
  const pooled = b.maxPool(down, 2, 1);
  const joined = b.concat([b.upsample(pooled), b.conv(b.maxPool(block, 3, 1), { channels: 5 })]);
  const head = b.conv(b.add(joined, b.constant(1, 1, 17)), { kernel: 3, channels: 6 });
  const scores = b.conv(b.globalPool(down), { channels: 7 });
  return b.build([scores, head, b.argMax(head)]);
}
