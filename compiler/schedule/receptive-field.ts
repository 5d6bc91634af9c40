/**
 * Receptive-field calculus: which rows (columns) of an input a window of output rows (columns) reads. Exact for
 * every operator; half-open intervals, clipped to the image, so that border tiles never claim padding.
 * The generalisation of MCUNetV2's backward rule (Lin et al. 2021, section 3) to any window, any pad, resampling,
 * transposed convolution and broadcast operands.
 */

import { epilogueOf, type Int8Graph, type Int8Node, valueOf } from '../ir/int8-graph.js';
import type { ResizeAxis } from '../ir/graph.js';
import type { Window } from '../ir/window.js';

export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

export type Axis = 'h' | 'w';

const clip = (lo: number, hi: number, extent: number): Interval => {
  const from = Math.min(Math.max(lo, 0), extent);
  return { lo: from, hi: Math.max(from, Math.min(hi, extent)) };
};

/**
 * Positions of input `inputIndex` along `axis` which the output positions [lo, hi) read; empty (lo == hi) where
 * they read none. Complexity O(1), for Resize and Gather O(hi - lo).
 */
export function inputInterval(
  node: Int8Node,
  graph: Int8Graph,
  inputIndex: number,
  axis: Axis,
  lo: number,
  hi: number,
): Interval {
  const inShape = valueOf(graph, node.inputs[inputIndex]).shape;
  const outShape = valueOf(graph, node.output).shape;
  const inExtent = inShape[axis];
  if (lo >= hi) return { lo: 0, hi: 0 };
  const op = node.op;
  // The operands of an epilogue are read where the result is written.
  if (inputIndex > 0 && epilogueOf(op) !== null) return elementwiseInterval(inExtent, outShape[axis], lo, hi);
  switch (op.kind) {
    case 'conv2d':
    case 'maxPool':
    case 'averagePool':
    case 'poolSums': {
      const { stride, pad, span } = windowAxis(op.window, axis);
      // Outputs at the ends may lie in the padding alone.
      const first = Math.max(lo, Math.ceil((pad - span + 1) / stride));
      const last = Math.min(hi - 1, Math.floor((inExtent - 1 + pad) / stride));
      return first > last ? { lo: 0, hi: 0 } : clip(first * stride - pad, last * stride - pad + span, inExtent);
    }
    case 'convTranspose2d': {
      const { stride, pad, span } = windowAxis(op.window, axis);
      return clip(Math.ceil((lo + pad - (span - 1)) / stride), Math.floor((hi - 1 + pad) / stride) + 1, inExtent);
    }
    case 'add':
    case 'mul':
    case 'min':
    case 'max':
    case 'elementwise':
      return elementwiseInterval(inExtent, outShape[axis], lo, hi);
    case 'lut':
    case 'prelu':
    case 'softmax':
    case 'logSoftmax':
    case 'argMax':
    case 'floatPixels':
      return clip(lo, hi, inExtent);
    case 'concat': {
      if (op.axis !== axis) return clip(lo, hi, inExtent);
      let start = 0;
      for (let i = 0; i < inputIndex; i++) start += valueOf(graph, node.inputs[i]).shape[axis];
      return clip(lo - start, hi - start, inExtent);
    }
    case 'slice': {
      const a = op.start[axis] + lo * op.step[axis];
      const b = op.start[axis] + (hi - 1) * op.step[axis];
      return clip(Math.min(a, b), Math.max(a, b) + 1, inExtent);
    }
    case 'pad':
      return padInterval(op.mode, lo - op.before[axis], hi - op.before[axis], inExtent);
    case 'resize':
      return resizeInterval(axis === 'h' ? op.rows : op.columns, op.mode, lo, hi);
    case 'gather': {
      if (op.axis !== axis) return clip(lo, hi, inExtent);
      return extremes(op.indices, null, lo, hi);
    }
    case 'reshape':
      return rowPreserving(node, graph) ? clip(lo, hi, inExtent) : { lo: 0, hi: inExtent };
    case 'transpose':
      return { lo: 0, hi: inExtent };
  }
}

/** Of an operand that is repeated along the axis where its extent is 1. */
const elementwiseInterval = (inExtent: number, outExtent: number, lo: number, hi: number): Interval =>
  inExtent === 1 && outExtent > 1 ? { lo: 0, hi: 1 } : clip(lo, hi, inExtent);

/** True where a Reshape keeps rows as rows, so that a ring of its input is a ring of its output. */
export function rowPreserving(node: Int8Node, graph: Int8Graph): boolean {
  const a = valueOf(graph, node.inputs[0]).shape;
  const b = valueOf(graph, node.output).shape;
  return a.h === b.h && a.w === b.w && a.c === b.c;
}

/** Whether some output position lies so far outside the image that it reads nothing of it along `axis`. */
export function readsPaddingAlone(node: Int8Node, graph: Int8Graph, axis: Axis): boolean {
  const last = valueOf(graph, node.output).shape[axis] - 1;
  return [0, last].some((at) =>
    node.inputs.some((id, index) => {
      if (valueOf(graph, id).constant !== null) return false;
      const need = inputInterval(node, graph, index, axis, at, at + 1);
      return need.lo >= need.hi;
    }),
  );
}

/** One output position that reads the whole image: it can be fed row by row into sums (global pooling). */
export function isGlobalPool(node: Int8Node, graph: Int8Graph): boolean {
  if (node.op.kind !== 'averagePool' && node.op.kind !== 'maxPool' && node.op.kind !== 'poolSums') return false;
  const input = valueOf(graph, node.inputs[0]).shape;
  const output = valueOf(graph, node.output).shape;
  const { window } = node.op;
  return (
    output.h === 1 &&
    output.w === 1 &&
    window.padTop === 0 &&
    window.padLeft === 0 &&
    window.kernelH >= input.h &&
    window.kernelW >= input.w &&
    window.dilationH === 1 &&
    window.dilationW === 1
  );
}

function windowAxis(window: Window, axis: Axis): { stride: number; pad: number; span: number } {
  return axis === 'h'
    ? { stride: window.strideH, pad: window.padTop, span: (window.kernelH - 1) * window.dilationH + 1 }
    : { stride: window.strideW, pad: window.padLeft, span: (window.kernelW - 1) * window.dilationW + 1 };
}

/** Positions that a padded window [lo, hi), counted from the image's first, takes from the image. */
function padInterval(mode: 'constant' | 'reflect' | 'edge', lo: number, hi: number, extent: number): Interval {
  if (mode === 'constant') return clip(lo, hi, extent);
  const last = extent - 1;
  if (mode === 'edge') return { lo: Math.min(Math.max(lo, 0), last), hi: Math.min(Math.max(hi - 1, 0), last) + 1 };
  // Reflected more than once: the whole image, at most.
  if (lo < -last || hi - 1 > 2 * last) return { lo: 0, hi: extent };
  const ends = [lo, hi - 1].map((i) => (i < 0 ? -i : i > last ? 2 * last - i : i));
  return { lo: lo < 0 && hi > 0 ? 0 : Math.min(...ends), hi: lo <= last && hi > last ? extent : Math.max(...ends) + 1 };
}

function resizeInterval(axis: ResizeAxis, mode: 'nearest' | 'linear', lo: number, hi: number): Interval {
  return extremes(axis.index0, mode === 'linear' ? axis.index1 : null, lo, hi);
}

function extremes(a: Int32Array, b: Int32Array | null, lo: number, hi: number): Interval {
  let min = a[lo];
  let max = a[lo];
  for (let i = lo; i < hi; i++) {
    min = Math.min(min, a[i], b === null ? min : b[i]);
    max = Math.max(max, a[i], b === null ? max : b[i]);
  }
  return { lo: min, hi: max + 1 };
}
