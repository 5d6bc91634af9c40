import { describe, expect, it } from 'vitest';
import type { ConvOp, Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { unitWindow, type Window } from '../../../compiler/ir/window.js';
import { type KernelCase, randomCases } from '../harness/case.js';
import { convGraph, randomShape, windowOutput } from '../harness/nodes.js';
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

const suite = (): KernelCase[] => [
  ...randomCases(random, 'rv_conv2d_1x1_s8_dsp', 60, (r) => narrow(conv1x1(r))),
  ...randomCases(random, 'rv_conv2d_1x1_wide_s8_dsp', 30, conv1x1),
];

describe('DSP convolutions', () => {
  for (const target of ['host-gcc', 'host-clang', 'cortex-m4', 'cortex-m7', 'cortex-m33'] as const) {
    it.skipIf(!available(target))(`give the reference bytes on ${target}`, () => {
      expect(runKernelCases(suite(), { target, headers })).toEqual([]);
    }, 120_000);
  }
});
