/** Random cases for the MVE kernels. */

import { type AddOp, type Int8Graph, valueOf } from '../../../compiler/ir/int8-graph.js';
import { elements } from '../../../compiler/ir/tensor.js';
import { unitWindow, type Window } from '../../../compiler/ir/window.js';
import type { Kernel } from '../../../compiler/machine/kernel.js';
import { conv2d, conv2d1x1, conv2d1x1Partial } from '../../../compiler/machine/kernels/mve/conv.js';
import { depthwiseConv2d, depthwiseConv2dWide } from '../../../compiler/machine/kernels/mve/depthwise.js';
import { depthwiseLine } from '../../../compiler/machine/kernels/mve/depthwise-line.js';
import { elementwiseKernels } from '../../../compiler/machine/kernels/mve/elementwise.js';
import { epilogueKernels } from '../../../compiler/machine/kernels/mve/epilogue.js';
import { moveKernels } from '../../../compiler/machine/kernels/mve/move.js';
import { type KernelCase, randomCase, randomTensor, stepInputs } from '../harness/case.js';
import { conv1x1, depthwise as anyDepthwise, general } from '../harness/graphs/conv.js';
import { add, lut, mul } from '../harness/graphs/elementwise.js';
import { convEpilogue, depthwiseEpilogue } from '../harness/graphs/epilogue.js';
import { resize } from '../harness/graphs/move.js';
import { averagePool, globalPool, maxPool, softmax } from '../harness/graphs/pool.js';
import { convGraph, graphOf, windowOutput } from '../harness/nodes.js';
import { overlapCases } from '../harness/overlap.js';
import type { Random } from '../harness/random.js';
import { randomRequant } from '../harness/requants.js';
import { slicedCases } from '../harness/slices.js';

/** Every number of blocks, every remainder of lanes, and requantisations that take the fast path. */
export function dotShapes(r: Random, i: number): Int8Graph {
  const input = {
    h: r.int(1, 4),
    w: r.int(1, 6),
    c: [r.int(1, 16), r.int(17, 32), r.int(33, 48), r.int(49, 190)][i % 4],
  };
  const output = { ...input, c: r.int(1, 40) };
  return fast(r, convGraph(r, { input, output, window: unitWindow, groups: 1, rounding: 'fixed' }));
}

/** The same graph without clamps, with shifts that the fast path takes: no left shift but where `left` allows it. */
export function fast(r: Random, graph: Int8Graph, left = false): Int8Graph {
  const [node] = graph.nodes;
  if (node.op.kind !== 'conv2d') throw new Error('a convolution is expected');
  const leftShift = left && r.chance(0.4) ? r.int(1, 3) : 0;
  const shift = leftShift > 0 ? 1 : r.int(1, 9);
  const { bias, weights } = node.op;
  const depth = weights.length / bias.length;
  const multipliers = Int32Array.from(bias, (b, o) => {
    const bound = Array.from(weights.subarray(o * depth, (o + 1) * depth)).reduce(
      (sum, v) => sum + 128 * Math.abs(v),
      Math.abs(b),
    );
    // Accumulators up to the bound spread over some hundreds of codes, the far ends saturate.
    const scale = Math.min(0.24, r.int(100, 900) / Math.max(1, bound));
    return (
      (r.chance(0.2) ? -1 : 1) * Math.min(2 ** 31 - 1, Math.max(1, Math.round(scale * 2 ** (32 + shift - leftShift))))
    );
  });
  const requant = {
    ...node.op.requant,
    rounding: 'fixed' as const,
    even: null,
    exact: null,
    leftShift,
    shift,
    clampMin: -128,
    clampMax: 127,
    multipliers,
  };
  return { ...graph, nodes: [{ ...node, op: { ...node.op, requant } }] };
}

/** 3x3 over few channels, 10x4 over one, 3x3 over many: pixels of all widths. */
export function firstLayers(r: Random, i: number): Int8Graph {
  const [kernelH, kernelW] = i % 5 === 4 ? [10, 4] : [3, 3];
  const c = [3, r.int(1, 15), 16, r.int(17, 40), 1][i % 5];
  const input = { h: r.int(kernelH, 12), w: r.int(kernelW, 16), c };
  const stride = r.int(1, 2);
  const pad = (size: number): number => r.int(0, size - 1);
  const window: Window = {
    kernelH,
    kernelW,
    strideH: stride,
    strideW: stride,
    dilationH: 1,
    dilationW: 1,
    padTop: pad(kernelH),
    padLeft: pad(kernelW),
    padBottom: pad(kernelH),
    padRight: pad(kernelW),
  };
  return fast(
    r,
    convGraph(r, {
      input,
      output: { ...windowOutput(window, input), c: r.int(1, 20) },
      window,
      groups: 1,
      rounding: 'fixed',
    }),
  );
}

/** The kernels with blocks of their own, on narrow and wide images, of any number of rows; left shifts by filter size. */
const depthwiseBlocks =
  (shifted: (size: number) => boolean) =>
  (r: Random, i: number): Int8Graph => {
    const size = [3, 5, 7][i % 3];
    const stride = 1 + (Math.floor(i / 3) % 2);
    const pad = (): number => r.int(0, size - 1);
    const window: Window = {
      kernelH: size,
      kernelW: size,
      strideH: stride,
      strideW: stride,
      dilationH: 1,
      dilationW: 1,
      padTop: pad(),
      padLeft: pad(),
      padBottom: pad(),
      padRight: pad(),
    };
    for (;;) {
      const c = r.int(2, 20);
      const input = { h: r.int(1, 14), w: r.int(1, 24), c };
      const { h, w } = windowOutput(window, input);
      if (h >= 1 && w >= 1)
        return fast(
          r,
          convGraph(r, { input, output: { h, w, c }, window, groups: c, rounding: 'fixed' }),
          shifted(size),
        );
    }
  };

/** A sequence without padding: one column or one row, filters along it. */
function line(r: Random): Int8Graph {
  for (;;) {
    const extent = r.int(1, 40);
    const kernel = r.pick([1, 2, 3, 3, 5, 8, 10, 15, r.int(1, 20)]);
    const stride = r.chance(0.6) ? 1 : r.int(1, 4);
    const dilation = r.chance(0.7) ? 1 : r.int(2, 4);
    const c = r.pick([r.int(2, 15), 16, r.int(17, 50)]);
    const down = r.chance(0.7);
    const window: Window = down
      ? { ...unitWindow, kernelH: kernel, strideH: stride, dilationH: dilation }
      : { ...unitWindow, kernelW: kernel, strideW: stride, dilationW: dilation };
    const input = down ? { h: extent, w: 1, c } : { h: 1, w: extent, c };
    const output = { ...windowOutput(window, input), c };
    if (output.h < 1 || output.w < 1) continue;
    const graph = fast(r, convGraph(r, { input, output, window, groups: c, rounding: 'fixed' }));
    if (depthwiseLine.accepts(graph.nodes[0], graph)) return graph;
  }
}

/** Depthwise without a channel multiplier. */
export function depthwise(r: Random, i: number): Int8Graph {
  for (;;) {
    const graph = anyDepthwise(r, i);
    if (valueOf(graph, 0).shape.c === valueOf(graph, 1).shape.c) return graph;
  }
}

/** A sum whose terms fill 32 bits, for shifts that the kernel takes; repeated along the image or not. */
export function wideAdd(r: Random): Int8Graph {
  const output = { h: r.int(1, 5), w: r.int(1, 7), c: r.int(1, 21) };
  const repeat = r.chance(0.2);
  const shift = r.int(16, 22);
  const multiplier = (): number => r.int(-3900000, 3900000);
  const op: AddOp = {
    kind: 'add',
    rounding: 'fixed',
    shift,
    multiplierA: multiplier(),
    multiplierB: multiplier(),
    addend: r.int(-(2 ** 28), 2 ** 28),
    exact: null,
    zeroPoint: r.int(-128, 127),
    clampMin: r.chance(0.6) ? -128 : r.int(-128, 0),
    clampMax: r.chance(0.6) ? 127 : r.int(0, 127),
  };
  return graphOf(op, [output, repeat ? { h: 1, w: 1, c: output.c } : output], output);
}

/** More taps than 16 bits can sum. */
export const largePool = (r: Random): Int8Graph => {
  const input = { h: 17, w: r.int(17, 20), c: r.int(1, 11) };
  const window: Window = { ...unitWindow, kernelH: input.h, kernelW: input.w };
  const requant = randomRequant(r, 255 * input.h * input.w, 'fixed');
  return graphOf(
    {
      kind: 'averagePool',
      window,
      countIncludePad: false,
      inputZeroPoint: r.pick([-128, 127]),
      divisors: Int32Array.of(input.h * input.w),
      requants: [requant],
    },
    [input],
    { h: 1, w: 1, c: input.c },
  );
};

/** Graphs of `make` until the kernel takes one. */
const accepted =
  (kernel: Kernel, make: (r: Random, i: number) => Int8Graph) =>
  (r: Random, i: number): Int8Graph => {
    for (;;) {
      const graph = make(r, i);
      if (kernel.accepts(graph.nodes[0], graph)) return graph;
    }
  };

const byId = new Map([...elementwiseKernels, ...moveKernels, ...epilogueKernels].map((k) => [k.id, k]));
const filtered = (id: string, count: number, make: (r: Random, i: number) => Int8Graph): Entry => {
  const kernel = byId.get(id)!;
  return { kernel, count, make: accepted(kernel, make) };
};

interface Entry {
  readonly kernel: Kernel;
  readonly count: number;
  readonly make: (random: Random, i: number) => Int8Graph;
  /** Inputs of one and the same extreme value. */
  readonly extreme?: boolean;
}

const suite: readonly Entry[] = [
  { kernel: conv2d1x1, count: 40, make: conv1x1 },
  { kernel: conv2d1x1, count: 60, make: dotShapes },
  { kernel: conv2d, count: 50, make: general(false) },
  { kernel: conv2d, count: 40, make: firstLayers },
  { kernel: depthwiseConv2dWide, count: 60, make: depthwiseBlocks((size) => size < 7) },
  { kernel: depthwiseLine, count: 60, make: line },
  { kernel: depthwiseConv2d, count: 50, make: depthwiseBlocks(() => true) },
  { kernel: depthwiseConv2d, count: 40, make: depthwise },
  filtered('rv_conv2d_epilogue_s8_mve', 60, convEpilogue(false)),
  filtered('rv_depthwise_conv2d_epilogue_s8_mve', 40, depthwiseEpilogue),
  filtered('rv_add_s8_mve', 30, wideAdd),
  filtered('rv_add_s8_mve', 10, add),
  filtered('rv_mul_s8_mve', 30, mul),
  filtered('rv_lut_s8_mve', 15, lut),
  filtered('rv_max_pool_s8_mve', 25, maxPool),
  filtered('rv_average_pool_s8_mve', 40, averagePool),
  filtered('rv_average_pool_s8_mve', 6, globalPool),
  { ...filtered('rv_average_pool_s8_mve', 4, largePool), extreme: true },
  filtered('rv_softmax_s8_mve', 25, softmax),
  filtered('rv_resize_linear_s8_mve', 25, resize('linear')),
];

/** Random cases of every MVE kernel; `fraction` of the counts. */
export const mveCases = (random: Random, fraction = 1): KernelCase[] =>
  suite.flatMap(({ kernel, count, make, extreme }, entry) =>
    Array.from({ length: Math.ceil(count * fraction) }, (_, i) => {
      const graph = make(random, i);
      const [node] = graph.nodes;
      if (!kernel.accepts(node, graph)) throw new Error(`${kernel.id} does not accept case ${i} of entry ${entry}`);
      const [low, high] =
        extreme === true
          ? random.pick([
              [-128, -128],
              [127, 127],
            ])
          : [-128, 127];
      const inputs = stepInputs(node).map((value) =>
        extreme === true
          ? random.int8Array(elements(valueOf(graph, value).shape), low, high)
          : randomTensor(random, valueOf(graph, value)),
      );
      return randomCase(random, `${kernel.id}_${entry}_${i}`, kernel, graph, inputs);
    }),
  );

/** `fraction` of the entries' nodes with outputs as near to their inputs as the kernels' access orders allow, and in place. */
export const mveOverlaps = (random: Random, fraction: number): KernelCase[] =>
  suite
    .flatMap(({ kernel: { id }, count, make }) =>
      Array.from({ length: Math.ceil(count * fraction) }, (_, i) =>
        overlapCases(random, { id, count, make }, i),
      ).flat(),
    )
    .filter((c) => c.node.op.kind !== 'concat');

/** Pointwise convolutions in slices, half of them requantised fast; `fraction` of the count. */
export const mveSlices = (random: Random, fraction = 1): KernelCase[] =>
  slicedCases(random, conv2d1x1Partial.id, Math.ceil(100 * fraction), false, (r, graph, i) =>
    i % 2 === 0 ? fast(r, graph) : graph,
  );

/** Ids under test. */
export const testedIds: readonly string[] = [...new Set([...suite.map((e) => e.kernel.id), conv2d1x1Partial.id])];
