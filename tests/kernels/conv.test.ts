import { describe, expect, it } from 'vitest';
import type { Int8Graph } from '../../compiler/ir/int8-graph.js';
import { unitWindow, type Window } from '../../compiler/ir/window.js';
import { kernelById } from '../../compiler/target/kernel-table.js';
import { type KernelCase, randomCase } from './harness/case.js';
import { inputElements } from './harness/emit.js';
import { convGraph, randomShape, randomWindow, windowOutput } from './harness/nodes.js';
import { type Random, seeded } from './harness/random.js';
import { runKernelCases } from './harness/run.js';

const random = seeded(1);

/** `count` random cases of one kernel. */
function cases(id: string, count: number, make: (random: Random, i: number) => Int8Graph): KernelCase[] {
  const kernel = kernelById(id);
  return Array.from({ length: count }, (_, i) => {
    const graph = make(random, i);
    expect(kernel.accepts(graph.nodes[0], graph)).toBe(true);
    return randomCase(random, `${id}_${i}`, kernel, graph, [random.int8Array(inputElements(graph, 0))]);
  });
}

const divisors = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

function conv1x1(r: Random): Int8Graph {
  const input = randomShape(r, 8, 40);
  const window: Window = { ...unitWindow, strideH: r.int(1, 3), strideW: r.int(1, 3) };
  return convGraph(r, { input, output: { ...windowOutput(window, input), c: r.int(1, 21) }, window, groups: 1 });
}

function general(wide: boolean): (r: Random) => Int8Graph {
  return (r) => {
    const input = randomShape(r, 8, 12);
    const window = randomWindow(r, input, { kernel: 5, stride: 3, dilation: 2, pad: 4 });
    const groups = r.chance(0.5) ? 1 : r.pick(divisors(input.c));
    return convGraph(r, { input, output: { ...windowOutput(window, input), c: groups * r.int(1, Math.ceil(12 / groups)) }, window, groups, wide });
  };
}

function depthwise(r: Random, i: number): Int8Graph {
  const input = { ...randomShape(r, 11, 1), c: r.int(2, 14) };
  const size = [3, 3, 5, 7][i % 4];
  const stride = 1 + (i % 2);
  const square: Window = {
    kernelH: size, kernelW: size, strideH: stride, strideW: stride, dilationH: 1, dilationW: 1,
    padTop: size >> 1, padLeft: size >> 1, padBottom: size >> 1, padRight: size >> 1,
  };
  const window = i % 3 === 0 ? randomWindow(r, input, { kernel: 5, stride: 4, dilation: 3, pad: 5 }) : square;
  return convGraph(r, { input, output: { ...windowOutput(window, input), c: input.c * (r.chance(0.7) ? 1 : r.int(2, 3)) }, window, groups: input.c });
}

function transposed(wide: boolean): (r: Random) => Int8Graph {
  return (r) => {
    const input = randomShape(r, 6, 10);
    const groups = r.chance(0.5) ? 1 : r.pick(divisors(input.c));
    const window: Window = {
      kernelH: r.int(1, 4), kernelW: r.int(1, 4), strideH: r.int(1, 3), strideW: r.int(1, 3),
      dilationH: r.int(1, 2), dilationW: r.int(1, 2), padTop: r.int(0, 2), padLeft: r.int(0, 2), padBottom: 0, padRight: 0,
    };
    // The output size is a free choice within output_padding's limits; any size has a meaning.
    const output = { h: input.h * window.strideH + r.int(0, 2), w: input.w * window.strideW + r.int(0, 2), c: groups * r.int(1, Math.ceil(10 / groups)) };
    return convGraph(r, { kind: 'convTranspose2d', input, output, window, groups, wide });
  };
}

const suite = (): KernelCase[] => [
  ...cases('rv_conv2d_1x1_s8', 40, conv1x1),
  ...cases('rv_conv2d_s8', 50, general(false)),
  ...cases('rv_conv2d_s8w16', 15, general(true)),
  ...cases('rv_depthwise_conv2d_s8', 70, depthwise),
  ...cases('rv_conv_transpose2d_s8', 35, transposed(false)),
  ...cases('rv_conv_transpose2d_s8w16', 10, transposed(true)),
];

describe('plain C convolutions', () => {
  it('give the reference bytes under sanitizers, in every form of view and window', () => {
    expect(runKernelCases(suite(), { target: 'host-gcc' })).toEqual([]);
  }, 120_000);
});
