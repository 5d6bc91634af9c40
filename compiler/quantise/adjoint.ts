/**
 * Derivatives of a float network's nodes, transposed: from the gradient of a node's result to those of its inputs. With a
 * random vector at the outputs, the gradient's squares are what an error of each element costs there.
 */

import {
  type Binary,
  type Conv2d,
  type ConvTranspose2d,
  type Graph,
  type Node,
  type Resize,
  type Unary,
  valueOfGraph,
} from '../ir/graph.js';
import { evaluate } from '../ir/evaluate.js';
import { elements, type Shape } from '../ir/tensor.js';
import { concat, gather, pad, resizeNearest, slice, transpose } from '../reference/int8/move.js';
import { forEachTap } from '../reference/int8/conv.js';
import { poolDivisor } from '../reference/int8/pool.js';
import { type Convolver, type PackedWeights, packWeights } from './engine/convolver.js';

type Gradient = Float32Array;

export class Adjoint {
  readonly #graph: Graph;
  readonly #convolver: Convolver;
  readonly #packed = new Map<Node, PackedWeights>();
  readonly #sources = new Map<Node, Float64Array>();
  readonly #slopes = new Map<Node, SlopeTable>();

  constructor(graph: Graph, convolver: Convolver) {
    this.#graph = graph;
    this.#convolver = convolver;
  }

  /** One gradient an input, or null where the result does not depend on it smoothly. */
  inputGradients(
    node: Node,
    inputs: readonly Float32Array[],
    output: Float32Array,
    gradient: Gradient,
  ): readonly (Gradient | null)[] {
    const { op } = node;
    const shapes = node.inputs.map((id) => valueOfGraph(this.#graph, id).shape);
    const shape = valueOfGraph(this.#graph, node.output).shape;
    const g = 'clamp' in op ? insideClamp(gradient, output, op.clamp) : gradient;
    switch (op.kind) {
      case 'conv2d':
        return [this.#convolution(node, op, g, shapes[0], shape)];
      case 'convTranspose2d':
        return [
          this.#convolver.convolve(this.#packedOf(node, op, shape, 'conv2d'), g, 0, shapes[0]).slice() as Gradient,
        ];
      case 'binary':
        return binary(op, inputs, output, shapes, shape, g);
      case 'unary':
        return [this.#unary(node, op, inputs[0], g)];
      case 'prelu':
        return [g.map((v, i) => (inputs[0][i] < 0 ? v * op.slopes[i % shape.c] : v))];
      case 'maxPool':
      case 'averagePool':
        return [pool(op, inputs[0], g, shapes[0], shape)];
      case 'softmax':
        return [softmax(op.log, output, g, shape.c)];
      case 'argMax':
        return [null];
      case 'resize':
        if (op.mode === 'linear') return [resizeLinear(op, g, shapes[0], shape)];
        break;
    }
    return this.#moved(node, shapes, shape, g);
  }

  /** Weights with input and output channels swapped, for the opposite kind of convolution. */
  #packedOf(
    node: Node,
    op: Conv2d | ConvTranspose2d,
    reads: Shape,
    kind: 'conv2d' | 'convTranspose2d',
    flipped = false,
  ): PackedWeights {
    let known = this.#packed.get(node);
    if (known === undefined) {
      const { window: w, groups, outChannels } = op;
      const inChannels = valueOfGraph(this.#graph, node.inputs[0]).shape.c;
      const swapped = swapChannels(op, inChannels, flipped);
      const window = flipped
        ? {
            ...w,
            strideH: 1,
            strideW: 1,
            padTop: (w.kernelH - 1) * w.dilationH - w.padTop,
            padLeft: (w.kernelW - 1) * w.dilationW - w.padLeft,
          }
        : w;
      known = packWeights({ kind, window, groups, outChannels: inChannels }, { ...reads, c: outChannels }, swapped);
      this.#packed.set(node, known);
    }
    return known;
  }

  #convolution(node: Node, op: Conv2d, g: Gradient, input: Shape, output: Shape): Gradient {
    const { window: w } = op;
    const canFlip = (w.kernelH - 1) * w.dilationH >= w.padTop && (w.kernelW - 1) * w.dilationW >= w.padLeft;
    if (!canFlip) {
      const packed = this.#packedOf(node, op, output, 'convTranspose2d');
      return Float32Array.from(this.#convolver.convolve(packed, g, 0, input));
    }
    // A strided convolution's transpose is a plain one of the gradient with zeros between its elements.
    const spread = { h: (output.h - 1) * w.strideH + 1, w: (output.w - 1) * w.strideW + 1, c: output.c };
    const packed = this.#packedOf(node, op, spread, 'conv2d', true);
    const sums = this.#convolver.convolve(packed, spreadOut(g, output, spread, w.strideH, w.strideW), 0, input);
    return Float32Array.from(sums);
  }

  #unary(node: Node, op: Unary, x: Float32Array, g: Gradient): Gradient {
    let table = this.#slopes.get(node);
    if (table === undefined || !table.covers(x)) {
      table = new SlopeTable(op, x);
      this.#slopes.set(node, table);
    }
    const { slope } = table;
    return g.map((v, i) => v * slope(x[i]));
  }

  /** Where each element of a move's result comes from; its gradient goes there. */
  #moved(node: Node, shapes: readonly Shape[], output: Shape, g: Gradient): readonly Gradient[] {
    let sources = this.#sources.get(node);
    if (sources === undefined) {
      let first = 1;
      const indices = shapes.map((s) => Float64Array.from({ length: elements(s) }, () => first++));
      sources = moveIndices(node, indices, shapes, output);
      this.#sources.set(node, sources);
    }
    const gradients = shapes.map((s) => new Float32Array(elements(s)));
    const starts: number[] = [];
    let start = 1;
    for (const s of shapes) {
      starts.push(start);
      start += elements(s);
    }
    for (let i = 0; i < g.length; i++) {
      const from = sources[i];
      if (from <= 0) continue;
      let k = starts.length - 1;
      while (starts[k] > from) k--;
      gradients[k][from - starts[k]] += g[i];
    }
    return gradients;
  }
}

function insideClamp(
  g: Gradient,
  output: Float32Array,
  { min, max }: { readonly min: number; readonly max: number },
): Gradient {
  if (min === -Infinity && max === Infinity) return g;
  return g.map((v, i) => (output[i] <= min || output[i] >= max ? 0 : v));
}

function swapChannels(
  { weights, window, groups, outChannels }: Conv2d | ConvTranspose2d,
  inChannels: number,
  flipped: boolean,
): Float32Array {
  const taps = window.kernelH * window.kernelW;
  const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
  const swapped = new Float32Array(weights.data.length);
  for (let o = 0; o < outChannels; o++) {
    const group = Math.floor(o / groupOut);
    for (let t = 0; t < taps; t++)
      for (let i = 0; i < groupIn; i++) {
        const tap = flipped ? taps - 1 - t : t;
        const to = ((group * groupIn + i) * taps + tap) * groupOut + (o - group * groupOut);
        swapped[to] = weights.data[(o * taps + t) * groupIn + i];
      }
  }
  return swapped;
}

function spreadOut(g: Gradient, from: Shape, to: Shape, strideH: number, strideW: number): Gradient {
  if (strideH === 1 && strideW === 1) return g;
  const out = new Float32Array(elements(to));
  for (let y = 0, i = 0; y < from.h; y++)
    for (let x = 0; x < from.w; x++) {
      const at = (y * strideH * to.w + x * strideW) * to.c;
      for (let c = 0; c < to.c; c++) out[at + c] = g[i++];
    }
  return out;
}

/** Derivatives of a function at points of an interval. */
class SlopeTable {
  readonly #low: number;
  readonly #high: number;
  readonly #perUnit: number;
  readonly #slopes: Float64Array;

  constructor({ expr }: Unary, x: Float32Array) {
    const low = x.reduce((m, v) => Math.min(m, v), Infinity);
    const high = x.reduce((m, v) => Math.max(m, v), -Infinity);
    const margin = (high - low) / 2 + 1e-6;
    this.#low = low - margin;
    this.#high = high + margin;
    const points = 4096;
    this.#perUnit = points / (this.#high - this.#low);
    const values = Float64Array.from({ length: points + 1 }, (_, i) => evaluate(expr, this.#low + i / this.#perUnit));
    this.#slopes = Float64Array.from({ length: points }, (_, i) => {
      const slope = (values[i + 1] - values[i]) * this.#perUnit;
      return Number.isFinite(slope) ? slope : 0;
    });
  }

  covers(x: Float32Array): boolean {
    return x.every((v) => v >= this.#low && v < this.#high);
  }

  slope = (x: number): number => this.#slopes[Math.floor((x - this.#low) * this.#perUnit)] ?? 0;
}

function binary(
  op: Binary,
  inputs: readonly Float32Array[],
  output: Float32Array,
  shapes: readonly Shape[],
  shape: Shape,
  g: Gradient,
): readonly Gradient[] {
  const [a, b] = inputs;
  const gradients = shapes.map((s) => new Float32Array(elements(s)));
  const strides = shapes.map((s) => [s.h === 1 ? 0 : s.w * s.c, s.w === 1 ? 0 : s.c, s.c === 1 ? 0 : 1]);
  for (let y = 0, i = 0; y < shape.h; y++)
    for (let x = 0; x < shape.w; x++)
      for (let c = 0; c < shape.c; c++, i++) {
        const [p, q] = strides.map(([h, w, k]) => y * h + x * w + c * k);
        const v = g[i];
        if (v === 0) continue;
        const [da, db] = partials(op.fn, a[p], b[q], output[i]);
        gradients[0][p] += v * da;
        gradients[1][q] += v * db;
      }
  return gradients;
}

function partials(fn: Binary['fn'], a: number, b: number, result: number): readonly [number, number] {
  switch (fn) {
    case 'add':
      return [1, 1];
    case 'sub':
      return [1, -1];
    case 'mul':
      return [b, a];
    case 'div':
      return [1 / b, -result / b];
    case 'min':
      return a <= b ? [1, 0] : [0, 1];
    case 'max':
      return a >= b ? [1, 0] : [0, 1];
  }
}

function pool(
  op: Extract<Node['op'], { kind: 'maxPool' | 'averagePool' }>,
  x: Float32Array,
  g: Gradient,
  input: Shape,
  output: Shape,
): Gradient {
  const out = new Float32Array(x.length);
  const { c } = input;
  for (let oy = 0, at = 0; oy < output.h; oy++)
    for (let ox = 0; ox < output.w; ox++, at += c) {
      if (op.kind === 'averagePool') {
        const share = 1 / poolDivisor(op.window, input, op.countIncludePad, oy, ox);
        forEachTap(op, input, oy, ox, (pixel) => {
          for (let k = 0; k < c; k++) out[pixel * c + k] += g[at + k] * share;
        });
        continue;
      }
      const best = new Int32Array(c).fill(-1);
      forEachTap(op, input, oy, ox, (pixel) => {
        for (let k = 0; k < c; k++) if (best[k] < 0 || x[pixel * c + k] > x[best[k]]) best[k] = pixel * c + k;
      });
      for (let k = 0; k < c; k++) if (best[k] >= 0) out[best[k]] += g[at + k];
    }
  return out;
}

function softmax(log: boolean, y: Float32Array, g: Gradient, channels: number): Gradient {
  const out = new Float32Array(g.length);
  for (let from = 0; from < g.length; from += channels) {
    let sum = 0;
    for (let c = from; c < from + channels; c++) sum += log ? g[c] : g[c] * y[c];
    for (let c = from; c < from + channels; c++) out[c] = log ? g[c] - Math.exp(y[c]) * sum : y[c] * (g[c] - sum);
  }
  return out;
}

function resizeLinear({ rows, columns }: Resize, g: Gradient, input: Shape, output: Shape): Gradient {
  const out = new Float32Array(elements(input));
  const { c } = input;
  for (let y = 0, at = 0; y < output.h; y++)
    for (let x = 0; x < output.w; x++, at += c) {
      const [fy, fx] = [rows.weight1[y] / rows.denominator, columns.weight1[x] / columns.denominator];
      for (const [row, wy] of [
        [rows.index0[y], 1 - fy],
        [rows.index1[y], fy],
      ])
        for (const [column, wx] of [
          [columns.index0[x], 1 - fx],
          [columns.index1[x], fx],
        ]) {
          const weight = wy * wx;
          if (weight === 0) continue;
          const to = (row * input.w + column) * c;
          for (let k = 0; k < c; k++) out[to + k] += g[at + k] * weight;
        }
    }
  return out;
}

/** A move of element numbers instead of elements; 0 where none is read. */
function moveIndices(node: Node, indices: Float64Array[], shapes: readonly Shape[], output: Shape): Float64Array {
  const { op } = node;
  const [x] = indices;
  const [shape] = shapes;
  switch (op.kind) {
    case 'concat':
      return concat(op.axis, indices, shapes, output);
    case 'slice':
      return slice(op.start, op.step, x, shape, output);
    case 'pad':
      return pad(op, 0, x, shape, output);
    case 'transpose':
      return transpose(op.dims, op.perm, x);
    case 'gather':
      return gather(op.axis, op.indices, x, shape, output);
    case 'resize':
      return resizeNearest(op.rows.index0, op.columns.index0, x, shape, output);
    case 'reshape':
      return x;
    default:
      throw new Error(`${op.kind} is no move`);
  }
}
