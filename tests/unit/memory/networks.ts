/** Small networks with branches, for tests of views, lifetimes and plans. */

import type { Int8Graph, ValueId } from '../../../compiler/ir/int8-graph.js';
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
    return this.node({ kind: 'slice', start: { h: 0, w: 0, c: 0, ...start }, step: { ...one, ...step } }, [input], { ...this.shape(input), ...shape });
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
    return this.conv(input, outChannels, { ...unitWindow, kernelH: 3, kernelW: 3, strideH: stride, strideW: stride, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 });
  }

  upsample(input: ValueId): ValueId {
    const { h, w, c } = this.shape(input);
    const axis = (n: number) => ({
      index0: Int32Array.from({ length: 2 * n }, (_, i) => i >> 1), index1: Int32Array.from({ length: 2 * n }, (_, i) => i >> 1),
      weight1: new Int32Array(2 * n), denominator: 1,
    });
    return this.node({ kind: 'resize', mode: 'nearest', rows: axis(h), columns: axis(w), inputZeroPoint: 0, requant: null }, [input], { h: 2 * h, w: 2 * w, c });
  }
}

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
