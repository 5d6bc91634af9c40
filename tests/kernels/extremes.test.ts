/**
 * Convolutions with weights, biases and inputs at the ends of what integers hold, by the kernel that each core chooses:
 * sums that just fit the bits that a packing leaves them, and sums that just do not.
 */

import { coreOf } from '../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { type ChannelRequant, type ConvOp, type Int8Graph, valueOf } from '../../compiler/ir/int8-graph.js';
import { elements } from '../../compiler/ir/tensor.js';
import { unitWindow } from '../../compiler/ir/window.js';
import { chooseKernel } from '../../compiler/machine/kernel-table.js';
import type { CoreId } from '../../compiler/machine/core.js';
import { type KernelCase, randomCase } from './harness/case.js';
import { convGraph, randomWindow, windowOutput } from './harness/nodes.js';
import { type Random, seeded } from './harness/random.js';
import { randomChannelRequant, randomRounding } from './harness/requants.js';
import { available, runKernelCases, type Target } from './harness/run.js';

/** Pointwise, any filter, depthwise twice, over an image's channels. */
const kinds = ['pointwise', 'any', 'depthwise', 'depthwise', 'image'] as const;

function convolution(r: Random, kind: (typeof kinds)[number]): Int8Graph {
  for (;;) {
    const isDepthwise = kind === 'depthwise';
    const channels = {
      pointwise: r.int(1, 40),
      any: r.int(1, 40),
      depthwise: r.int(2, 13),
      image: r.pick([1, 2, 3, 3]),
    }[kind];
    const input = { h: r.int(1, 7), w: r.int(1, 11), c: channels };
    const window =
      kind === 'pointwise'
        ? unitWindow
        : randomWindow(r, input, { kernel: isDepthwise ? 7 : 4, stride: 2, dilation: r.chance(0.1) ? 2 : 1, pad: 3 });
    const output = { ...windowOutput(window, input), c: isDepthwise ? channels : r.int(1, 18) };
    const graph = convGraph(r, { input, output, window, groups: isDepthwise ? channels : 1, rounding: 'fixed' });
    const extreme = atTheEnds(r, graph.nodes[0].op as ConvOp);
    if (extreme !== null) return { ...graph, nodes: [{ ...graph.nodes[0], op: extreme }] };
  }
}

/** The same with other weights and biases; null where a sum could leave int32, which no compiled network has. */
function atTheEnds(r: Random, op: ConvOp): ConvOp | null {
  const style = r.int(0, 3);
  const weights = (op.weights as Int8Array).map(
    (w) => [r.pick([-128, 127]), r.pick([-127, 127]), Math.max(-127, w), w][style],
  );
  const isModest = r.chance(0.5);
  const summedWords = 2 ** 23; // What rv_dot_s8 of the DSP extension leaves the second channel of a pair.
  const bias = op.bias.map(() =>
    isModest
      ? r.int(-2000, 2000)
      : r.pick([
          r.int(-2000, 2000),
          r.int(-summedWords - 300, summedWords + 300),
          r.pick([-1, 1]) * (summedWords - r.int(0, 70000)),
          r.int(-(2 ** 30), 2 ** 30),
        ]),
  );
  const depth = weights.length / bias.length;
  const bounds = Array.from(bias, (b, o) =>
    weights.subarray(o * depth, (o + 1) * depth).reduce((sum, w) => sum + 255 * Math.abs(w), Math.abs(b) + 1),
  );
  const most = Math.max(...bounds);
  return most < 2 ** 31 - 1
    ? { ...op, weights, bias, requant: moreLeft(r, randomChannelRequant(r, bounds, randomRounding(r)), most) }
    : null;
}

/** Some of them with as much left shift as sums up to `most` allow, or less. */
function moreLeft(r: Random, requant: ChannelRequant, most: number): ChannelRequant {
  const room = Math.min(14, Math.floor(Math.log2((2 ** 31 - 1) / most)) - requant.leftShift);
  if (room < 1 || r.chance(0.6)) return requant;
  const bits = r.pick([room, r.int(1, room)]);
  const multipliers = requant.multipliers.map((m) => Math.sign(m) * Math.max(1, Math.floor(Math.abs(m) / 2 ** bits)));
  return { ...requant, leftShift: requant.leftShift + bits, multipliers };
}

function cases(r: Random, core: CoreId, count: number): KernelCase[] {
  return Array.from({ length: count }, (_, i) => {
    const graph = convolution(r, kinds[i % kinds.length]);
    const kernel = chooseKernel(graph.nodes[0], graph, coreOf(core));
    const length = elements(valueOf(graph, 0).shape);
    const end = r.pick([-128, 127]);
    const input = [
      Int8Array.from({ length }, () => r.pick([-128, 127])),
      new Int8Array(length).fill(end),
      r.int8Array(length),
    ][r.int(0, 2)];
    return randomCase(r, `${kernel.id}_${i}`, kernel, graph, [input]);
  });
}

describe('convolutions at the ends of their ranges', () => {
  const headers = ['rv_kernels_dsp.h', 'rv_kernels_mve.h'];
  const runs: readonly (readonly [core: CoreId, target: Target])[] = [
    ['cortex-m0', 'cortex-m0'],
    ['cortex-m4', 'cortex-m4'],
    ['cortex-m55', 'cortex-m55'],
    ['cortex-m4', 'host-gcc'],
    ['cortex-m55', 'host-clang'],
  ];
  runs.forEach(([core, target], k) => {
    it.skipIf(!available(target))(
      `give the reference bytes by the kernels of a ${core} on ${target}`,
      () => {
        expect(runKernelCases(cases(seeded(51 + k), core, 400), { target, headers })).toEqual([]);
      },
      120_000,
    );
  });
});
