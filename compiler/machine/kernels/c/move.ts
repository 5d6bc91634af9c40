/** Kernels in plain C that move data: Slice, Concat's parts, Pad, Resize, Transpose, Gather. */

import {
  elementBytesOf,
  type Int8Graph,
  type Int8Node,
  type PadOp,
  type ResizeOp,
  type TransposeOp,
  valueOf,
} from '../../../ir/int8-graph.js';
import { usesWholeWeights } from '../../../numerics/resize.js';
import { costOf } from '../../cost.js';
import type { Shape } from '../../../ir/tensor.js';
import type { AccessEvent, CStruct, Kernel, RowFilter } from '../../kernel.js';
import { channelByChannel, nothing, pixelSpan, pixelsReread, rowsSpan, type Span, unordered } from './access.js';
import { moveFeatures } from './features.js';
import { footprintOf } from './footprint.js';
import {
  axisCode,
  floatArray,
  floatBits,
  inputShape,
  int32Array,
  opOf,
  outputShape,
  requantStruct,
  struct,
  uint16Array,
} from './structs.js';

interface MoveKernel extends Pick<Kernel, 'id' | 'files' | 'accepts' | 'params' | 'accesses'> {
  readonly calls?: Kernel['calls'];
}

const moveKernel = (k: MoveKernel): Kernel => ({
  isa: 'c',
  scratchBytes: () => 0,
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace: () => false,
  ...costOf(k.id, moveFeatures),
  ...footprintOf(k.id),
  ...k,
});

// Runs of bytes go upwards (rv_copy_run.h).
const copy = moveKernel({
  id: 'rv_copy_s8',
  files: ['src/rv_copy_s8.c'],
  accepts: (node) => node.op.kind === 'slice' || node.op.kind === 'concat',
  params(node, graph, part = 0) {
    if (node.op.kind === 'concat')
      return copyStruct({ h: 0, w: 0, c: 0 }, { h: 1, w: 1, c: 1 }, inputShape(node, graph, part).c);
    const { start, step } = opOf(node, 'slice');
    return copyStruct(start, step, outputShape(node, graph).c);
  },
  accesses(node, graph, index, y, rows, only) {
    const input = inputShape(node, graph, index);
    const output = outputShape(node, graph);
    if (node.op.kind === 'concat') return unordered(rowsSpan(input, 0, input.h), rowsSpan(output, 0, output.h));
    const { start, step } = opOf(node, 'slice');
    const read = (oy: number, ox: number): Span => pixelSpan(input, start.h + oy * step.h, start.w + ox * step.w);
    return step.c === 1
      ? channelByChannel(output, y, rows, 1, read, only)
      : pixelsReread(output, y, rows, 1, read, only);
  },
});

function copyStruct(
  start: { h: number; w: number; c: number },
  step: { h: number; w: number; c: number },
  channels: number,
): CStruct {
  return struct('rv_copy_params', {
    startY: start.h,
    startX: start.w,
    startC: start.c,
    stepY: step.h,
    stepX: step.w,
    stepC: step.c,
    channels,
  });
}

const padModes = { constant: 0, reflect: 1, edge: 2 } as const;

const pad = moveKernel({
  id: 'rv_pad_s8',
  files: ['src/rv_pad_s8.c', 'include/rv_requantise.h'],
  accepts: (node) => node.op.kind === 'pad',
  params(node, graph) {
    const op: PadOp = opOf(node, 'pad');
    const input = inputShape(node, graph);
    return struct('rv_pad_params', {
      padTop: op.before.h,
      padLeft: op.before.w,
      padFront: op.before.c,
      inHeight: input.h,
      inWidth: input.w,
      inChannels: input.c,
      outChannels: outputShape(node, graph).c,
      mode: padModes[op.mode],
      value: op.value,
    });
  },
  accesses(node, graph, _input, y, rows, only) {
    const op: PadOp = opOf(node, 'pad');
    const input = inputShape(node, graph);
    const output = outputShape(node, graph);
    const read = (oy: number, ox: number): Span => {
      const iy = padSource(op.mode, oy - op.before.h, input.h);
      const ix = padSource(op.mode, ox - op.before.w, input.w);
      return iy < 0 || ix < 0 ? nothing : pixelSpan(input, iy, ix);
    };
    const whole = op.before.c === 0 && output.c === input.c;
    return whole ? channelByChannel(output, y, rows, 1, read, only) : pixelsReread(output, y, rows, 1, read, only);
  },
});

/** Source of position i of an axis; -1 where the constant stands. */
function padSource(mode: PadOp['mode'], i: number, extent: number): number {
  if (i >= 0 && i < extent) return i;
  if (mode === 'constant') return -1;
  if (mode === 'edge' || extent === 1) return Math.min(Math.max(i, 0), extent - 1);
  const period = 2 * (extent - 1);
  const m = ((i % period) + period) % period;
  return m < extent ? m : period - m;
}

/** rv_resize_params */
export function resizeStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const op: ResizeOp = opOf(node, 'resize');
  const { linear } = op;
  const inDoubt = linear !== null && linear.doubt > 0;
  const isWhole = linear !== null && usesWholeWeights(op, linear);
  const outputUnit = isWhole ? op.rows.denominator * op.columns.denominator : 1;
  return struct('rv_resize_params', {
    rows0: uint16Array(op.rows.index0),
    rows1: linear !== null ? uint16Array(op.rows.index1) : null,
    columns0: uint16Array(op.columns.index0),
    columns1: linear !== null ? uint16Array(op.columns.index1) : null,
    rowWeights1: linear !== null ? uint16Array(op.rows.weight1) : null,
    columnWeights1: linear !== null ? uint16Array(op.columns.weight1) : null,
    rowFloats1: inDoubt && !isWhole ? floatArray(op.rows.float1) : null,
    columnFloats1: inDoubt && !isWhole ? floatArray(op.columns.float1) : null,
    rowDenominator: op.rows.denominator,
    columnDenominator: op.columns.denominator,
    ...(linear === null ? {} : { requant: requantStruct(linear.requant) }),
    ...(linear !== null && inDoubt
      ? {
          inputScale: floatBits(linear.inputScale),
          outputScale: floatBits(outputUnit * linear.outputScale),
          doubt: linear.doubt,
        }
      : {}),
    channels: outputShape(node, graph).c,
    inputZeroPoint: op.inputZeroPoint,
    ...(linear?.truncates === true ? { truncates: 1 } : {}),
  });
}

const isResize = (node: Int8Node, mode: ResizeOp['mode']): boolean =>
  node.op.kind === 'resize' && node.op.mode === mode;

const resizeNearest = moveKernel({
  id: 'rv_resize_nearest_s8',
  files: ['src/rv_resize_nearest_s8.c'],
  accepts: (node) => isResize(node, 'nearest'),
  params: resizeStruct,
  accesses(node, graph, _input, y, rows, only) {
    const op = opOf(node, 'resize');
    const input = inputShape(node, graph);
    return channelByChannel(
      outputShape(node, graph),
      y,
      rows,
      1,
      (oy, ox) => pixelSpan(input, op.rows.index0[oy], op.columns.index0[ox]),
      only,
    );
  },
});

const resizeLinear = moveKernel({
  id: 'rv_resize_linear_s8',
  files: ['src/rv_resize_linear_s8.c', 'src/rv_resize_float32.c', 'src/rv_resize_linear.h', 'include/rv_requantise.h'],
  accepts: (node) => isResize(node, 'linear'),
  params: resizeStruct,
  accesses: linearAccesses(1),
});

/** Channels `block` at a time, between the pixels that they are interpolated from. */
export function linearAccesses(block: number): Kernel['accesses'] {
  return (node, graph, _input, y, rows, only) => {
    const op = opOf(node, 'resize');
    const input = inputShape(node, graph);
    return channelByChannel(outputShape(node, graph), y, rows, block, (oy, ox) => cornersSpan(op, input, oy, ox), only);
  };
}

/** The pixels between which an output pixel is interpolated. */
function cornersSpan(op: ResizeOp, input: Shape, y: number, x: number): Span {
  const { rows, columns } = op;
  const first = pixelSpan(
    input,
    Math.min(rows.index0[y], rows.index1[y]),
    Math.min(columns.index0[x], columns.index1[x]),
  );
  const last = pixelSpan(
    input,
    Math.max(rows.index0[y], rows.index1[y]),
    Math.max(columns.index0[x], columns.index1[x]),
  );
  return { from: first.from, to: last.to };
}

const transpose = moveKernel({
  id: 'rv_transpose_s8',
  files: ['src/rv_transpose_s8.c'],
  accepts: (node) => node.op.kind === 'transpose',
  params(node, graph) {
    const { dims, perm } = simplified(inBytes(opOf(node, 'transpose'), outputUnit(node, graph)));
    if (dims.length > maxRank) throw new Error(`${node.name}: transpose of rank ${dims.length}`);
    const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, d) => product * d, 1));
    return struct('rv_transpose_params', {
      outDims: int32Array(perm.map((p) => dims[p])),
      inStrides: int32Array(perm.map((p) => strides[p])),
      rank: dims.length,
      channels: outputShape(node, graph).c * outputUnit(node, graph),
    });
  },
  calls: 'whole',
  accesses(node, graph) {
    const input = inputShape(node, graph);
    const output = outputShape(node, graph);
    const unit = outputUnit(node, graph);
    return unordered(rowsSpan(input, 0, input.h, unit), rowsSpan(output, 0, output.h, unit));
  },
});

/** Bytes of an element. */
const outputUnit = (node: Int8Node, graph: Int8Graph): number => elementBytesOf(valueOf(graph, node.output));

/** The move of an element's bytes, which stay together. */
const inBytes = (op: TransposeOp, unit: number): TransposeOp =>
  unit === 1 ? op : { ...op, dims: [...op.dims, unit], perm: [...op.perm, op.dims.length] };

/** MAX_RANK of rv_transpose_s8.c */
const maxRank = 8;

/** The same move with axes of extent 1 dropped and axes that stay together merged. */
function simplified(op: TransposeOp): { dims: number[]; perm: number[] } {
  const kept = op.perm.filter((p) => op.dims[p] !== 1);
  const runs: number[][] = [];
  for (const axis of kept) {
    const run = runs.at(-1);
    const next = run === undefined ? undefined : nextAxis(op.dims, run.at(-1)!);
    if (run !== undefined && axis === next) run.push(axis);
    else runs.push([axis]);
  }
  if (runs.length === 0) return { dims: [1], perm: [0] };
  const order = [...runs].sort((a, b) => a[0] - b[0]);
  return {
    dims: order.map((run) => run.reduce((product, axis) => product * op.dims[axis], 1)),
    perm: runs.map((run) => order.indexOf(run)),
  };
}

/** The next axis of extent > 1. */
function nextAxis(dims: readonly number[], axis: number): number | undefined {
  for (let next = axis + 1; next < dims.length; next++) if (dims[next] !== 1) return next;
  return undefined;
}

/** A transpose that only permutes the channels of each pixel (channel shuffle): the source of each channel; else null. */
export function channelPermutation(node: Int8Node, graph: Int8Graph): Int32Array | null {
  if (node.op.kind !== 'transpose' || outputUnit(node, graph) !== 1) return null;
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  if (input.h !== output.h || input.w !== output.w) return null;
  const { dims, perm } = simplified(node.op);
  let fixed = 0;
  let pixels = 1;
  while (fixed < perm.length && perm[fixed] === fixed && pixels < input.h * input.w) pixels *= dims[fixed++];
  if (pixels !== input.h * input.w) return null;
  const inner = perm.slice(fixed);
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, d) => product * d, 1));
  const source = new Int32Array(output.c);
  const index = inner.map(() => 0);
  for (let c = 0; c < output.c; c++) {
    source[c] = inner.reduce((sum, axis, i) => sum + index[i] * strides[axis], 0);
    for (let i = inner.length - 1; i >= 0 && ++index[i] === dims[inner[i]]; i--) index[i] = 0;
  }
  return source;
}

const gather = moveKernel({
  id: 'rv_gather_s8',
  files: ['src/rv_gather_s8.c'],
  accepts: (node, graph) => node.op.kind === 'gather' || channelPermutation(node, graph) !== null,
  params(node, graph) {
    const { axis, indices } = gatherOf(node, graph);
    return struct('rv_gather_params', {
      indices: uint16Array(indices),
      axis: axisCode[axis],
      channels: outputShape(node, graph).c,
    });
  },
  accesses: gatherAccesses,
});

function gatherOf(node: Int8Node, graph: Int8Graph): { axis: 'h' | 'w' | 'c'; indices: Int32Array } {
  if (node.op.kind === 'gather') return node.op;
  const indices = channelPermutation(node, graph);
  if (indices === null) throw new Error(`${node.name}: not a gather`);
  return { axis: 'c', indices };
}

function gatherAccesses(
  node: Int8Node,
  graph: Int8Graph,
  _input: number,
  y: number,
  rows: number,
  only?: RowFilter,
): Iterable<AccessEvent> {
  const { axis, indices } = gatherOf(node, graph);
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  if (axis === 'c') return pixelsReread(output, y, rows, 1, (oy, ox) => pixelSpan(input, oy, ox), only);
  return channelByChannel(
    output,
    y,
    rows,
    1,
    (oy, ox) => pixelSpan(input, axis === 'h' ? indices[oy] : oy, axis === 'w' ? indices[ox] : ox),
    only,
  );
}

export const moveKernels: readonly Kernel[] = [copy, pad, resizeNearest, resizeLinear, gather, transpose];
