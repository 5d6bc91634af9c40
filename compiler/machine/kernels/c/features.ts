/** What calls of the plain C kernels do, convolutions apart, as counts for the cost model. */

import type { AveragePoolOp, Int8Graph, Int8Node, MaxPoolOp } from '../../../ir/int8-graph.js';
import {
  added,
  axisTaps,
  decidedOutputs,
  type Features,
  movedBytes,
  type RoundingForm,
  roundedOutputs,
} from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { inputShape, opOf, outputShape } from './structs.js';

/** Every element of a row takes its turn in one loop where nothing repeats along it, else pixel by pixel. */
export function elementwiseFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const output = outputShape(node, graph);
  const elements = call.rows * call.cols * output.c;
  const repeats = (axis: 'w' | 'c'): boolean =>
    node.inputs.some((_, index) => inputShape(node, graph, index)[axis] !== output[axis]);
  const strided = repeats('c');
  const runs = strided || repeats('w') ? call.rows * call.cols : call.rows;
  const base = { calls: 1, rows: call.rows, runs };
  const { op } = node;
  switch (op.kind) {
    // An operand repeated over the channels goes the way of the rare roundings.
    case 'add':
      return strided && op.rounding === 'fixed'
        ? { ...base, stridedOutputs: elements }
        : { ...base, ...roundedOutputs(op, elements) };
    case 'mul':
      return strided && op.requant.rounding === 'fixed'
        ? { ...base, stridedOutputs: elements }
        : { ...base, ...roundedOutputs(op.requant, elements) };
    case 'prelu': {
      // Inputs are on either side as often. A rare rounding of either sends both out of line.
      const sides = [op.positive, op.negative] as const;
      const inline = sides.every((q) => q.rounding === 'fixed');
      return {
        ...base,
        runs: call.rows * call.cols,
        ...(inline ? { outputs: elements } : sides.map((q) => outOfLine(q, elements / 2)).reduce(added)),
      };
    }
    default:
      return { ...base, outputs: elements };
  }
}

const outOfLine = (q: RoundingForm, outputs: number): Features =>
  Object.fromEntries(Object.entries(roundedOutputs(q, outputs)).map(([name, n]) => [`called_${name}`, n]));

/** rv_pool_window.h: taps inside the image, channels four at a time. */
export function poolFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const op: MaxPoolOp | AveragePoolOp = opOf(node, 'maxPool', 'averagePool');
  const { window: w } = op;
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const pixels = call.rows * call.cols;
  const down = axisTaps(input.h, output.h, w.kernelH, w.strideH, w.dilationH, w.padTop).inside * w.kernelH;
  const across = axisTaps(input.w, output.w, w.kernelW, w.strideW, w.dilationW, w.padLeft).inside * w.kernelW;
  const fours = pixels * Math.floor(output.c / 4);
  const parts = output.c % 4 === 0 ? 0 : pixels;
  const outputs = pixels * output.c;
  return {
    calls: 1,
    rows: call.rows,
    pixels,
    padding: pixels * (w.kernelW - across) + call.rows * (w.kernelH - down),
    fours,
    fourRows: fours * down,
    fourTaps: fours * down * across,
    parts,
    partRows: parts * down,
    partTaps: parts * down * across,
    partValues: pixels * (output.c % 4) * down * across,
    ...(op.kind === 'maxPool' ? { outputs } : roundedOutputs(op.requants[0], outputs)),
  };
}

export function softmaxFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const pixels = call.rows * call.cols;
  return {
    calls: 1,
    rows: call.rows,
    pixels,
    ...roundedOutputs(opOf(node, 'softmax').requant, pixels * outputShape(node, graph).c),
  };
}

export function logSoftmaxFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const pixels = call.rows * call.cols;
  return { calls: 1, rows: call.rows, pixels, values: pixels * outputShape(node, graph).c };
}

export function argMaxFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const pixels = call.rows * call.cols;
  return { calls: 1, rows: call.rows, pixels, values: pixels * inputShape(node, graph).c };
}

/** Slice, Concat's parts, Pad, Resize, Gather, Transpose. */
export function moveFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const output = outputShape(node, graph);
  const pixels = call.rows * call.cols;
  const bytes = pixels * output.c;
  const base = { calls: 1, rows: call.rows };
  const { op } = node;
  switch (op.kind) {
    case 'concat': {
      const parts = call.part === undefined ? node.inputs.map((_, part) => part) : [call.part];
      return parts.map((part) => partFeatures(node, graph, part, call)).reduce(added);
    }
    case 'slice': {
      if (op.step.c !== 1) return { ...base, loosePixels: pixels, looseBytes: bytes };
      const gapless = op.step.w === 1 && inputShape(node, graph).c === output.c;
      return gapless
        ? { ...base, runs: call.rows, ...movedBytes(bytes, call.cols * output.c, output.w * output.c) }
        : {
            ...base,
            pixels,
            runs: pixels,
            ...movedBytes(bytes, output.c, output.c | inputShape(node, graph).c | op.start.c),
          };
    }
    case 'pad': {
      const input = inputShape(node, graph);
      const inside =
        op.mode === 'constant'
          ? insideOf(op.before.h, input.h, output.h) * insideOf(op.before.w, input.w, output.w)
          : 1;
      const outside = {
        padding: pixels * (1 - insideOf(op.before.w, input.w, output.w)),
        fills: pixels * (1 - inside),
        filledBytes: bytes * (1 - inside),
      };
      if (op.before.c !== 0 || input.c !== output.c) {
        const within = bytes * inside * insideOf(op.before.c, input.c, output.c);
        return { ...base, pixels, ...outside, looseBytes: within, [`${op.mode}Bytes`]: bytes * inside - within };
      }
      return { ...base, pixels, ...outside, ...movedBytes(bytes * inside, output.c, output.c) };
    }
    case 'resize':
      return op.mode === 'nearest'
        ? { ...base, pixels, ...movedBytes(bytes, output.c, output.c) }
        : { ...base, pixels, outputs: bytes, ...decidedOutputs(op, pixels, output.c, 1) };
    case 'gather':
      return { ...base, pixels, ...(op.axis === 'c' ? { looseBytes: bytes } : movedBytes(bytes, output.c, output.c)) };
    case 'transpose':
      return { ...base, pixels, looseBytes: bytes };
    default:
      throw new Error(`${node.name}: ${op.kind} is not a move`);
  }
}

/** The copy of one part of a concat: of its own window, or of its share of a window of the whole output. */
function partFeatures(node: Int8Node, graph: Int8Graph, part: number, call: CallShape): Features {
  const input = inputShape(node, graph, part);
  const output = outputShape(node, graph);
  const share = (axis: 'h' | 'w'): number => (call.part === undefined ? input[axis] / output[axis] : 1);
  const rows = call.rows * share('h');
  const pixels = rows * call.cols * share('w');
  const gapless = input.c === output.c;
  return {
    calls: 1,
    rows,
    runs: gapless ? rows : pixels,
    pixels: gapless ? 0 : pixels,
    ...movedBytes(
      pixels * input.c,
      gapless ? call.cols * share('w') * input.c : input.c,
      gapless ? input.w * input.c : input.c | output.c,
    ),
  };
}

/** Share of an axis' output positions that read the input. */
const insideOf = (before: number, extent: number, outputs: number): number =>
  Math.max(0, Math.min(outputs, before + extent) - Math.max(0, before)) / outputs;
