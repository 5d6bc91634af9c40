/**
 * Convolutions of real numbers, or of codes less their zero point, by the kernels. Sums of integers are exact: float32
 * holds every integer below 2^24, and weights whose sums could pass that are taken in two halves.
 */

import type { Shape } from '../../ir/tensor.js';
import type { Window } from '../../ir/window.js';
import { type Kernels, makeKernels, makeMemory, type Memory } from './kernels.js';

/** What a convolution is, weights aside. */
export interface Geometry {
  readonly kind: 'conv2d' | 'convTranspose2d';
  readonly window: Window;
  readonly groups: number;
  readonly outChannels: number;
}

/** Weights laid out for the kernels: as they are, or as 16 * parts[0] + parts[1]. */
export interface PackedWeights {
  readonly geometry: Geometry;
  readonly input: Shape;
  readonly parts: readonly Float32Array[];
}

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;

const isDepthwise = (g: Geometry, input: Shape): boolean =>
  g.kind === 'conv2d' && g.groups === input.c && g.outChannels === input.c && input.c > 1;

/** Consecutive taps of a row that one product takes: their input channels stand side by side. */
const joinsRow = (g: Geometry): boolean => g.kind === 'conv2d' && g.groups === 1 && g.window.dilationW === 1;

/** Sums stay below 2^24: |x - zero point| <= 255. */
const exactSum = 2 ** 24 / 255;

/** @param weights OHWI */
export function packWeights(geometry: Geometry, input: Shape, weights: ArrayLike<number>): PackedWeights {
  const integers = weights instanceof Int8Array || weights instanceof Int16Array;
  const length = weights.length / geometry.outChannels;
  let largest = 0;
  for (let o = 0; integers && o < geometry.outChannels; o++) {
    let sum = 0;
    for (let i = o * length; i < (o + 1) * length; i++) sum += Math.abs(weights[i]);
    largest = Math.max(largest, sum);
  }
  if (largest < exactSum) return { geometry, input, parts: [pack(geometry, input, weights)] };
  const high = Float32Array.from(weights, (w) => Math.round(w / 16));
  const low = Float32Array.from(weights, (w, i) => w - 16 * high[i]);
  return { geometry, input, parts: [pack(geometry, input, high), pack(geometry, input, low)] };
}

function pack(g: Geometry, input: Shape, weights: ArrayLike<number>): Float32Array {
  const { kernelH, kernelW } = g.window;
  const taps = kernelH * kernelW;
  if (isDepthwise(g, input)) {
    const width = roundUp(input.c, 4);
    const packed = new Float32Array(taps * width);
    for (let c = 0; c < input.c; c++) for (let t = 0; t < taps; t++) packed[t * width + c] = weights[c * taps + t];
    return packed;
  }
  // [group][tap][panel][in channel][8]
  const groupIn = input.c / g.groups;
  const groupOut = g.outChannels / g.groups;
  const panels = Math.ceil(groupOut / 8);
  const joined = joinsRow(g) ? kernelW : 1;
  const depth = joined * groupIn;
  const packed = new Float32Array(g.groups * taps * groupIn * panels * 8);
  for (let o = 0; o < g.outChannels; o++) {
    const group = Math.floor(o / groupOut);
    const inGroup = o - group * groupOut;
    for (let t = 0; t < taps; t++)
      for (let i = 0; i < groupIn; i++) {
        const row = (t % joined) * groupIn + i;
        const block = (group * taps) / joined + Math.floor(t / joined);
        const at = ((block * panels + (inGroup >> 3)) * depth + row) * 8 + (inGroup & 7);
        packed[at] = weights[(o * taps + t) * groupIn + i];
      }
  }
  return packed;
}

/** Floats of the kernels' memory, given out in a row and all taken back at once. */
class Scratch {
  readonly #memory: Memory;
  #floats: Float32Array;
  #used = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#floats = new Float32Array(memory.buffer);
  }

  reset(): void {
    this.#used = 0;
  }

  /** Index of the first of `count` floats; a few more than asked for may be read behind them. */
  take(count: number): number {
    const at = this.#used;
    this.#used = roundUp(at + count + 16, 16);
    const missing = this.#used * 4 - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.max(Math.ceil(missing / 65536), 256));
    if (this.#floats.buffer !== this.#memory.buffer) this.#floats = new Float32Array(this.#memory.buffer);
    return at;
  }

  get floats(): Float32Array {
    return this.#floats;
  }
}

/** Executes convolutions and products of matrices; results are views that the next call overwrites. */
export class Convolver {
  readonly #scratch: Scratch;
  readonly #kernels: Kernels;

  constructor() {
    const memory = makeMemory();
    this.#scratch = new Scratch(memory);
    this.#kernels = makeKernels(memory);
  }

  /** Sums over taps of (x - zeroPoint) * w without bias, HWC; padding adds nothing. */
  convolve(
    packed: PackedWeights,
    x: Float32Array | Int8Array,
    zeroPoint: number,
    output: Shape,
  ): Float32Array | Float64Array {
    if (packed.parts.length === 1) return this.#part(packed, packed.parts[0], x, zeroPoint, output);
    const high = Float64Array.from(this.#part(packed, packed.parts[0], x, zeroPoint, output), (v) => 16 * v);
    const low = this.#part(packed, packed.parts[1], x, zeroPoint, output);
    for (let i = 0; i < high.length; i++) high[i] += low[i];
    return high;
  }

  #part(packed: PackedWeights, weights: Float32Array, x: Float32Array | Int8Array, zeroPoint: number, output: Shape) {
    const { geometry: g, input } = packed;
    this.#scratch.reset();
    if (isDepthwise(g, input)) return this.#depthwise(packed, weights, x, zeroPoint, output);
    return g.kind === 'conv2d'
      ? this.#grouped(packed, weights, x, zeroPoint, output)
      : this.#transposed(packed, weights, x, zeroPoint, output);
  }

  /** The image with its padding and `width` floats a pixel, in the kernels' memory. */
  #padded(x: Float32Array | Int8Array, zeroPoint: number, s: Shape, pads: Pads, width: number): number {
    const rows = s.h + pads.top + pads.bottom;
    const columns = s.w + pads.left + pads.right;
    const at = this.#scratch.take(rows * columns * width);
    const { floats } = this.#scratch;
    const plain = width === s.c && rows === s.h && columns === s.w;
    if (plain && zeroPoint === 0) {
      floats.set(x, at);
      return at;
    }
    if (plain) {
      for (let i = 0; i < x.length; i++) floats[at + i] = x[i] - zeroPoint;
      return at;
    }
    floats.fill(0, at, at + rows * columns * width);
    for (let y = 0, i = 0; y < s.h; y++)
      for (let column = 0; column < s.w; column++) {
        const to = at + ((y + pads.top) * columns + column + pads.left) * width;
        for (let c = 0; c < s.c; c++, i++) floats[to + c] = x[i] - zeroPoint;
      }
    return at;
  }

  #weights(weights: Float32Array): number {
    const at = this.#scratch.take(weights.length);
    this.#scratch.floats.set(weights, at);
    return at;
  }

  #depthwise(
    { geometry, input }: PackedWeights,
    weights: Float32Array,
    x: Float32Array | Int8Array,
    zeroPoint: number,
    output: Shape,
  ): Float32Array {
    const { window: w } = geometry;
    const width = roundUp(input.c, 4);
    const pads = padsOf(w, input, output);
    const columns = input.w + pads.left + pads.right;
    const from = this.#padded(x, zeroPoint, input, pads, width);
    const taps = this.#weights(weights);
    const out = this.#scratch.take(output.h * output.w * width);
    this.#kernels.depthwise(
      4 * from,
      4 * w.strideH * columns * width,
      4 * w.strideW * width,
      4 * taps,
      4 * w.dilationH * columns * width,
      4 * w.dilationW * width,
      4 * out,
      output.h,
      output.w,
      w.kernelH,
      w.kernelW,
      width / 4,
    );
    return this.#dense(out, output.h * output.w, width, 1, input.c);
  }

  /** Results of `groups` groups of `width` floats a pixel, of which the first `channels` count. */
  #dense(at: number, pixels: number, width: number, groups: number, channels: number): Float32Array {
    const { floats } = this.#scratch;
    if (width === channels) return floats.subarray(at, at + pixels * groups * width);
    const dense = new Float32Array(pixels * groups * channels);
    for (let p = 0; p < pixels * groups; p++)
      for (let c = 0; c < channels; c++) dense[p * channels + c] = floats[at + p * width + c];
    return dense;
  }

  #grouped(
    packed: PackedWeights,
    weights: Float32Array,
    x: Float32Array | Int8Array,
    zeroPoint: number,
    output: Shape,
  ): Float32Array {
    const { geometry: g, input } = packed;
    const { window: w, groups } = g;
    const pads = padsOf(w, input, output);
    const columns = input.w + pads.left + pads.right;
    const groupIn = input.c / groups;
    const groupOut = g.outChannels / groups;
    const panels = Math.ceil(groupOut / 8);
    const joined = joinsRow(g) ? w.kernelW : 1;
    const depth = joined * groupIn;
    const from = this.#padded(x, zeroPoint, input, pads, input.c);
    const b = this.#weights(weights);
    const pixelOut = groups * panels * 8;
    const out = this.#scratch.take(output.h * output.w * pixelOut);
    // A pointwise convolution is one product; others one for each output row, kernel row (and column, and group).
    const isWhole = w.kernelH * w.kernelW * w.strideH * w.strideW === 1 && columns === input.w && output.h === input.h;
    const [rows, width] = isWhole ? [1, output.h * output.w] : [output.h, output.w];
    for (let y = 0; y < rows; y++)
      for (let group = 0; group < groups; group++)
        for (let ky = 0; ky < w.kernelH; ky++)
          for (let kx = 0; kx < w.kernelW; kx += joined) {
            const row = y * w.strideH + ky * w.dilationH;
            const block = (group * w.kernelH * w.kernelW + ky * w.kernelW + kx) / joined;
            this.#kernels.product(
              4 * (from + (row * columns + kx * w.dilationW) * input.c + group * groupIn),
              4 * w.strideW * input.c,
              4,
              4 * (b + block * panels * depth * 8),
              32,
              32 * depth,
              4 * (out + y * width * pixelOut + group * panels * 8),
              4 * pixelOut,
              width,
              panels,
              depth,
              ky + kx === 0 ? 0 : 1,
            );
          }
    return this.#dense(out, output.h * output.w, panels * 8, groups, groupOut);
  }

  #transposed(
    packed: PackedWeights,
    weights: Float32Array,
    x: Float32Array | Int8Array,
    zeroPoint: number,
    output: Shape,
  ): Float32Array {
    const { geometry: g, input } = packed;
    const { window: w, groups } = g;
    const groupIn = input.c / groups;
    const groupOut = g.outChannels / groups;
    const panels = Math.ceil(groupOut / 8);
    const from = this.#padded(x, zeroPoint, input, { top: 0, bottom: 0, left: 0, right: 0 }, input.c);
    const b = this.#weights(weights);
    const taps = w.kernelH * w.kernelW;
    const product = this.#scratch.take(input.h * input.w * panels * 8);
    const out = new Float32Array(output.h * output.w * g.outChannels);
    for (let group = 0; group < groups; group++)
      for (let tap = 0; tap < taps; tap++) {
        const block = b + (group * taps + tap) * panels * groupIn * 8;
        const a = 4 * (from + group * groupIn);
        const [size, c] = [panels * 8, 4 * product];
        this.#kernels.product(
          a,
          4 * input.c,
          4,
          4 * block,
          32,
          32 * groupIn,
          c,
          4 * size,
          input.h * input.w,
          panels,
          groupIn,
          0,
        );
        const { floats } = this.#scratch;
        const [ky, kx] = [Math.floor(tap / w.kernelW), tap % w.kernelW];
        for (let y = 0; y < input.h; y++) {
          const oy = y * w.strideH - w.padTop + ky * w.dilationH;
          if (oy < 0 || oy >= output.h) continue;
          for (let column = 0; column < input.w; column++) {
            const ox = column * w.strideW - w.padLeft + kx * w.dilationW;
            if (ox < 0 || ox >= output.w) continue;
            const to = (oy * output.w + ox) * g.outChannels + group * groupOut;
            const at = product + (y * input.w + column) * size;
            for (let o = 0; o < groupOut; o++) out[to + o] += floats[at + o];
          }
        }
      }
    return out;
  }

  /** A * B of row-major matrices, rows x depth and depth x columns. */
  multiply(a: Matrix, b: Matrix, rows: number, depth: number, columns: number): Float32Array {
    return this.#product(a, [4 * depth, 4], b, rows, depth, columns);
  }

  /** Xt * Y of row-major matrices of as many rows: columns of X x columns of Y. */
  crossProduct(x: Matrix, y: Matrix, rows: number): Float32Array {
    const columns = x.length / rows;
    return this.#product(x, [4, 4 * columns], y, columns, rows, y.length / rows);
  }

  /** `steps`: from row to row of the first factor and along its depth, in bytes. */
  #product(
    a: Matrix,
    [aRow, aStep]: readonly [number, number],
    b: Matrix,
    rows: number,
    depth: number,
    columns: number,
  ): Float32Array {
    this.#scratch.reset();
    const width = roundUp(columns, 8);
    const aAt = this.#scratch.take(a.length);
    // Columns beyond the last are computed of what follows in memory, and left.
    const bAt = this.#scratch.take(b.length);
    const c = this.#scratch.take(rows * width);
    const { floats } = this.#scratch;
    floats.set(a, aAt);
    floats.set(b, bAt);
    this.#kernels.product(4 * aAt, aRow, aStep, 4 * bAt, 4 * columns, 32, 4 * c, 4 * width, rows, width / 8, depth, 0);
    if (width === columns) return floats.slice(c, c + rows * width);
    const out = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[i * columns + j] = floats[c + i * width + j];
    return out;
  }
}

/** A product takes its factors in float32. */
type Matrix = Float32Array | Float64Array;

interface Pads {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Padding in front as the window has it, behind as much as its last position reads. */
function padsOf(w: Window, input: Shape, output: Shape): Pads {
  const behind = (
    out: number,
    stride: number,
    kernel: number,
    dilation: number,
    before: number,
    extent: number,
  ): number => Math.max((out - 1) * stride + (kernel - 1) * dilation + 1 - before - extent, 0);
  return {
    top: w.padTop,
    left: w.padLeft,
    bottom: behind(output.h, w.strideH, w.kernelH, w.dilationH, w.padTop, input.h),
    right: behind(output.w, w.strideW, w.kernelW, w.dilationW, w.padLeft, input.w),
  };
}
