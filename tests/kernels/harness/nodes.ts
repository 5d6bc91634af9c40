/** Graphs of a single node with random parameters. */

import type { ConvOp, Int8Graph, Int8Op, Int8Value, Rounding } from '../../../compiler/ir/int8-graph.js';
import type { Shape } from '../../../compiler/ir/tensor.js';
import { dilated, type Window } from '../../../compiler/ir/window.js';
import type { Random } from './random.js';
import { randomChannelRequant, randomRounding } from './requants.js';

/** A graph of one node with inputs 0..n-1 and output n. */
export function graphOf(op: Int8Op, inputs: readonly Shape[], output: Shape): Int8Graph {
  const shapes = [...inputs, output];
  return {
    name: 'test',
    values: new Map(
      shapes.map((shape, id) => [
        id,
        {
          id,
          name: `v${id}`,
          shape,
          dtype: id === inputs.length ? dtypeOf(op) : 'int8',
          quant: null,
          constant: null,
        },
      ]),
    ),
    nodes: [
      {
        id: 0,
        name: op.kind,
        op,
        inputs: inputs.map((_, id) => id),
        output: inputs.length,
        macs: 0,
        deviations: { off: 0, of: 0 },
      },
    ],
    inputs: [],
    outputs: [],
  };
}

/** A graph of one node with an epilogue, inputs 0..n-1 and output n. */
export function epilogueGraphOf(
  op: Int8Op,
  inputs: readonly { readonly shape: Shape; readonly wide: boolean }[],
  output: { readonly shape: Shape; readonly wide: boolean },
): Int8Graph {
  const graph = graphOf(
    op,
    inputs.map((i) => i.shape),
    output.shape,
  );
  const values = [...inputs, output].map(({ wide }, id): [number, Int8Value] => [
    id,
    { ...graph.values.get(id)!, dtype: wide ? 'int32' : 'int8' },
  ]);
  return { ...graph, values: new Map(values) };
}

const dtypeOf = ({ kind }: Int8Op) => (kind === 'argMax' ? 'int32' : kind === 'floatPixels' ? 'float32' : 'int8');

export const randomShape = (random: Random, size: number, channels: number): Shape => ({
  h: random.int(1, size),
  w: random.int(1, size),
  c: random.int(1, channels),
});

export interface WindowLimits {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pad: number;
}

/** A window that fits the image at least once. */
export function randomWindow(random: Random, input: Shape, limits: WindowLimits): Window {
  for (;;) {
    const kernel = (): number => random.int(1, limits.kernel);
    const pad = (): number => (random.chance(0.3) ? 0 : random.int(0, limits.pad));
    const window: Window = {
      kernelH: kernel(),
      kernelW: kernel(),
      strideH: random.int(1, limits.stride),
      strideW: random.int(1, limits.stride),
      dilationH: random.int(1, limits.dilation),
      dilationW: random.int(1, limits.dilation),
      padTop: pad(),
      padLeft: pad(),
      padBottom: pad(),
      padRight: pad(),
    };
    const { h, w } = windowOutput(window, input);
    if (h >= 1 && w >= 1) return window;
  }
}

export function windowOutput(w: Window, input: Shape): { h: number; w: number } {
  const along = (
    extent: number,
    before: number,
    after: number,
    kernel: number,
    dilation: number,
    stride: number,
  ): number => Math.floor((extent + before + after - dilated(kernel, dilation)) / stride) + 1;
  return {
    h: along(input.h, w.padTop, w.padBottom, w.kernelH, w.dilationH, w.strideH),
    w: along(input.w, w.padLeft, w.padRight, w.kernelW, w.dilationW, w.strideW),
  };
}

export interface ConvSpec {
  readonly kind?: ConvOp['kind'];
  readonly input: Shape;
  readonly output: Shape;
  readonly window: Window;
  readonly groups: number;
  readonly wide?: boolean;
  readonly rounding?: Rounding;
}

/** A convolution with random weights, bias and requantisation. */
export function convGraph(random: Random, spec: ConvSpec): Int8Graph {
  const { input, output, window, groups } = spec;
  const depth = window.kernelH * window.kernelW * (input.c / groups);
  const length = output.c * depth;
  const weights =
    spec.wide === true ? Int16Array.from({ length }, () => random.int(-255, 255)) : random.int8Array(length, -128, 127);
  const bias = Int32Array.from({ length: output.c }, () => random.int(-2000, 2000));
  const inputZeroPoint = random.int(-128, 127);
  const bounds = Array.from(bias, (b, o) =>
    Array.from(weights.subarray(o * depth, (o + 1) * depth)).reduce((sum, v) => sum + 128 * Math.abs(v), Math.abs(b)),
  );
  const op: ConvOp = {
    kind: spec.kind ?? 'conv2d',
    window,
    groups,
    weights,
    bias,
    inputZeroPoint,
    requant: randomChannelRequant(
      random,
      bounds.map((b) => Math.max(1, b)),
      spec.rounding ?? randomRounding(random),
    ),
  };
  return graphOf(op, [input], output);
}
