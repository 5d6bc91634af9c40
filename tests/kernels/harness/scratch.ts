/**
 * Every kernel on every small shape, in calls of every size: the scratch that the kernel table sets aside is what the
 * calls write, to the byte. A layer, a stream and a tile are such calls, so a plan's bytes are the bytes touched.
 */

import { type ConvOp, epilogueOf, type Int8Graph, valueOf } from '../../../compiler/ir/int8-graph.js';
import { unitWindow, type Window } from '../../../compiler/ir/window.js';
import type { Kernel } from '../../../compiler/machine/kernel.js';
import { type CallWindow, denseForm, type KernelCase, randomTensor } from './case.js';
import {
  convEpilogue,
  depthwiseEpilogue,
  elementwiseEpilogue,
  poolSumsEpilogue,
  transposedEpilogue,
} from './graphs/epilogue.js';
import { float } from './graphs/float.js';
import { convGraph, windowOutput } from './nodes.js';
import type { Random } from './random.js';
import { slicesOf } from './slices.js';

/** Input sizes, square and not, from a single pixel on. */
const sizes: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 2],
  [2, 1],
  [1, 3],
  [2, 2],
  [3, 1],
  [1, 5],
  [3, 3],
  [5, 2],
  [2, 7],
  [4, 4],
  [6, 5],
];
const kernels: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 3],
  [1, 3],
  [3, 1],
  [2, 2],
  [5, 5],
  [7, 7],
  [10, 4],
];

/** The output in calls of at most so many rows and columns. */
function walk(output: { h: number; w: number }, rows: number, cols: number): CallWindow[] {
  const calls: CallWindow[] = [];
  for (let y = 0; y < output.h; y += rows) {
    for (let x = 0; x < output.w; x += cols)
      calls.push({ y, rows: Math.min(rows, output.h - y), x, cols: Math.min(cols, output.w - x) });
  }
  return calls;
}

/** Convolutions of all kinds on small images, with and without padding, in both strides. */
function* windowsOn(h: number, w: number): Iterable<Window> {
  for (const [kernelH, kernelW] of kernels) {
    for (const stride of [1, 2]) {
      for (const padded of [false, true]) {
        const [padH, padW] = padded ? [kernelH >> 1, kernelW >> 1] : [0, 0];
        const pads = { padTop: padH, padBottom: padH, padLeft: padW, padRight: padW };
        const window = { ...unitWindow, kernelH, kernelW, strideH: stride, strideW: stride, ...pads };
        const output = windowOutput(window, { h, w, c: 1 });
        if (output.h >= 1 && output.w >= 1 && (kernelH * kernelW > 1 || !padded)) yield window;
      }
    }
  }
}

/** Graphs of one convolution of every kind that takes scratch. */
function* convolutions(random: Random): Iterable<Int8Graph> {
  const narrow = (graph: Int8Graph): Int8Graph => {
    const [node] = graph.nodes;
    const op = node.op as ConvOp;
    // Room for summed words.
    return op.weights instanceof Int8Array
      ? { ...graph, nodes: [{ ...node, op: { ...op, weights: op.weights.map((v) => Math.max(v, -127)) } }] }
      : graph;
  };
  for (const [h, w] of sizes) {
    for (const window of windowsOn(h, w)) {
      const dilation = random.chance(0.2) ? 2 : 1;
      const dilated = { ...window, dilationH: dilation, dilationW: dilation };
      const out = windowOutput(dilated, { h, w, c: 1 });
      const used = out.h >= 1 && out.w >= 1 ? dilated : window;
      const size = windowOutput(used, { h, w, c: 1 });
      const c = random.pick([1, 2, 3, 3, 4, 5, 8, 17]);
      const groups = random.pick([1, 1, c, c % 2 === 0 ? 2 : 1]);
      const channels = groups === c && c > 1 && random.chance(0.8) ? c : groups * random.int(1, 5);
      const spec = { input: { h, w, c }, output: { ...size, c: channels }, window: used, groups };
      const wide = random.chance(0.1);
      yield random.chance(0.8) ? narrow(convGraph(random, { ...spec, wide })) : convGraph(random, { ...spec, wide });
      if (random.chance(0.15)) {
        const along = (n: number, k: number, s: number): number => (n - 1) * s + k;
        const output = {
          h: along(h, window.kernelH, window.strideH),
          w: along(w, window.kernelW, window.strideW),
          c: groups * 2,
        };
        const unpadded = { ...window, padTop: 0, padBottom: 0, padLeft: 0, padRight: 0 };
        yield convGraph(random, {
          kind: 'convTranspose2d',
          input: { h, w, c },
          output,
          window: unpadded,
          groups,
          wide,
        });
      }
    }
  }
}

/** Operators that go on behind their sums, of every kind. */
function* epilogues(random: Random): Iterable<Int8Graph> {
  const makers = [
    convEpilogue(false),
    convEpilogue(true),
    transposedEpilogue(false),
    transposedEpilogue(true),
    depthwiseEpilogue,
    poolSumsEpilogue,
    elementwiseEpilogue,
  ];
  for (let i = 0; i < 16; i++) for (const make of makers) yield make(random, i);
}

/** Float tails: their registers are scratch. */
function* floatTails(random: Random): Iterable<Int8Graph> {
  for (let i = 0; i < 16; i++) yield float(random);
}

/** A case for every way to call each kernel that accepts the node and takes scratch for it. */
function* casesOf(random: Random, table: readonly Kernel[], graph: Int8Graph, name: string): Iterable<KernelCase> {
  const [node] = graph.nodes;
  const output = valueOf(graph, node.output).shape;
  const op = node.op as ConvOp;
  const inputs = node.inputs.map((id) => randomTensor(random, valueOf(graph, id)));
  const pointwise = op.kind === 'conv2d' && op.window.kernelH * op.window.kernelW === 1 && op.groups === 1;
  const padded = 'window' in op && op.window.padTop + op.window.padLeft > 0;
  for (const kernel of table) {
    // The kernel table keeps epilogues for the kernels that end in one.
    if ((kernel.takesEpilogue === true) !== (epilogueOf(op) !== null)) continue;
    const whole = kernel.accepts(node, graph);
    const sliced =
      !whole && kernel.sliceGranule !== undefined && pointwise && !padded && op.weights instanceof Int8Array;
    if (!whole && !sliced) continue;
    const depth = valueOf(graph, 0).shape.c;
    if (sliced && depth < 2) continue;
    const first = random.int(1, depth - 1);
    const slices = sliced ? slicesOf(graph, [first, depth - first]) : undefined;
    if (slices?.every((s) => kernel.accepts(s.graph.nodes[0], s.graph)) === false) continue;
    for (const rows of new Set([1, 2, output.h])) {
      for (const cols of new Set([1, 2, 3, 4, output.w])) {
        if (rows > output.h || cols > output.w) continue;
        // Slices are called tile by tile: the sums of one tile end before the next begins.
        yield {
          name: `${name}_${kernel.id}_${rows}x${cols}`,
          kernel,
          graph,
          node,
          inputs,
          inputForms: inputs.map(() => denseForm),
          outputForm: denseForm,
          calls: walk(output, rows, cols),
          overlap: null,
          sharedScratch: true,
          ...(slices === undefined ? {} : { slices }),
        };
      }
    }
  }
}

/** Cases of all kernels of `table` that take scratch; those that take none have nothing to check. */
export function scratchCases(random: Random, table: readonly Kernel[]): KernelCase[] {
  let index = 0;
  return [...convolutions(random), ...epilogues(random), ...floatTails(random)].flatMap((graph) => [
    ...casesOf(random, table, graph, `s${index++}`),
  ]);
}
