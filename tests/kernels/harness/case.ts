/** A kernel test: one node, its inputs, and the form in which the kernel sees them. */

import {
  elementBytesOf,
  epilogueOf,
  type Int8Graph,
  type Int8Node,
  type Int8Value,
  valueOf,
} from '../../../compiler/ir/int8-graph.js';
import { elements, type Shape } from '../../../compiler/ir/tensor.js';
import { dilated } from '../../../compiler/ir/window.js';
import type { Kernel } from '../../../compiler/machine/kernel.js';
import { kernelById } from '../../../compiler/machine/kernel-table.js';
import type { Random } from './random.js';

/** Rows [y0, y1) and columns [x0, x1) of a tensor. */
export interface Rect {
  readonly y0: number;
  readonly y1: number;
  readonly x0: number;
  readonly x1: number;
}

export interface CallWindow {
  readonly y: number;
  readonly rows: number;
  readonly x: number;
  readonly cols: number;
}

/**
 * How a tensor is held: whole, as a ring of rows, or only the part that a call needs. `gap`: bytes after each pixel,
 * `rowGap`: bytes after each row.
 */
export interface Form {
  readonly kind: 'whole' | 'ring' | 'tile';
  readonly gap: number;
  readonly rowGap: number;
  readonly ringRows: number;
}

export const denseForm: Form = { kind: 'whole', gap: 0, rowGap: 0, ringRows: 0 };

/** Input channels [channel, channel + width) of a convolution: a graph of one node with `partial` set. */
export interface Slice {
  readonly channel: number;
  readonly graph: Int8Graph;
}

export interface KernelCase {
  readonly name: string;
  readonly kernel: Kernel;
  /** A graph of a single node. */
  readonly graph: Int8Graph;
  readonly node: Int8Node;
  /** Bytes of the inputs, by position. */
  readonly inputs: readonly Int8Array[];
  readonly inputForms: readonly Form[];
  readonly outputForm: Form;
  readonly calls: readonly CallWindow[];
  /** Input and output dense in one block, the output `distance` bytes above the input. */
  /** The kernel computes the node slice by slice. */
  readonly slices?: readonly Slice[];
  readonly overlap: { readonly input: number; readonly distance: number } | null;
  /** One block of scratch for all calls: they write every byte of it. Only where the kernel takes any. */
  readonly sharedScratch?: true;
}

/** What a call reads of input `index`, clipped to the image. */
export function inputRect(node: Int8Node, graph: Int8Graph, index: number, call: CallWindow): Rect {
  const input = valueOf(graph, node.inputs[index]).shape;
  const output = valueOf(graph, node.output).shape;
  const [y0, y1] = span(node, 'h', index, call.y, call.rows, input, output);
  const [x0, x1] = span(node, 'w', index, call.x, call.cols, input, output);
  return { y0, y1, x0, x1 };
}

function span(
  node: Int8Node,
  axis: 'h' | 'w',
  index: number,
  from: number,
  count: number,
  input: Shape,
  output: Shape,
): [number, number] {
  const extent = input[axis];
  const positions = Array.from({ length: count }, (_, i) => from + i);
  const cover = (at: readonly number[]): [number, number] => {
    const valid = at.filter((p) => p >= 0 && p < extent);
    return valid.length === 0 ? [0, 0] : [Math.min(...valid), Math.max(...valid) + 1];
  };
  const { op } = node;
  // The operands of an epilogue are read where the result is written.
  if (index > 0 && epilogueOf(op) !== null) return extent === output[axis] ? cover(positions) : [0, extent];
  switch (op.kind) {
    case 'conv2d':
    case 'maxPool':
    case 'averagePool':
    case 'poolSums': {
      const w = op.window;
      const [kernel, stride, dilation, pad] =
        axis === 'h' ? [w.kernelH, w.strideH, w.dilationH, w.padTop] : [w.kernelW, w.strideW, w.dilationW, w.padLeft];
      const first = from * stride - pad;
      const last = (from + count - 1) * stride - pad + dilated(kernel, dilation) - 1;
      return cover(Array.from({ length: last - first + 1 }, (_, i) => first + i));
    }
    case 'convTranspose2d': {
      const w = op.window;
      const [kernel, stride, dilation, pad] =
        axis === 'h' ? [w.kernelH, w.strideH, w.dilationH, w.padTop] : [w.kernelW, w.strideW, w.dilationW, w.padLeft];
      return cover(
        positions
          .flatMap((p) => Array.from({ length: kernel }, (_, k) => (p + pad - k * dilation) / stride))
          .filter(Number.isInteger),
      );
    }
    case 'resize': {
      const table = axis === 'h' ? op.rows : op.columns;
      return cover(
        positions.flatMap((p) => (op.mode === 'linear' ? [table.index0[p], table.index1[p]] : [table.index0[p]])),
      );
    }
    case 'slice':
      return cover(positions.map((p) => op.start[axis] + p * op.step[axis]));
    case 'gather':
      return op.axis === axis ? cover(positions.map((p) => op.indices[p])) : cover(positions);
    case 'pad':
      return [0, extent];
    case 'transpose':
      return [0, extent];
    default:
      return extent === output[axis] || node.op.kind === 'concat' ? cover(positions) : [0, extent];
  }
}

/** Output shape of the step: a concat's step copies one part. */
export function stepOutput(node: Int8Node, graph: Int8Graph): Shape {
  return valueOf(graph, node.op.kind === 'concat' ? node.inputs[0] : node.output).shape;
}

/** Windows that cover the output: the whole of it, or some rows and some columns at a time. */
export function randomCalls(random: Random, output: Shape, kernel: Kernel): CallWindow[] {
  if (kernel.calls === 'whole' || random.chance(0.2)) return [{ y: 0, rows: output.h, x: 0, cols: output.w }];
  const cuts = (extent: number, largest: number): number[] => {
    const at = [0];
    while (at.at(-1)! < extent) at.push(Math.min(extent, at.at(-1)! + random.int(1, largest)));
    return at;
  };
  // Few rows a call, mostly: rings are as deep as a call needs, and shallow ones wrap within a window.
  const rows = cuts(output.h, random.pick([1, 2, output.h]));
  const columns = random.chance(0.5) ? [0, output.w] : cuts(output.w, output.w);
  return rows
    .slice(1)
    .flatMap((yEnd, i) =>
      columns.slice(1).map((xEnd, j) => ({ y: rows[i], rows: yEnd - rows[i], x: columns[j], cols: xEnd - columns[j] })),
    );
}

/** A form that can hold each of `rects`; gaps are whole elements of `unit` bytes. */
export function randomForm(random: Random, kernel: Kernel, rects: readonly Rect[], isInput: boolean, unit = 1): Form {
  if (kernel.calls === 'whole' && isInput) return denseForm;
  const kind = random.pick(['whole', 'ring', 'ring', 'tile'] as const);
  const deepest = Math.max(1, ...rects.map((r) => r.y1 - r.y0));
  return {
    kind,
    gap: random.chance(0.5) ? 0 : unit * random.int(1, 5),
    rowGap: random.chance(0.5) ? 0 : unit * random.int(1, 5),
    ringRows: kind === 'ring' ? deepest + (random.chance(0.7) ? 0 : random.int(1, 2)) : 0,
  };
}

/** A case over random windows and forms. */
export function randomCase(
  random: Random,
  name: string,
  kernel: Kernel,
  graph: Int8Graph,
  inputs: readonly Int8Array[],
): KernelCase {
  const node = graph.nodes[0];
  const calls = randomCalls(random, stepOutput(node, graph), kernel);
  return {
    name,
    kernel,
    graph,
    node,
    inputs,
    calls,
    overlap: null,
    inputForms: inputs.map((_, i) =>
      randomForm(
        random,
        kernel,
        calls.map((c) => inputRect(node, graph, i, c)),
        true,
        elementBytesOf(valueOf(graph, node.inputs[i])),
      ),
    ),
    outputForm: randomForm(
      random,
      kernel,
      calls.map((c) => ({ y0: c.y, y1: c.y + c.rows, x0: c.x, x1: c.x + c.cols })),
      false,
      epilogueOf(node.op) === null ? 1 : elementBytesOf(valueOf(graph, node.output)),
    ),
  };
}

/** `count` random cases of one kernel, from graphs that it accepts. A concat's step gets one part. */
export function randomCases(
  random: Random,
  id: string,
  count: number,
  make: (random: Random, i: number) => Int8Graph,
): KernelCase[] {
  const kernel = kernelById(id);
  return Array.from({ length: count }, (_, i) => {
    const graph = make(random, i);
    const node = graph.nodes[0];
    if (!kernel.accepts(node, graph)) throw new Error(`${id} does not accept case ${i}`);
    return randomCase(
      random,
      `${id}_${i}`,
      kernel,
      graph,
      stepInputs(node).map((value) => randomTensor(random, valueOf(graph, value))),
    );
  });
}

/** Random bytes of a tensor; int32 numbers within wideReach. */
export function randomTensor(random: Random, value: Int8Value): Int8Array {
  const count = elements(value.shape);
  if (value.dtype === 'int8') return random.int8Array(count);
  const numbers = Int32Array.from({ length: count }, () => random.int(-wideReach, wideReach));
  return new Int8Array(numbers.buffer);
}

/** int32 operands and inputs are drawn from within this reach. */
export const wideReach = 1 << 20;

/** Values that one step of a node reads. */
export const stepInputs = (node: Int8Node): readonly number[] =>
  node.op.kind === 'concat' ? node.inputs.slice(0, 1) : node.inputs;
