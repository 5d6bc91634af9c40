/** Hand-made integer graphs with real geometry and trivial arithmetic, for tests of schedules and plans. */

import type {
  ChannelRequant,
  ConvOp,
  Int8Graph,
  Int8Node,
  Int8Op,
  Int8Value,
  ValueId,
} from '../../../compiler/ir/int8-graph.js';
import type { Shape } from '../../../compiler/ir/tensor.js';
import { type Window, unitWindow } from '../../../compiler/ir/window.js';

const quant = { scale: Math.fround(0.05), zeroPoint: 0 };

/** Builds a graph node by node; every value is int8. */
export class GraphBuilder {
  private readonly values = new Map<ValueId, Int8Value>();
  private readonly nodes: Int8Node[] = [];
  private readonly inputIds: ValueId[] = [];

  input(shape: Shape): ValueId {
    const id = this.value(shape);
    this.inputIds.push(id);
    return id;
  }

  node(op: Int8Op, inputs: readonly ValueId[], shape: Shape, macs = 0): ValueId {
    const output = this.value(shape);
    this.nodes.push({
      id: this.nodes.length,
      name: `${op.kind}_${this.nodes.length}`,
      op,
      inputs,
      output,
      macs,
      deviations: { off: 0, of: 1 },
    });
    return output;
  }

  shape(id: ValueId): Shape {
    return this.values.get(id)!.shape;
  }

  conv(input: ValueId, outChannels: number, window: Partial<Window> = {}, groups = 1): ValueId {
    const w = { ...unitWindow, ...window };
    const s = this.shape(input);
    const out = {
      h: windowOut(s.h, w.kernelH, w.strideH, w.dilationH, w.padTop + w.padBottom),
      w: windowOut(s.w, w.kernelW, w.strideW, w.dilationW, w.padLeft + w.padRight),
      c: outChannels,
    };
    const perChannel = (w.kernelH * w.kernelW * s.c) / groups;
    const weights = Int8Array.from(
      { length: outChannels * perChannel },
      (_, i) => ((i * 37 + outChannels * 11) % 15) - 7,
    );
    const op: ConvOp = {
      kind: 'conv2d',
      window: w,
      groups,
      weights,
      bias: new Int32Array(outChannels).map((_, i) => (i % 7) * 16 - 40),
      inputZeroPoint: 0,
      requant: requant(outChannels, 1 / (4 * Math.sqrt(perChannel))),
    };
    return this.node(op, [input], out, out.h * out.w * outChannels * perChannel);
  }

  depthwise(input: ValueId, kernel: number, stride: number): ValueId {
    const pad = (kernel - 1) >> 1;
    const c = this.shape(input).c;
    return this.conv(
      input,
      c,
      {
        kernelH: kernel,
        kernelW: kernel,
        strideH: stride,
        strideW: stride,
        padTop: pad,
        padLeft: pad,
        padBottom: pad,
        padRight: pad,
      },
      c,
    );
  }

  add(a: ValueId, b: ValueId): ValueId {
    return this.node(
      {
        kind: 'add',
        rounding: 'fixed',
        multiplierA: 1 << 18,
        multiplierB: 1 << 18,
        addend: 0,
        shift: 19,
        exact: null,
        zeroPoint: 0,
        clampMin: -128,
        clampMax: 127,
      },
      [a, b],
      this.shape(a),
    );
  }

  globalAverage(input: ValueId): ValueId {
    const s = this.shape(input);
    return this.node(
      {
        kind: 'averagePool',
        window: { ...unitWindow, kernelH: s.h, kernelW: s.w },
        countIncludePad: false,
        inputZeroPoint: 0,
        divisors: Int32Array.of(s.h * s.w),
        requants: [
          {
            rounding: 'fixed',
            multiplier: Math.round(2 ** 30 / (s.h * s.w)),
            leftShift: 6,
            shift: 4,
            exact: null,
            zeroPoint: 0,
            clampMin: -128,
            clampMax: 127,
          },
        ],
      },
      [input],
      { h: 1, w: 1, c: s.c },
    );
  }

  /** MobileNetV2's inverted residual. */
  block(input: ValueId, outChannels: number, expand: number, kernel: number, stride: number): ValueId {
    const s = this.shape(input);
    const wide = expand === 1 ? input : this.conv(input, s.c * expand);
    const narrow = this.conv(this.depthwise(wide, kernel, stride), outChannels);
    return stride === 1 && outChannels === s.c ? this.add(input, narrow) : narrow;
  }

  build(outputs: readonly ValueId[]): Int8Graph {
    const io = (value: ValueId): { value: ValueId; name: string; layout: never } => ({
      value,
      name: `t${value}`,
      layout: layoutOf(this.shape(value)) as never,
    });
    return {
      name: 'net',
      values: this.values,
      nodes: this.nodes,
      inputs: this.inputIds.map(io),
      outputs: outputs.map(io),
    };
  }

  private value(shape: Shape): ValueId {
    const id = this.values.size;
    this.values.set(id, { id, name: `t${id}`, shape, dtype: 'int8', quant, constant: null });
    return id;
  }
}

const windowOut = (size: number, kernel: number, stride: number, dilation: number, pads: number): number =>
  Math.floor((size + pads - (kernel - 1) * dilation - 1) / stride) + 1;

const layoutOf = (s: Shape): unknown => ({
  onnxShape: [1, s.c, s.h, s.w],
  factors: [s.h, s.w, s.c],
  order: [2, 0, 1],
  onnxDType: 'int8',
});

/** Fixed rounding with n = 6 and the accumulator shifted left by 6: any scale below 1/2. */
function requant(channels: number, scale: number): ChannelRequant {
  const multiplier = Math.min(2 ** 31 - 1, Math.round(scale * 2 ** 32));
  return {
    rounding: 'fixed',
    multipliers: new Int32Array(channels).fill(multiplier),
    leftShift: 6,
    shift: 6,
    even: null,
    exact: null,
    zeroPoint: 0,
    clampMin: -128,
    clampMax: 127,
  };
}
