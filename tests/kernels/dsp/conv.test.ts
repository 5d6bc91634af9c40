import { describe, expect, it } from 'vitest';
import type { ConvOp, Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { unitWindow, type Window } from '../../../compiler/ir/window.js';
import { type KernelCase, randomCases } from '../harness/case.js';
import { convGraph, randomShape, randomWindow, windowOutput } from '../harness/nodes.js';
import { type Random, seeded } from '../harness/random.js';
import { available, runKernelCases } from '../harness/run.js';

const random = seeded(11);
const headers = ['rv_kernels_dsp.h'];

/** A graph whose second channels leave room for the first ones' in 16 bits. */
function narrow(graph: Int8Graph): Int8Graph {
  const [node] = graph.nodes;
  const op = node.op as ConvOp;
  return { ...graph, nodes: [{ ...node, op: { ...op, weights: (op.weights as Int8Array).map((w) => Math.max(w, -127)) } }] };
}

function conv1x1(r: Random): Int8Graph {
  const input = randomShape(r, 8, 70);
  const window: Window = { ...unitWindow, strideH: r.int(1, 2), strideW: r.int(1, 2) };
  return convGraph(r, { input, output: { ...windowOutput(window, input), c: r.int(1, 21) }, window, groups: 1 });
}

const divisors = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

function general(r: Random): Int8Graph {
  const input = { ...randomShape(r, 9, 1), c: r.pick([1, 2, 3, 3, 4, 5, 8, 12]) };
  const limits = r.chance(0.5) ? { kernel: 3, stride: 2, dilation: 1, pad: 1 } : { kernel: 5, stride: 3, dilation: 2, pad: 4 };
  const window = r.chance(0.2) ? { ...randomWindow(r, input, { ...limits, kernel: 1 }), kernelH: 1, kernelW: 1 } : randomWindow(r, input, limits);
  const groups = r.chance(0.6) ? 1 : r.pick(divisors(input.c).filter((d) => d === 1 || d < input.c));
  return convGraph(r, { input, output: { ...windowOutput(window, input), c: groups * r.int(1, Math.ceil(12 / groups)) }, window, groups });
}

/** First layers: 3x3 over colour, 10x4 over one channel. */
function first(r: Random, i: number): Int8Graph {
  const colour = i % 2 === 0;
  const input = { h: r.int(3, 13), w: r.int(4, 13), c: colour ? 3 : 1 };
  const [kernelH, kernelW] = colour ? [3, 3] : [10, 4];
  const pad = r.int(0, 1);
  const window: Window = {
    kernelH, kernelW, strideH: r.int(1, 2), strideW: r.int(1, 2), dilationH: 1, dilationW: 1,
    padTop: colour ? pad : 4, padLeft: pad, padBottom: colour ? 1 : 5, padRight: 1,
  };
  return convGraph(r, { input, output: { ...windowOutput(window, input), c: r.int(1, 9) }, window, groups: 1 });
}

/** Kernels up to `size`, images from smaller than the kernel to several groups of columns. */
function depthwise(size: number, strideW: number): (r: Random) => Int8Graph {
  return (r) => {
    const input = { h: r.int(1, 12), w: r.int(1, 19), c: r.int(2, 13) };
    const square = r.chance(0.6);
    const kernelH = square ? size : r.int(1, size);
    const kernelW = square ? size : r.int(1, size);
    const pad = (kernel: number): number => (r.chance(0.6) ? kernel >> 1 : r.int(0, kernel + 1));
    for (;;) {
      const window: Window = {
        kernelH, kernelW, strideH: r.chance(0.6) ? strideW : r.int(1, 3), strideW, dilationH: 1, dilationW: 1,
        padTop: pad(kernelH), padLeft: pad(kernelW), padBottom: pad(kernelH), padRight: pad(kernelW),
      };
      const output = { ...windowOutput(window, input), c: input.c };
      if (output.h >= 1 && output.w >= 1) return convGraph(r, { input, output, window, groups: input.c });
    }
  };
}

const depthwiseSuite = (): KernelCase[] =>
  [3, 5, 7].flatMap((size) => [1, 2].flatMap((stride) => randomCases(random, `rv_depthwise_conv2d_k${size}s${stride}_s8_dsp`, 40, depthwise(size, stride))));

const suite = (): KernelCase[] => [
  ...randomCases(random, 'rv_conv2d_1x1_s8_dsp', 60, (r) => narrow(conv1x1(r))),
  ...randomCases(random, 'rv_conv2d_1x1_wide_s8_dsp', 30, conv1x1),
  ...randomCases(random, 'rv_conv2d_s8_dsp', 80, (r) => narrow(general(r))),
  ...randomCases(random, 'rv_conv2d_s8_dsp', 30, (r, i) => narrow(first(r, i))),
  ...randomCases(random, 'rv_conv2d_colour_s8_dsp', 40, (r) => narrow(first(r, 0))),
  ...randomCases(random, 'rv_conv2d_wide_s8_dsp', 30, general),
];

describe('DSP convolutions', () => {
  for (const target of ['host-gcc', 'host-clang', 'cortex-m4', 'cortex-m7', 'cortex-m33'] as const) {
    it.skipIf(!available(target))(`give the reference bytes on ${target}`, () => {
      expect(runKernelCases(suite(), { target, headers })).toEqual([]);
    }, 120_000);
    it.skipIf(!available(target))(`give the reference bytes on ${target}, depthwise`, () => {
      expect(runKernelCases(depthwiseSuite(), { target, headers })).toEqual([]);
    }, 120_000);
  }
});
