/**
 * Which channels of a value hold one and the same code at every position, for every input of the network. Follows
 * the nodes in order; where it does not know, a channel counts as varying.
 */

import { linearCode } from '../../numerics/resize.js';
import { addCodes, requantise, requantiseChannel } from '../../numerics/apply.js';
import { epilogueOf, valueOf, type ConvOp, type Int8Graph, type Int8Node } from '../../ir/int8-graph.js';
import { elements, type Shape } from '../../ir/tensor.js';
import { concat, gather, pad, resizeNearest, slice, transpose } from '../../reference/int8/move.js';
import { poolDivisor } from '../../reference/int8/pool.js';
import { borderClasses, type TapSet } from './borders.js';

/** The code of each channel, NaN where it varies. */
export type ChannelCodes = Float64Array;

const varying = (channels: number): ChannelCodes => new Float64Array(channels).fill(NaN);

/** The code that all of a channel's elements share, NaN if they differ or one of them varies. */
function uniform(data: ArrayLike<number>, channels: number): ChannelCodes {
  const codes = varying(channels);
  for (let c = 0; c < channels; c++) {
    codes[c] = data[c];
    for (let i = c; i < data.length; i += channels) if (data[i] !== codes[c]) codes[c] = NaN;
  }
  return codes;
}

/** Codes of a value that no node makes: a constant, or an input of the network. */
export function sourceCodes(graph: Int8Graph, id: number): ChannelCodes {
  const { constant, shape } = valueOf(graph, id);
  return constant === null ? varying(shape.c) : uniform(constant, shape.c);
}

/** Codes of a node's output from those of its inputs. */
export function constantCodes(graph: Int8Graph, node: Int8Node, inputs: readonly ChannelCodes[]): ChannelCodes {
  const { op } = node;
  const output = valueOf(graph, node.output).shape;
  const shapes = node.inputs.map((id) => valueOf(graph, id).shape);
  const [x, y] = inputs;
  const each = (f: (code: number, c: number) => number): ChannelCodes =>
    x.map((code, c) => (Number.isNaN(code) ? NaN : f(code, c)));
  const pairs = (f: (a: number, b: number) => number): ChannelCodes =>
    varying(output.c).map((_, c) => f(x[x.length === 1 ? 0 : c], y[y.length === 1 ? 0 : c]));
  // Rarely constant, and never worth the search.
  if (epilogueOf(op) !== null) return varying(output.c);
  switch (op.kind) {
    case 'conv2d':
      return convolution(op, x, shapes[0], output);
    case 'convTranspose2d':
      return transposedConvolution(op, x, output.c);
    case 'add':
      return pairs((a, b) => (Number.isNaN(a + b) ? NaN : addCodes(op, a, b)));
    case 'mul':
      // Zero times anything is zero.
      return pairs((a, b) => {
        if (a === op.zeroPointA || b === op.zeroPointB) return requantise(0, op.requant);
        return Number.isNaN(a + b) ? NaN : requantise((a - op.zeroPointA) * (b - op.zeroPointB), op.requant);
      });
    case 'min':
      return pairs((a, b) => Math.min(a, b));
    case 'max':
      return pairs((a, b) => Math.max(a, b));
    case 'lut':
      return each((code) => op.table[code + 128]);
    case 'prelu':
      return each((code, c) => {
        const acc = code - op.inputZeroPoint;
        return acc >= 0 ? requantise(acc, op.positive) : requantiseChannel(acc, op.negative, c);
      });
    case 'maxPool':
      return each((code) => Math.min(Math.max(code, op.clampMin), op.clampMax));
    case 'averagePool': {
      const cases = poolCases(op.window, shapes[0], output, op.countIncludePad);
      return each((code) =>
        single(
          cases.map(({ inside, divisor }) =>
            requantise(inside * (code - op.inputZeroPoint), op.requants[op.divisors.indexOf(divisor)]),
          ),
        ),
      );
    }
    case 'resize': {
      const { linear } = op;
      if (linear === null)
        return moved(inputs, shapes, output, ([a]) =>
          resizeNearest(op.rows.index0, op.columns.index0, a, shapes[0], output),
        );
      const weight = op.rows.denominator * op.columns.denominator;
      // In doubt, float32's noise may differ from pixel to pixel.
      return each((code) => linearCode(weight * (code - op.inputZeroPoint), weight, linear) ?? NaN);
    }
    case 'concat':
      return moved(inputs, shapes, output, (tensors) => concat(op.axis, tensors, shapes, output));
    case 'slice':
      return moved(inputs, shapes, output, ([a]) => slice(op.start, op.step, a, shapes[0], output));
    case 'pad':
      return moved(inputs, shapes, output, ([a]) => pad(op, op.value, a, shapes[0], output));
    case 'transpose':
      return moved(inputs, shapes, output, ([a]) => transpose(op.dims, op.perm, a));
    case 'gather':
      return moved(inputs, shapes, output, ([a]) => gather(op.axis, op.indices, a, shapes[0], output));
    case 'reshape':
      return moved(inputs, shapes, output, ([a]) => a);
    case 'softmax':
    case 'logSoftmax':
    case 'argMax':
    case 'elementwise':
    case 'poolSums':
    case 'floatPixels':
      return varying(output.c);
  }
}

const single = (codes: readonly number[]): number => (codes.every((q) => q === codes[0]) ? codes[0] : NaN);

/** Moves a tensor that holds each channel's code at every position. */
function moved(
  inputs: readonly ChannelCodes[],
  shapes: readonly Shape[],
  output: Shape,
  move: (tensors: Float64Array[]) => Float64Array,
): ChannelCodes {
  const tensors = inputs.map((codes, i) =>
    Float64Array.from({ length: elements(shapes[i]) }, (_, e) => codes[e % codes.length]),
  );
  return uniform(move(tensors), output.c);
}

/** A channel whose weights all meet constants, and whose border classes all agree. */
function convolution(op: ConvOp, x: ChannelCodes, input: Shape, output: Shape): ChannelCodes {
  const classes = borderClasses(op.window, input, output);
  return varying(output.c).map((_, o) => {
    let code = NaN;
    for (const taps of classes) {
      const acc = accumulator(op, x, o, output.c, taps);
      if (acc === null) return NaN;
      const q = requantiseChannel(acc, op.requant, o);
      if (!Number.isNaN(code) && q !== code) return NaN;
      code = q;
    }
    return code;
  });
}

/** The accumulator where these taps are inside the image, or null if a varying channel has a weight there. */
export function accumulator(op: ConvOp, x: ChannelCodes, o: number, outChannels: number, taps: TapSet): number | null {
  const groupIn = x.length / op.groups;
  const firstIn = Math.floor(o / (outChannels / op.groups)) * groupIn;
  const length = taps.length * groupIn;
  let acc = op.bias[o];
  for (let i = 0; i < length; i++) {
    const w = op.weights[o * length + i];
    if (w === 0) continue;
    const code = taps[Math.floor(i / groupIn)] ? x[firstIn + (i % groupIn)] : op.inputZeroPoint;
    if (Number.isNaN(code)) return null;
    acc += w * code;
  }
  return acc;
}

/** Constant where every weight meets the zero point: taps without an input pixel count as it, too. */
function transposedConvolution(op: ConvOp, x: ChannelCodes, outChannels: number): ChannelCodes {
  const all = new Array<boolean>(op.window.kernelH * op.window.kernelW).fill(true);
  const neutral = x.map((code) => (code === op.inputZeroPoint ? code : NaN));
  return varying(outChannels).map((_, o) => {
    const acc = accumulator(op, neutral, o, outChannels, all);
    return acc === null ? NaN : requantiseChannel(acc, op.requant, o);
  });
}

/** How many taps are inside, and the divisor, for each kind of output position. */
function poolCases(
  w: Parameters<typeof poolDivisor>[0],
  input: Shape,
  output: Shape,
  includePad: boolean,
): { inside: number; divisor: number }[] {
  const cases = new Map<string, { inside: number; divisor: number }>();
  for (let oy = 0; oy < output.h; oy++) {
    for (let ox = 0; ox < output.w; ox++) {
      const found = {
        inside: poolDivisor(w, input, false, oy, ox),
        divisor: poolDivisor(w, input, includePad, oy, ox),
      };
      cases.set(`${found.inside}/${found.divisor}`, found);
    }
  }
  return [...cases.values()];
}
