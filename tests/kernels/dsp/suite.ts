/** Random cases for the DSP kernels. */

import type { AddOp, ConvOp, Int8Graph, Int8Op, Requant } from '../../../compiler/ir/int8-graph.js';
import { unitWindow, type Window } from '../../../compiler/ir/window.js';
import { kernelById } from '../../../compiler/machine/kernel-table.js';
import type { KernelCase } from '../harness/case.js';
import { lut } from '../harness/graphs/elementwise.js';
import { withEpilogue } from '../harness/graphs/epilogue.js';
import { resize } from '../harness/graphs/move.js';
import { averagePool, globalPool, maxPool } from '../harness/graphs/pool.js';
import { convGraph, graphOf, randomShape, randomWindow, windowOutput } from '../harness/nodes.js';
import type { Random } from '../harness/random.js';
import { slicedCases } from '../harness/slices.js';
import type { SuiteEntry } from '../harness/suite.js';

type Make = SuiteEntry['make'];

const withOp = <T extends Int8Op>(graph: Int8Graph, change: (op: T) => T): Int8Graph => {
  const [node] = graph.nodes;
  return { ...graph, nodes: [{ ...node, op: change(node.op as T) }] };
};

/** Weights that leave room for summed words. */
const narrow = (graph: Int8Graph): Int8Graph =>
  withOp<ConvOp>(graph, (op) => ({ ...op, weights: (op.weights as Int8Array).map((w) => Math.max(w, -127)) }));

/** Largest |accumulator| of each channel. */
function bounds(op: ConvOp): number[] {
  const depth = op.weights.length / op.bias.length;
  return Array.from(op.bias, (b, o) =>
    Array.from(op.weights.subarray(o * depth, (o + 1) * depth)).reduce(
      (sum, w) => sum + 255 * Math.abs(w),
      Math.abs(b) + 1,
    ),
  );
}

/** The same node rounded as the assembly does it itself: every shift, a left shift now and then where there may be. */
function fast(r: Random, graph: Int8Graph, left = false): Int8Graph {
  return withOp<ConvOp>(graph, (op) => {
    const largest = Math.max(...bounds(op));
    const codes = r.int(100, 900);
    const leftShift = left && r.chance(0.3) ? Math.min(r.int(1, 8), Math.floor(Math.log2(2 ** 31 / largest))) : 0;
    const most = Math.min(20, Math.floor(Math.log2((2 ** 31 * largest) / codes)) - 32 + leftShift);
    const shift = Math.max(1, r.int(Math.max(1, most - 3), Math.max(1, most)));
    const multiplier = Math.min(2 ** 31 - 1, (codes / largest) * 2 ** (32 + shift - leftShift));
    const multipliers = Int32Array.from(
      op.bias,
      () => (r.chance(0.2) ? -1 : 1) * Math.max(1, Math.floor((multiplier * r.int(8, 64)) / 64)),
    );
    return {
      ...op,
      requant: {
        ...op.requant,
        rounding: 'fixed',
        even: null,
        exact: null,
        leftShift,
        shift,
        multipliers,
        ...(r.chance(0.3) ? {} : { clampMin: -128, clampMax: 127 }),
      },
    };
  });
}

/** Half of the cases rounded by the assembly, half in any way; of those every other one with many ties. */
const mixed =
  (make: Make, left = false): Make =>
  (r, i) => {
    const graph = make(r, i >> 1);
    return i % 2 === 0 ? fast(r, graph, left) : i % 4 === 1 ? tied(r, graph) : graph;
  };

/** The same node with many ties, to even for some or all channels. */
function tied(r: Random, graph: Int8Graph): Int8Graph {
  return withOp<ConvOp>(graph, (op) => {
    const shift = r.int(1, 5);
    const all = r.chance(0.5);
    // Steps of a power of two, some hundreds of codes at most.
    const log = Math.min(30, Math.floor(Math.log2((r.int(100, 900) / Math.max(...bounds(op))) * 2 ** (32 + shift))));
    const multipliers = Int32Array.from(op.bias, () => (r.chance(0.2) ? -1 : 1) * 2 ** Math.max(0, log - r.int(0, 2)));
    const even = Uint8Array.from(op.bias, () => (all ? 1 : r.int(0, 1)));
    return {
      ...op,
      requant: {
        ...op.requant,
        rounding: 'even',
        even,
        exact: null,
        leftShift: 0,
        shift,
        multipliers,
        ...(r.chance(0.3) ? {} : { clampMin: -128, clampMax: 127 }),
      },
    };
  });
}

function conv1x1(r: Random): Int8Graph {
  const input = randomShape(r, 8, 70);
  const window: Window = { ...unitWindow, strideH: r.int(1, 2), strideW: r.int(1, 2) };
  return convGraph(r, { input, output: { ...windowOutput(window, input), c: r.int(1, 21) }, window, groups: 1 });
}

/** One pixel, of many inputs. */
function fullyConnected(r: Random): Int8Graph {
  const input = { h: 1, w: 1, c: r.int(1, 200) };
  return convGraph(r, { input, output: { ...input, c: r.int(1, 21) }, window: unitWindow, groups: 1 });
}

/** As many output channels as inputs: the output may stand on the input. */
function square1x1(r: Random): Int8Graph {
  const input = randomShape(r, 8, 24);
  return convGraph(r, { input, output: input, window: unitWindow, groups: 1 });
}

const divisors = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

function general(r: Random): Int8Graph {
  const input = { ...randomShape(r, 9, 1), c: r.pick([1, 2, 3, 3, 4, 5, 8, 12]) };
  const limits = r.chance(0.5)
    ? { kernel: 3, stride: 2, dilation: 1, pad: 1 }
    : { kernel: 5, stride: 3, dilation: 2, pad: 4 };
  const window = r.chance(0.2)
    ? { ...randomWindow(r, input, { ...limits, kernel: 1 }), kernelH: 1, kernelW: 1 }
    : randomWindow(r, input, limits);
  const groups = r.chance(0.6) ? 1 : r.pick(divisors(input.c).filter((d) => d === 1 || d < input.c));
  return convGraph(r, {
    input,
    output: { ...windowOutput(window, input), c: groups * r.int(1, Math.ceil(12 / groups)) },
    window,
    groups,
  });
}

/** First layers: 3x3 over one to four channels, or 10x4 over one. */
function first(image: 1 | 2 | 3 | 4 | null): Make {
  return (r) => {
    const input = { h: r.int(3, 13), w: r.int(4, 13), c: image ?? 1 };
    const [kernelH, kernelW] = image !== null ? [3, 3] : [10, 4];
    const pad = r.int(0, 1);
    const window: Window = {
      kernelH,
      kernelW,
      strideH: r.int(1, 2),
      strideW: r.int(1, 2),
      dilationH: 1,
      dilationW: 1,
      padTop: image !== null ? pad : 4,
      padLeft: pad,
      padBottom: image !== null ? 1 : 5,
      padRight: 1,
    };
    return convGraph(r, { input, output: { ...windowOutput(window, input), c: r.int(1, 9) }, window, groups: 1 });
  };
}

/** Kernels up to `size`, images from smaller than the kernel to several groups of columns. */
function depthwise(size: number, strideW: number): Make {
  return (r) => {
    for (;;) {
      const input = { h: r.int(1, 12), w: r.int(1, 19), c: r.int(2, 13) };
      const isSquare = r.chance(0.6);
      const kernelH = isSquare ? size : r.int(1, size);
      const kernelW = isSquare ? size : r.int(1, size);
      const pad = (kernel: number): number => (r.chance(0.6) ? kernel >> 1 : r.int(0, kernel + 1));
      const window: Window = {
        kernelH,
        kernelW,
        strideH: r.chance(0.6) ? strideW : r.int(1, 3),
        strideW,
        dilationH: 1,
        dilationW: 1,
        padTop: pad(kernelH),
        padLeft: pad(kernelW),
        padBottom: pad(kernelH),
        padRight: pad(kernelW),
      };
      const output = { ...windowOutput(window, input), c: input.c };
      if (output.h >= 1 && output.w >= 1) return convGraph(r, { input, output, window, groups: input.c });
    }
  };
}

/** A sequence: one column or one row, kernels and strides along it. */
function line(r: Random): Int8Graph {
  for (;;) {
    const extent = r.int(1, 40);
    const kernel = r.pick([1, 2, 3, 3, 5, 8, 10, 15, r.int(1, 20)]);
    const stride = r.chance(0.6) ? 1 : r.int(1, Math.min(4, kernel));
    const [before, after] = r.chance(0.4) ? [0, 0] : [r.int(0, kernel), r.int(0, kernel)];
    const down = r.chance(0.6);
    const c = r.int(2, 13);
    const window: Window = down
      ? { ...unitWindow, kernelH: kernel, strideH: stride, padTop: before, padBottom: after }
      : { ...unitWindow, kernelW: kernel, strideW: stride, padLeft: before, padRight: after };
    const input = down ? { h: extent, w: 1, c } : { h: 1, w: extent, c };
    const output = { ...windowOutput(window, input), c };
    if (output.h >= 1 && output.w >= 1) return convGraph(r, { input, output, window, groups: c });
  }
}

/** Two operands; the second now and then a vector that all pixels share. */
function binary(r: Random, op: Int8Op): Int8Graph {
  const output = randomShape(r, 6, 19);
  const vector = { h: 1, w: 1, c: output.c };
  return r.chance(0.6)
    ? graphOf(op, [output, output], output)
    : graphOf(op, r.chance(0.5) ? [output, vector] : [vector, output], output);
}

function add(r: Random): Int8Graph {
  const shift = r.int(1, 22);
  // Sums of some 400 codes: the ends saturate.
  const multiplier = (): number => Math.round((r.int(-100, 100) / 64) * 2 ** shift);
  const op: AddOp = {
    kind: 'add',
    rounding: 'fixed',
    shift,
    multiplierA: multiplier(),
    multiplierB: multiplier(),
    addend: Math.round((r.int(-100, 100) / 7) * 2 ** shift),
    exact: null,
    zeroPoint: r.int(-128, 127),
    clampMin: -128,
    clampMax: 127,
  };
  return binary(r, op);
}

function mul(r: Random): Int8Graph {
  const shift = r.int(1, 14);
  const requant: Requant = {
    rounding: 'fixed',
    multiplier: Math.floor((r.int(100, 700) / 255 ** 2) * 2 ** (32 + shift - 1)) % 2 ** 31,
    leftShift: 0,
    shift,
    exact: null,
    zeroPoint: r.int(-128, 127),
    clampMin: -128,
    clampMax: 127,
  };
  return binary(r, { kind: 'mul', zeroPointA: r.int(-128, 127), zeroPointB: r.int(-128, 127), requant });
}

/** More taps than int16 sums hold. */
function largePool(r: Random): Int8Graph {
  for (;;) {
    const graph = globalPool(r);
    const [node] = graph.nodes;
    const input = { h: r.int(15, 20), w: r.int(15, 40), c: r.int(1, 9) };
    const op = node.op as Extract<Int8Op, { kind: 'averagePool' }>;
    const window = { ...op.window, kernelH: input.h, kernelW: input.w };
    const taps = input.h * input.w;
    const requant = {
      ...op.requants[0],
      rounding: 'fixed' as const,
      exact: null,
      leftShift: 0,
      shift: 2,
      multiplier: Math.round(2 ** 34 / taps),
    };
    if (taps > 255)
      return graphOf({ ...op, window, divisors: Int32Array.of(taps), requants: [requant] }, [input], {
        h: 1,
        w: 1,
        c: input.c,
      });
  }
}

/** Cases that the kernel accepts. */
const entry = (id: string, count: number, make: Make): SuiteEntry => ({
  id,
  count,
  make(r, i) {
    for (;;) {
      const graph = make(r, i);
      if (kernelById(id).accepts(graph.nodes[0], graph)) return graph;
    }
  },
});

export const dspSuite: readonly SuiteEntry[] = [
  entry(
    'rv_conv2d_1x1_s8_dsp',
    60,
    mixed((r) => narrow(conv1x1(r))),
  ),
  entry(
    'rv_conv2d_1x1_s8_dsp',
    20,
    mixed((r) => narrow(fullyConnected(r))),
  ),
  entry(
    'rv_conv2d_1x1_s8_dsp',
    20,
    mixed((r) => narrow(square1x1(r))),
  ),
  entry('rv_conv2d_1x1_wide_s8_dsp', 30, mixed(conv1x1)),
  entry(
    'rv_conv2d_s8_dsp',
    80,
    mixed((r) => narrow(general(r))),
  ),
  entry(
    'rv_conv2d_s8_dsp',
    20,
    mixed((r, i) => narrow(first(null)(r, i))),
  ),
  ...([1, 2, 3, 4] as const).map((channels) =>
    entry(
      channels === 3 ? 'rv_conv2d_colour_s8_dsp' : `rv_conv2d_image${channels}_s8_dsp`,
      40,
      mixed((r, i) => narrow(first(channels)(r, i))),
    ),
  ),
  entry('rv_conv2d_wide_s8_dsp', 30, mixed(general)),
  entry(
    'rv_conv2d_epilogue_s8_dsp',
    60,
    withEpilogue((r, i) => narrow(i % 3 === 0 ? conv1x1(r) : general(r))),
  ),
  entry(
    'rv_conv2d_epilogue_wide_s8_dsp',
    20,
    withEpilogue((r) => general(r)),
  ),
  ...[3, 5, 7].flatMap((size) =>
    [1, 2].map((stride) =>
      entry(`rv_depthwise_conv2d_k${size}s${stride}_s8_dsp`, 40, mixed(depthwise(size, stride), true)),
    ),
  ),
  entry('rv_depthwise_conv2d_line_s8_dsp', 80, mixed(line, true)),
  entry('rv_add_s8_dsp', 40, add),
  entry('rv_mul_s8_dsp', 30, mul),
  entry('rv_lut_s8_dsp', 20, lut),
  entry('rv_resize_linear_s8_dsp', 60, resize('linear')),
  entry('rv_max_pool_s8_dsp', 40, maxPool),
  entry('rv_average_pool_s8_dsp', 40, averagePool),
  entry('rv_average_pool_s8_dsp', 10, globalPool),
  entry('rv_average_pool_s8_dsp', 6, largePool),
];

/** Pointwise convolutions in slices. */
export const dspSlices = (r: Random, fraction: number): KernelCase[] => {
  const half =
    (change: (graph: Int8Graph) => Int8Graph) =>
    (random: Random, graph: Int8Graph, i: number): Int8Graph =>
      i % 2 === 0 ? fast(random, change(graph)) : i % 4 === 1 ? tied(random, change(graph)) : change(graph);
  return [
    ...slicedCases(r, 'rv_conv2d_1x1_partial_s8_dsp', Math.ceil(60 * fraction), true, half(narrow)),
    ...slicedCases(
      r,
      'rv_conv2d_1x1_partial_wide_s8_dsp',
      Math.ceil(40 * fraction),
      true,
      half((graph) => graph),
    ),
  ];
};
export const slicedIds: readonly string[] = ['rv_conv2d_1x1_partial_s8_dsp', 'rv_conv2d_1x1_partial_wide_s8_dsp'];
