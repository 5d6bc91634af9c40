/** Small networks with branches, for tests of views, lifetimes and plans. */

import type { ConvOp, Int8Graph, Requant, ValueId } from '../../../compiler/ir/int8-graph.js';
import type { Shape } from '../../../compiler/ir/tensor.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { GraphBuilder } from '../schedule/graphs.js';

export class BranchBuilder extends GraphBuilder {
  concat(axis: 'h' | 'w' | 'c', inputs: readonly ValueId[]): ValueId {
    const shape = { ...this.shape(inputs[0]) };
    shape[axis] = inputs.reduce((sum, id) => sum + this.shape(id)[axis], 0);
    return this.node({ kind: 'concat', axis }, inputs, shape);
  }

  slice(input: ValueId, start: Partial<Shape>, shape: Partial<Shape>, step: Partial<Shape> = {}): ValueId {
    const one = { h: 1, w: 1, c: 1 };
    return this.node({ kind: 'slice', start: { h: 0, w: 0, c: 0, ...start }, step: { ...one, ...step } }, [input], {
      ...this.shape(input),
      ...shape,
    });
  }

  reshape(input: ValueId, shape: Shape): ValueId {
    return this.node({ kind: 'reshape' }, [input], shape);
  }

  table(input: ValueId): ValueId {
    return this.node({ kind: 'lut', table: new Int8Array(256) }, [input], this.shape(input));
  }

  transpose(input: ValueId): ValueId {
    const { h, w, c } = this.shape(input);
    return this.node({ kind: 'transpose', dims: [h, w, c], perm: [1, 0, 2] }, [input], { h: w, w: h, c });
  }

  conv3(input: ValueId, outChannels: number, stride = 1): ValueId {
    return this.conv(input, outChannels, {
      ...unitWindow,
      kernelH: 3,
      kernelW: 3,
      strideH: stride,
      strideW: stride,
      padTop: 1,
      padLeft: 1,
      padBottom: 1,
      padRight: 1,
    });
  }

  /** Averages (3x3, stride 1) or maxima (2x2, stride 2), padded. */
  pool(input: ValueId, kind: 'maxPool' | 'averagePool'): ValueId {
    const { h, w, c } = this.shape(input);
    if (kind === 'maxPool') {
      const window = { ...unitWindow, kernelH: 2, kernelW: 2, strideH: 2, strideW: 2, padBottom: 1, padRight: 1 };
      return this.node({ kind, window, clampMin: -128, clampMax: 127 }, [input], {
        h: (h + 1) >> 1,
        w: (w + 1) >> 1,
        c,
      });
    }
    const window = { ...unitWindow, kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 };
    const divisors = Int32Array.of(1, 2, 3, 4, 6, 9);
    const requants = [...divisors].map((d) => requant(Math.floor(2 ** 31 / d) - 1, 0, 1));
    return this.node({ kind, window, countIncludePad: false, inputZeroPoint: 0, divisors, requants }, [input], {
      h,
      w,
      c,
    });
  }

  /** Elementwise product with a tensor of the same shape, or with one value for each channel. */
  mul(a: ValueId, b: ValueId): ValueId {
    return this.node(
      { kind: 'mul', zeroPointA: 1, zeroPointB: -2, requant: requant(2 ** 30, 0, 5) },
      [a, b],
      this.shape(a),
    );
  }

  max(a: ValueId, b: ValueId): ValueId {
    return this.node({ kind: 'max' }, [a, b], this.shape(a));
  }

  pad(input: ValueId): ValueId {
    const { h, w, c } = this.shape(input);
    return this.node(
      { kind: 'pad', mode: 'edge', before: { h: 1, w: 0, c: 0 }, after: { h: 0, w: 2, c: 0 }, value: 0 },
      [input],
      { h: h + 1, w: w + 2, c },
    );
  }

  /** Channels in reverse order. */
  reverseChannels(input: ValueId): ValueId {
    const { c } = this.shape(input);
    return this.node(
      { kind: 'gather', axis: 'c', indices: Int32Array.from({ length: c }, (_, i) => c - 1 - i) },
      [input],
      this.shape(input),
    );
  }

  /** Twice the height and width, by a 3x3 transposed convolution. */
  deconv(input: ValueId, outChannels: number): ValueId {
    const { h, w, c } = this.shape(input);
    const window = { ...unitWindow, kernelH: 3, kernelW: 3, strideH: 2, strideW: 2, padTop: 1, padLeft: 1 };
    const op: ConvOp = {
      kind: 'convTranspose2d',
      window,
      groups: 1,
      inputZeroPoint: 0,
      bias: new Int32Array(outChannels),
      weights: Int8Array.from({ length: outChannels * 9 * c }, (_, i) => ((i * 31) % 13) - 6),
      requant: { ...requant(0, 0, 6), multipliers: new Int32Array(outChannels).fill(2 ** 30), even: null, exact: null },
    };
    return this.node(op, [input], { h: 2 * h, w: 2 * w, c: outChannels }, h * w * 9 * c * outChannels);
  }

  upsample(input: ValueId): ValueId {
    const { h, w, c } = this.shape(input);
    const axis = (n: number) => ({
      index0: Int32Array.from({ length: 2 * n }, (_, i) => i >> 1),
      index1: Int32Array.from({ length: 2 * n }, (_, i) => i >> 1),
      weight1: new Int32Array(2 * n),
      denominator: 1,
      float1: new Float32Array(2 * n),
    });
    return this.node(
      { kind: 'resize', mode: 'nearest', rows: axis(h), columns: axis(w), inputZeroPoint: 0, linear: null },
      [input],
      { h: 2 * h, w: 2 * w, c },
    );
  }
}

const requant = (multiplier: number, leftShift: number, shift: number): Requant => ({
  rounding: 'fixed',
  multiplier,
  leftShift,
  shift,
  exact: null,
  zeroPoint: 0,
  clampMin: -128,
  clampMax: 127,
});

/** SqueezeNet's fire module: two convolutions side by side. */
export function fire(): Int8Graph {
  const b = new BranchBuilder();
  const x = b.input({ h: 8, w: 8, c: 16 });
  const squeeze = b.conv(x, 4);
  const joined = b.concat('c', [b.conv(squeeze, 12), b.conv3(squeeze, 12)]);
  return b.build([b.conv(joined, 2)]);
}

/** ShuffleNetV2's unit: one half passes, the other is convolved. */
export function shuffle(): Int8Graph {
  const b = new BranchBuilder();
  const x = b.conv(b.input({ h: 8, w: 8, c: 3 }), 16);
  const pass = b.slice(x, { c: 0 }, { c: 8 });
  const work = b.slice(x, { c: 8 }, { c: 8 });
  const joined = b.concat('c', [pass, b.conv(b.depthwise(b.conv(work, 8), 3, 1), 8)]);
  return b.build([b.conv(joined, 4)]);
}

/** A U-Net of one level: a large skip connection that is joined late. */
export function unet(): Int8Graph {
  const b = new BranchBuilder();
  const x = b.input({ h: 16, w: 16, c: 2 });
  const skip = b.conv3(x, 8);
  const down = b.conv3(skip, 8, 2);
  const deep = b.conv3(b.conv3(down, 48), 8);
  const joined = b.concat('c', [skip, b.upsample(deep)]);
  return b.build([b.conv(joined, 2)]);
}

/** Two detection heads whose boxes are reshaped and joined to one list. */
export function heads(): Int8Graph {
  const b = new BranchBuilder();
  const x = b.conv3(b.input({ h: 16, w: 16, c: 3 }), 8, 2);
  const y = b.conv3(x, 8, 2);
  const first = b.reshape(b.conv(x, 8), { h: 1, w: 128, c: 4 });
  const second = b.reshape(b.conv(y, 8), { h: 1, w: 32, c: 4 });
  return b.build([b.concat('w', [first, second])]);
}

/** Inverted residuals and a classifier. */
export function residual(): Int8Graph {
  const b = new BranchBuilder();
  let x = b.conv3(b.input({ h: 32, w: 32, c: 3 }), 8, 2);
  x = b.block(x, 8, 6, 3, 1);
  x = b.block(x, 16, 6, 5, 2);
  x = b.block(x, 16, 3, 3, 1);
  return b.build([b.conv(b.globalAverage(x), 10)]);
}
