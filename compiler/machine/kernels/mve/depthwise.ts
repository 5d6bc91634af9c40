/** Depthwise convolutions for MVE, one filter a channel. */

import type { ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { dilated, type Window } from '../../../ir/window.js';
import { costOf } from '../../cost.js';
import type { AccessEvent, CallShape, CValue, Kernel } from '../../kernel.js';
import { event, rowsSpan, unordered } from '../c/access.js';
import { channelRequantStruct, convStruct, inputShape, opOf, outputShape, struct } from '../c/structs.js';
import {
  type DepthwiseWork,
  generalDepthwiseCost,
  generalDepthwiseFeatures,
  wideDepthwiseCost,
  wideDepthwiseFeatures,
} from './cost-depthwise.js';
import { depthwiseLine } from './depthwise-line.js';
import { convFeatures } from './features.js';
import { footprintOf } from './footprint.js';
import {
  type DepthwiseForm,
  generalForm,
  groupChannels,
  packGroups,
  packWide,
  planeBytes,
  wideForm,
} from './pack-depthwise.js';
import { isFastBehindShift } from './pack-dot.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d', 'convTranspose2d');

/** RV_DEPTHWISE_OVERREAD */
const overread = 24;
/** Scatter offsets have 16 bits. */
const largestPlane = 8191;
const largestPitch = 8191;
/** Blocks of 16 taps beyond which another kernel is better. */
const mostBlocks = 16;

/** Output rows that are computed together, after their input rows are staged: [y, end) and the staged rows' end. */
function* batches(
  w: Window,
  form: DepthwiseForm,
  y: number,
  rows: number,
): Iterable<{ y: number; end: number; staged: number }> {
  for (let from = y; from < y + rows; ) {
    const left = y + rows - from;
    const end = from + Math.min(left, form.rows(left));
    yield { y: from, end, staged: (end - 1) * w.strideH - w.padTop + dilated(w.kernelH, w.dilationH) };
    from = end;
  }
}

interface Variant {
  readonly id: string;
  readonly files: readonly string[];
  /** Null where the kernel does not compute the node. */
  readonly form: (op: ConvOp) => DepthwiseForm | null;
  readonly pack: (op: ConvOp, form: DepthwiseForm, fast: boolean) => Uint8Array;
  /** Instructions of the whole, by which the better kernel is chosen. */
  readonly cost: typeof generalDepthwiseCost;
  readonly features: typeof generalDepthwiseFeatures;
}

function workOf(v: Variant, node: Int8Node, graph: Int8Graph, call: CallShape): DepthwiseWork {
  const op = convOf(node);
  const form = v.form(op)!;
  return {
    window: op.window,
    form,
    fast: isFastBehindShift(op.requant),
    call,
    channels: outputShape(node, graph).c,
    batches: [...batches(op.window, form, 0, call.rows)].map((b) => b.end - b.y),
  };
}

function depthwise(v: Variant): Kernel {
  const formOf = (node: Int8Node): DepthwiseForm => v.form(convOf(node))!;
  const files = [
    `src/${v.id}.c`,
    ...v.files,
    'src/rv_depthwise_stage_mve.c',
    'src/rv_depthwise_mve.h',
    'include/rv_kernels_mve.h',
    'include/rv_requantise.h',
  ];
  return {
    id: v.id,
    isa: 'mve',
    files,
    accepts(node, graph) {
      if (node.op.kind !== 'conv2d' || !(node.op.weights instanceof Int8Array)) return false;
      const input = inputShape(node, graph);
      const output = outputShape(node, graph);
      const form = v.form(node.op);
      return (
        node.op.groups === input.c &&
        output.c === input.c &&
        input.c > 1 &&
        input.c <= largestPitch &&
        form !== null &&
        form.blocks <= mostBlocks &&
        planeBytes(node.op.window, form, { rows: output.h, cols: output.w }) <= largestPlane
      );
    },
    params(node, graph) {
      const op = convOf(node);
      const form = formOf(node);
      const fast = isFastBehindShift(op.requant);
      const weights: CValue = { kind: 'array', type: 'uint8_t', data: v.pack(op, form, fast), alignBytes: 8 };
      return struct('rv_depthwise_mve_params', {
        conv: convStruct(node, graph, weights, null, channelRequantStruct(op.requant, fast)),
        slots: form.slots,
        blocks: form.blocks,
        kernel: form.kernel,
      });
    },
    scratchBytes: (node, _graph, call) =>
      Math.ceil((groupChannels * planeBytes(convOf(node).window, formOf(node), call) + overread) / 4) * 4,
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    inPlace(node, graph, _input, call) {
      const input = inputShape(node, graph);
      const output = outputShape(node, graph);
      if (call.rows < output.h || call.cols < output.w) return false;
      // A group's channels of the rows up to `end` are written when the input rows up to `staged` are in planes. Other
      // groups never clash: pixels are as far apart in the output as in the input.
      for (const { end, staged } of batches(convOf(node).window, formOf(node), 0, output.h)) {
        if (staged < input.h && end * output.w > staged * input.w) return false;
      }
      return true;
    },
    accesses: (node, graph, _input, y, rows) => accesses(node, graph, formOf(node), y, rows),
    ...costOf(
      v.id,
      convFeatures(isFastBehindShift, (node, graph, call) =>
        v.features(workOf(v, node, graph, call), inputShape(node, graph)),
      ),
    ),
    ...footprintOf(v.id, files),
  };
}

/** All rows of one channel group, then the next group: only a single group has an order worth telling. */
function accesses(
  node: Int8Node,
  graph: Int8Graph,
  form: DepthwiseForm,
  y: number,
  rows: number,
): Iterable<AccessEvent> {
  const { window } = convOf(node);
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const clip = (row: number): number => Math.min(Math.max(row, 0), input.h);
  const steps = [...batches(window, form, y, rows)];
  const first = clip(y * window.strideH - window.padTop);
  if (input.c > groupChannels) {
    return unordered(
      rowsSpan(input, first, Math.max(0, clip(steps.at(-1)!.staged) - first)),
      rowsSpan(output, y, rows),
    );
  }
  let from = first;
  return steps.map((step) => {
    const end = Math.max(from, clip(step.staged));
    const read = rowsSpan(input, from, end - from);
    from = end;
    return event(read, rowsSpan(output, step.y, step.end - step.y));
  });
}

/** Any filter, any rounding; the better one on narrow images. */
const general: Variant = {
  id: 'rv_depthwise_conv2d_s8_mve',
  files: ['src/rv_depthwise_group_mve.c', 'src/rv_requantise_mve.c', 'src/rv_requantise_mve.h'],
  form: (op) => generalForm(op.window),
  pack: packGroups,
  cost: generalDepthwiseCost,
  features: generalDepthwiseFeatures,
};

export const depthwiseConv2d: Kernel = depthwise(general);

/** 7x7 leaves no register for the left shift of accumulators. */
const canBeWide = ({ requant, window }: ConvOp): boolean =>
  isFastBehindShift(requant) && (requant.leftShift === 0 || (wideForm(window)?.blocks ?? 0) <= 2);

/** 3x3, 5x5 and 7x7, fast requantisation. */
const wide: Variant = {
  id: 'rv_depthwise_conv2d_wide_s8_mve',
  files: ['src/rv_depthwise_rows_mve.c'],
  form: (op) => (canBeWide(op) ? wideForm(op.window) : null),
  pack: packWide,
  cost: wideDepthwiseCost,
  features: wideDepthwiseFeatures,
};

export const depthwiseConv2dWide: Kernel = depthwise(wide);

/** The wide kernel stands first for the images on which it is faster. */
const wideWhereFaster: Kernel = {
  ...depthwiseConv2dWide,
  accepts(node, graph) {
    if (!depthwiseConv2dWide.accepts(node, graph)) return false;
    const { h, w } = outputShape(node, graph);
    // Not by measured weights: the choice would depend on the last fit of theirs.
    const cost = (v: Variant): number => v.cost(workOf(v, node, graph, { rows: h, cols: w }));
    return cost(wide) < cost(general);
  },
};

export const depthwiseKernels: readonly Kernel[] = [depthwiseLine, wideWhereFaster, depthwiseConv2d];
