/** Random single-kernel work for the fit: shapes as networks, streams and tiles have them. */

import {
  type ChannelRequant,
  type ConvOp,
  type Int8Graph,
  type PReluOp,
  type Requant,
  type Rounding,
  valueOf,
} from '../../compiler/ir/int8-graph.js';
import { elements, type Shape } from '../../compiler/ir/tensor.js';
import { unitWindow, type Window } from '../../compiler/ir/window.js';
import { poolDivisor } from '../../compiler/reference/int8/pool.js';
import type { Kernel } from '../../compiler/machine/kernel.js';
import { kernelById } from '../../compiler/machine/kernel-table.js';
import {
  type CallWindow,
  denseForm,
  type Form,
  type KernelCase,
  randomTensor,
  stepInputs,
  stepOutput,
} from '../../tests/kernels/harness/case.js';
import { add, lut, minMax, mul, prelu } from '../../tests/kernels/harness/graphs/elementwise.js';
import { elementwiseEpilogue, poolSumsEpilogue, withEpilogue } from '../../tests/kernels/harness/graphs/epilogue.js';
import { planLogSoftmax } from '../../compiler/numerics/log-softmax.js';
import { softmaxTable, softmaxTableBits } from '../../compiler/numerics/softmax.js';
import { transposed } from '../../tests/kernels/harness/graphs/conv.js';
import { floatGraph } from '../../tests/kernels/harness/graphs/float.js';
import {
  gather,
  linearResize,
  pad,
  resize,
  shuffle,
  slice,
  transpose,
} from '../../tests/kernels/harness/graphs/move.js';
import { convGraph, graphOf, windowOutput } from '../../tests/kernels/harness/nodes.js';
import type { Random } from '../../tests/kernels/harness/random.js';
import { randomRequant } from '../../tests/kernels/harness/requants.js';
import { slicesOf } from '../../tests/kernels/harness/slices.js';

type Make = (random: Random, i: number) => Int8Graph;

/** Extents from small to large, small ones as likely as large ones. */
const spread = (r: Random, low: number, high: number): number =>
  Math.round(low * (high / low) ** (r.int(0, 1000) / 1000));

const channels = (r: Random, high: number): number => {
  const c = spread(r, 3, high);
  return r.chance(0.6) ? Math.max(4, 4 * Math.round(c / 4)) : c;
};

/** Every sixth sample rounds otherwise than most nodes of most networks. */
const roundingOf = (i: number): Rounding => (i % 12 === 5 ? 'even' : i % 12 === 11 ? 'exact' : 'fixed');

/** No clamp of its own and no left shift, but now and then. */
function usual<T extends ChannelRequant | Requant>(r: Random, q: T, i: number): T {
  return i % 6 === 3 ? q : { ...q, clampMin: -128, clampMax: 127, leftShift: 0, shift: Math.min(q.shift, r.int(3, 9)) };
}

function usualConv(r: Random, graph: Int8Graph, i: number): Int8Graph {
  const [node] = graph.nodes;
  const op = node.op as ConvOp;
  const requant = usual(r, op.requant, i);
  // Multipliers follow the shift, so that nothing overflows.
  const multipliers = op.requant.multipliers.map(
    (m) => Math.max(1, Math.trunc(m / 2 ** Math.max(0, op.requant.shift - requant.shift))) % 2 ** 24,
  );
  return {
    ...graph,
    nodes: [{ ...node, op: { ...op, requant: requant === op.requant ? requant : { ...requant, multipliers } } }],
  };
}

function shapeOf(r: Random, c: number, mostElements: number): Shape {
  for (;;) {
    const shape = { h: spread(r, 1, 24), w: spread(r, 1, 40), c };
    if (elements(shape) <= mostElements) return shape;
  }
}

function conv(
  r: Random,
  i: number,
  spec: { input: Shape; window: Window; out: number; groups: number; wide?: boolean },
): Int8Graph {
  const output = { ...windowOutput(spec.window, spec.input), c: spec.out };
  return usualConv(r, convGraph(r, { ...spec, output, rounding: roundingOf(i) }), i);
}

/**
 * By two, mostly, so that a share of the outputs is in doubt as networks have it; large, for neighbouring outputs are in
 * doubt together and few inputs make chance.
 */
function interpolation(r: Random): Int8Graph {
  const input = { h: spread(r, 6, 16), w: spread(r, 6, 16), c: channels(r, 48) };
  const along = (extent: number): number => (r.chance(0.7) ? 2 * extent : r.int(2, 24));
  return linearResize(r, input, { h: along(input.h), w: along(input.w), c: input.c }, 0);
}

const square = (kernel: number, stride: number, pad: number): Window => ({
  ...unitWindow,
  kernelH: kernel,
  kernelW: kernel,
  strideH: stride,
  strideW: stride,
  padTop: pad,
  padLeft: pad,
  padBottom: pad,
  padRight: pad,
});

/** One of two. */
const either =
  (a: Make, b: Make): Make =>
  (r, i) =>
    (r.chance(0.5) ? a : b)(r, i);

/** Tries again until the image holds the window and the work is small enough to run. */
function within(most: number, make: () => Int8Graph | null): Int8Graph {
  for (;;) {
    const graph = make();
    if (graph === null) continue;
    const out = valueOf(graph, graph.nodes[0].output).shape;
    const { op } = graph.nodes[0];
    const work = elements(out) * ('weights' in op ? op.weights.length / op.bias.length : 1);
    if (out.h >= 1 && out.w >= 1 && work <= most) return graph;
  }
}

const pointwise: Make = (r, i) =>
  within(400_000, () => {
    const input = shapeOf(r, channels(r, 480), 12_000);
    return conv(r, i, {
      input,
      window: r.chance(0.15) ? { ...unitWindow, strideH: 2, strideW: 2 } : unitWindow,
      out: channels(r, 480),
      groups: 1,
    });
  });

const general =
  (wide: boolean, image: number | null = null): Make =>
  (r, i) =>
    within(400_000, () => {
      const kernel = image !== null ? 3 : r.pick([2, 3, 3, 3, 5, 7]);
      const stride = r.int(1, 2);
      const one = image === null && r.chance(0.12); // an input channel for each group: a depthwise too, where scratch is scarce
      const groups = one ? r.int(4, 40) : image === null && r.chance(0.1) ? r.int(2, 4) : 1;
      const c = one ? groups : image !== null ? image : groups * r.pick([1, 2, 3, 3, 4, 8, 8, 16, 16, 24, 32, 64]);
      const input = shapeOf(r, c, 12_000);
      const window = square(kernel, stride, r.chance(0.75) ? kernel >> 1 : 0);
      const out = one ? groups : groups * (r.chance(0.7) ? 4 * r.int(1, 16) : r.int(1, 40));
      const { h, w } = windowOutput(window, input);
      return h < 1 || w < 1 ? null : conv(r, i, { input, window, out, groups, wide });
    });

/** Sequences as one column or one row. */
const line: Make = (r, i) =>
  within(300_000, () => {
    const kernel = r.pick([3, 3, 5, 8, 9, 10, 15, r.int(2, 20)]);
    const stride = r.chance(0.7) ? 1 : r.int(1, Math.min(3, kernel));
    const pad = r.chance(0.5) ? kernel >> 1 : 0;
    const extent = spread(r, kernel, 200);
    const c = channels(r, 200);
    const down = r.chance(0.6);
    const window = down
      ? { ...unitWindow, kernelH: kernel, strideH: stride, padTop: pad, padBottom: pad }
      : { ...unitWindow, kernelW: kernel, strideW: stride, padLeft: pad, padRight: pad };
    const input = down ? { h: extent, w: 1, c } : { h: 1, w: extent, c };
    return c < 2 || extent * c > 20_000 ? null : conv(r, i, { input, window, out: c, groups: c });
  });

const depthwise =
  (sizes: readonly number[], strides: readonly number[], any = false): Make =>
  (r, i) =>
    within(300_000, () => {
      const size = r.pick(sizes);
      const stride = r.pick(strides);
      const input = shapeOf(r, channels(r, 300), 14_000);
      const plain = square(size, stride, r.chance(0.85) ? size >> 1 : 0);
      const window =
        any && r.chance(0.3)
          ? { ...plain, kernelH: r.int(1, size), dilationH: r.int(1, 2), dilationW: r.int(1, 2) }
          : r.chance(0.08)
            ? { ...plain, kernelH: r.int(1, size) }
            : plain;
      const { h, w } = windowOutput(window, input);
      return h < 1 || w < 1 || input.c < 2
        ? null
        : conv(r, i, { input, window, out: input.c * (any && r.chance(0.1) ? 2 : 1), groups: input.c });
    });

/** One column or one row, filters along it, without padding. */
const sequence: Make = (r) =>
  within(300_000, () => {
    const down = r.chance(0.7);
    const extent = spread(r, 1, 60);
    const input = { h: down ? extent : 1, w: down ? 1 : extent, c: channels(r, 200) };
    const window = { ...unitWindow, [down ? 'kernelH' : 'kernelW']: r.int(2, 20) };
    const { h, w } = windowOutput(window, input);
    return h < 1 || w < 1 || input.c < 2 ? null : conv(r, 0, { input, window, out: input.c, groups: input.c });
  });

function pool(kind: 'maxPool' | 'averagePool'): Make {
  return (r, i) =>
    within(40_000, () => {
      const input = shapeOf(r, channels(r, 200), 12_000);
      const global = r.chance(0.3);
      const kernel = r.int(2, 5);
      const window = global
        ? { ...unitWindow, kernelH: input.h, kernelW: input.w }
        : square(kernel, r.int(1, 3), r.chance(0.5) ? kernel >> 1 : 0);
      const { h, w } = windowOutput(window, input);
      if (h < 1 || w < 1) return null;
      const output = { h, w, c: input.c };
      if (kind === 'maxPool')
        return graphOf({ kind, window, clampMin: i % 3 === 0 ? -100 : -128, clampMax: 127 }, [input], output);
      const divisors = new Set<number>();
      for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) divisors.add(poolDivisor(window, input, false, y, x));
      const requants = Array.from(divisors, () =>
        usual(r, randomRequant(r, 255 * window.kernelH * window.kernelW, roundingOf(i)), i),
      );
      return graphOf(
        { kind, window, countIncludePad: false, inputZeroPoint: 3, divisors: Int32Array.from(divisors), requants },
        [input],
        output,
      );
    });
}

const softmax: Make = (r, i) => {
  const shape = { h: 1, w: spread(r, 1, 12), c: spread(r, 2, 300) };
  const table = Uint32Array.from({ length: 256 }, (_, d) => Math.floor(2 ** 22 * Math.exp(-d / 20)));
  return graphOf({ kind: 'softmax', table, requant: randomRequant(r, 2 ** 30 - 1, roundingOf(i)) }, [shape], shape);
};
const logSoftmax: Make = (r) => {
  const shape = { h: 1, w: spread(r, 1, 12), c: spread(r, 2, 300) };
  return graphOf(
    {
      kind: 'logSoftmax',
      table: softmaxTable(0.05, shape.c),
      tableBits: softmaxTableBits(shape.c),
      zeroPoint: 127,
      ...planLogSoftmax(0.05, 1 / 16, shape.c),
    },
    [shape],
    shape,
  );
};
/** Finite numbers, as decoding has them. */
const floats: Make = (r) =>
  floatGraph(r, { h: spread(r, 1, 8), w: spread(r, 2, 24), most: r.int(1, 12), operations: r.int(0, 8), floats: 0 });
const argMax: Make = (r) => {
  const shape = shapeOf(r, channels(r, 200), 8000);
  return graphOf({ kind: 'argMax', lastIndex: false }, [shape], { ...shape, c: 1 });
};
const concat: Make = (r) => {
  const a = shapeOf(r, channels(r, 100), 6000);
  const axis = r.pick(['h', 'w', 'c', 'c'] as const);
  return graphOf({ kind: 'concat', axis }, [a, a], { ...a, [axis]: 2 * a[axis] });
};

/**
 * The harness's own small nodes with larger extents: each of its shapes is repeated `times` along rows and columns where
 * the op does not care.
 */
function grown(make: Make): Make {
  return (r, i) => {
    const graph = make(r, i);
    const [node] = graph.nodes;
    if (!['add', 'mul', 'min', 'max', 'lut', 'prelu'].includes(node.op.kind)) return graph;
    const out = valueOf(graph, node.output).shape;
    const factor = { h: r.int(1, 4), w: r.int(1, 6), c: r.pick([1, 1, 2, 4, 8, 16]) };
    const grow = (s: Shape): Shape => ({
      h: s.h === out.h ? s.h * factor.h : s.h,
      w: s.w === out.w ? s.w * factor.w : s.w,
      c: s.c === out.c ? s.c * factor.c : s.c,
    });
    const op = node.op.kind === 'prelu' ? grownPrelu(node.op, out.c * factor.c) : node.op;
    return graphOf(
      op,
      node.inputs.map((id) => grow(valueOf(graph, id).shape)),
      grow(out),
    );
  };
}

/** Nodes that move whole pixels, with more channels. */
const widened =
  (make: Make): Make =>
  (r, i) => {
    const graph = make(r, i);
    const [node] = graph.nodes;
    const [input, out] = [valueOf(graph, node.inputs[0]).shape, valueOf(graph, node.output).shape];
    const { op } = node;
    const whole =
      op.kind === 'gather'
        ? op.axis !== 'c'
        : op.kind === 'pad'
          ? op.before.c === 0 && input.c === out.c
          : op.kind === 'resize';
    const times = whole ? r.pick([1, 2, 4, 8, 16]) : 1;
    return graphOf(op, [{ ...input, c: times * input.c }], { ...out, c: times * out.c });
  };

/** As many channels as wanted, half of the inputs on either side. */
function grownPrelu(op: PReluOp, count: number): PReluOp {
  const { negative } = op;
  const at = <T>(of: ArrayLike<T>, c: number): T => of[c % of.length];
  return {
    ...op,
    inputZeroPoint: 0,
    negative: {
      ...negative,
      multipliers: Int32Array.from({ length: count }, (_, c) => at(negative.multipliers, c)),
      even: negative.even === null ? null : new Uint8Array(count).fill(1),
      exact: negative.exact === null ? null : Array.from({ length: count }, (_, c) => at(negative.exact!, c)),
    },
  };
}

/** Networks add tensors of one shape, without clamps, far more often than the harness's nodes do. */
const sum: Make = (r, i) => {
  if (i % 3 === 0) return grown(add)(r, i);
  const shape = shapeOf(r, channels(r, 200), 10_000);
  const full = i % 3 === 1;
  return graphOf(
    {
      kind: 'add',
      rounding: 'fixed',
      shift: 18,
      multiplierA: 1 << 17,
      multiplierB: 1 << 16,
      addend: 77,
      exact: null,
      zeroPoint: 1,
      clampMin: full ? -128 : -20,
      clampMax: 127,
    },
    [shape, shape],
    shape,
  );
};
const product: Make = (r, i) => {
  if (i % 3 === 0) return grown(mul)(r, i);
  const shape = shapeOf(r, channels(r, 200), 10_000);
  const requant = usual(r, randomRequant(r, 255 * 255, 'fixed'), i);
  return graphOf(
    { kind: 'mul', zeroPointA: 3, zeroPointB: -5, requant },
    [shape, i % 2 === 0 ? shape : { h: 1, w: 1, c: shape.c }],
    shape,
  );
};

export interface SampleSet {
  readonly id: string;
  readonly count: number;
  readonly make: Make;
}

const any = [1, 2, 3, 3, 5, 7];
export const sampleSets: readonly SampleSet[] = [
  { id: 'rv_conv2d_1x1_s8', count: 48, make: pointwise },
  { id: 'rv_conv2d_1x1_partial_s8', count: 60, make: pointwise },
  { id: 'rv_conv2d_s8', count: 60, make: general(false) },
  { id: 'rv_conv2d_s8w16', count: 48, make: general(true) },
  { id: 'rv_depthwise_conv2d_s8', count: 120, make: depthwise(any, [1, 1, 2, 2, 3], true) },
  { id: 'rv_conv_transpose2d_s8', count: 48, make: transposed(false) },
  { id: 'rv_conv_transpose2d_s8w16', count: 36, make: transposed(true) },
  { id: 'rv_add_s8', count: 60, make: sum },
  { id: 'rv_mul_s8', count: 60, make: product },
  { id: 'rv_min_max_s8', count: 30, make: grown(minMax) },
  { id: 'rv_lut_s8', count: 24, make: grown(lut) },
  { id: 'rv_prelu_s8', count: 40, make: grown(prelu) },
  { id: 'rv_max_pool_s8', count: 48, make: pool('maxPool') },
  { id: 'rv_average_pool_s8', count: 60, make: pool('averagePool') },
  { id: 'rv_conv2d_epilogue_s8', count: 120, make: withEpilogue(either(pointwise, general(false))) },
  { id: 'rv_conv2d_epilogue_s8w16', count: 90, make: withEpilogue(general(true)) },
  { id: 'rv_depthwise_conv2d_epilogue_s8', count: 90, make: withEpilogue(depthwise(any, [1, 1, 2], true)) },
  { id: 'rv_conv_transpose2d_epilogue_s8', count: 90, make: withEpilogue(transposed(false)) },
  { id: 'rv_conv_transpose2d_epilogue_s8w16', count: 60, make: withEpilogue(transposed(true)) },
  { id: 'rv_elementwise_s8', count: 120, make: elementwiseEpilogue },
  { id: 'rv_pool_sums_s8', count: 90, make: poolSumsEpilogue },
  { id: 'rv_softmax_s8', count: 36, make: softmax },
  { id: 'rv_log_softmax_s8', count: 20, make: logSoftmax },
  { id: 'rv_arg_max_s8', count: 20, make: argMax },
  { id: 'rv_copy_s8', count: 30, make: concat },
  { id: 'rv_copy_s8', count: 30, make: slice },
  { id: 'rv_pad_s8', count: 60, make: widened(pad) },
  { id: 'rv_resize_nearest_s8', count: 30, make: widened(resize('nearest')) },
  { id: 'rv_resize_linear_s8', count: 48, make: interpolation },
  { id: 'rv_transpose_s8', count: 30, make: transpose },
  { id: 'rv_gather_s8', count: 36, make: widened(gather) },
  { id: 'rv_gather_s8', count: 12, make: shuffle },
  { id: 'rv_float_pixels', count: 90, make: floats },
  { id: 'rv_conv2d_1x1_s8_dsp', count: 60, make: pointwise },
  { id: 'rv_conv2d_1x1_wide_s8_dsp', count: 48, make: pointwise },
  { id: 'rv_conv2d_1x1_partial_s8_dsp', count: 60, make: pointwise },
  { id: 'rv_conv2d_1x1_partial_wide_s8_dsp', count: 48, make: pointwise },
  { id: 'rv_conv2d_image1_s8_dsp', count: 48, make: general(false, 1) },
  { id: 'rv_conv2d_image2_s8_dsp', count: 48, make: general(false, 2) },
  { id: 'rv_conv2d_colour_s8_dsp', count: 48, make: general(false, 3) },
  { id: 'rv_conv2d_image4_s8_dsp', count: 48, make: general(false, 4) },
  { id: 'rv_conv2d_s8_dsp', count: 72, make: general(false) },
  { id: 'rv_conv2d_wide_s8_dsp', count: 60, make: general(false) },
  { id: 'rv_conv2d_epilogue_s8_dsp', count: 120, make: withEpilogue(either(pointwise, general(false))) },
  { id: 'rv_conv2d_epilogue_wide_s8_dsp', count: 120, make: withEpilogue(either(pointwise, general(false))) },
  { id: 'rv_conv2d_epilogue_s8_mve', count: 120, make: withEpilogue(either(pointwise, general(false))) },
  { id: 'rv_depthwise_conv2d_epilogue_s8_mve', count: 90, make: withEpilogue(depthwise(any, [1, 1, 2], true)) },
  { id: 'rv_conv2d_1x1_s8_mve', count: 60, make: pointwise },
  { id: 'rv_conv2d_1x1_partial_s8_mve', count: 72, make: pointwise },
  { id: 'rv_conv2d_s8_mve', count: 72, make: general(false) },
  { id: 'rv_depthwise_conv2d_line_s8_dsp', count: 80, make: line },
  { id: 'rv_depthwise_conv2d_s8_mve', count: 80, make: depthwise(any, [1, 1, 2, 2, 3]) },
  { id: 'rv_depthwise_conv2d_line_s8_mve', count: 40, make: sequence },
  { id: 'rv_depthwise_conv2d_wide_s8_mve', count: 80, make: depthwise([3, 5, 7], [1, 2]) },
  { id: 'rv_add_s8_mve', count: 40, make: sum },
  { id: 'rv_mul_s8_mve', count: 60, make: product },
  { id: 'rv_resize_linear_s8_mve', count: 60, make: interpolation },
  { id: 'rv_softmax_s8_mve', count: 30, make: softmax },
  { id: 'rv_lut_s8_mve', count: 24, make: grown(lut) },
  { id: 'rv_max_pool_s8_mve', count: 48, make: pool('maxPool') },
  { id: 'rv_average_pool_s8_mve', count: 48, make: pool('averagePool') },
  { id: 'rv_add_s8_dsp', count: 40, make: sum },
  { id: 'rv_mul_s8_dsp', count: 40, make: product },
  { id: 'rv_lut_s8_dsp', count: 24, make: grown(lut) },
  { id: 'rv_resize_linear_s8_dsp', count: 60, make: interpolation },
  { id: 'rv_max_pool_s8_dsp', count: 60, make: pool('maxPool') },
  { id: 'rv_average_pool_s8_dsp', count: 60, make: pool('averagePool') },
  ...[3, 5, 7].flatMap((size) =>
    [1, 2].map((stride) => ({
      id: `rv_depthwise_conv2d_k${size}s${stride}_s8_dsp`,
      count: 60,
      make: depthwise([size], [stride]),
    })),
  ),
];

/** The whole output in calls of one shape: layers, batches of rows, tiles. */
function callsOf(r: Random, output: Shape, kernel: Kernel, i: number): CallWindow[] {
  if (kernel.calls === 'whole' || i % 4 === 0) return [{ y: 0, rows: output.h, x: 0, cols: output.w }];
  const rows = i % 4 === 3 ? 1 : r.int(1, Math.min(output.h, 6));
  const cols = i % 4 === 2 ? Math.min(output.w, r.int(1, 10)) : output.w;
  const calls: CallWindow[] = [];
  for (let y = 0; y < output.h; y += rows) {
    for (let x = 0; x < output.w; x += cols)
      calls.push({ y, rows: Math.min(rows, output.h - y), x, cols: Math.min(cols, output.w - x) });
  }
  return calls;
}

/** A part of a concat over channels stands between the other parts' channels. */
function outputFormOf(graph: Int8Graph): Form {
  const [node] = graph.nodes;
  return node.op.kind === 'concat' && node.op.axis === 'c'
    ? { ...denseForm, gap: valueOf(graph, node.output).shape.c - valueOf(graph, node.inputs[0]).shape.c }
    : denseForm;
}

/** Slices of one width, a multiple of every packing's granule mostly, and what remains. */
function widthsOf(r: Random, count: number): number[] {
  const width = r.chance(0.8) ? 16 * r.int(1, 6) : r.int(1, 60);
  return Array.from({ length: Math.ceil(count / width) }, (_, i) => Math.min(width, count - i * width));
}

/** `set`'s cases; those that the kernel does not accept are drawn again. */
export function samplesOf(random: Random, set: SampleSet): KernelCase[] {
  const kernel = kernelById(set.id);
  const cases: KernelCase[] = [];
  for (let i = 0, tries = 0; i < set.count; tries++) {
    if (tries > 50 * set.count) throw new Error(`${set.id} accepts none of the samples`);
    const graph = set.make(random, tries);
    const [node] = graph.nodes;
    const slices =
      kernel.sliceGranule === undefined ? {} : { slices: slicesOf(graph, widthsOf(random, valueOf(graph, 0).shape.c)) };
    const parts = slices.slices?.map((s) => s.graph) ?? [graph];
    if (!parts.every((part) => kernel.accepts(part.nodes[0], part))) continue;
    const inputs = stepInputs(node);
    cases.push({
      name: `${set.id}_${i}`,
      kernel,
      graph,
      node,
      inputs: inputs.map((id) => randomTensor(random, valueOf(graph, id))),
      inputForms: inputs.map(() => denseForm),
      outputForm: outputFormOf(graph),
      calls: callsOf(random, stepOutput(node, graph), kernel, i),
      overlap: null,
      ...slices,
    });
    i++;
  }
  return cases;
}
