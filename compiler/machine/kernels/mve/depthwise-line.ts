/** Depthwise convolution of sequences for MVE: k x 1 over one column, 1 x k over one row, without padding. */

import type { ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { dilated } from '../../../ir/window.js';
import { costOf } from '../../cost.js';
import type { CallShape, CValue, Kernel } from '../../kernel.js';
import { unordered } from '../c/access.js';
import { channelRequantStruct, convStruct, inputShape, opOf, outputShape } from '../c/structs.js';
import { convFeatures } from './features.js';
import { footprintOf } from './footprint.js';
import { channelOfLane, isFast } from './pack-dot.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');

/** Channels computed together. */
const group = 16;

/** The axis that a sequence has. */
interface Line {
  readonly down: boolean;
  readonly taps: number;
  readonly stride: number;
  /** Positions from a window's first to its last, both included. */
  readonly span: number;
}

/** Null where the convolution is not along the one axis of its image, or reads padding. */
function lineOf(node: Int8Node, graph: Int8Graph): Line | null {
  const { window: w } = convOf(node);
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const whole = (taps: number, stride: number, dilation: number, inside: number, outputs: number): boolean =>
    (outputs - 1) * stride + dilated(taps, dilation) <= inside;
  if (w.padTop !== 0 || w.padLeft !== 0) return null;
  if (!whole(w.kernelH, w.strideH, w.dilationH, input.h, output.h)) return null;
  if (!whole(w.kernelW, w.strideW, w.dilationW, input.w, output.w)) return null;
  if (w.kernelW === 1 && input.w === 1)
    return { down: true, taps: w.kernelH, stride: w.strideH, span: dilated(w.kernelH, w.dilationH) };
  if (w.kernelH === 1 && input.h === 1)
    return { down: false, taps: w.kernelW, stride: w.strideW, span: dilated(w.kernelW, w.dilationW) };
  return null;
}

/** Products of two taps are summed in 16 bits: only -128 * -128, twice, is too much. */
function pairsFit({ weights, bias }: ConvOp, taps: number): boolean {
  return bias.every((_, c) => {
    for (let k = 0; k + 1 < taps; k += 2)
      if (weights[c * taps + k] === -128 && weights[c * taps + k + 1] === -128) return false;
    return true;
  });
}

/** For each 16 channels biases, taps and multipliers; words by quads, as lanes of rv_dot_mve.h. */
function pack({ weights, bias, requant }: ConvOp, taps: number): Uint8Array {
  const groupBytes = 128 + group * taps;
  const bytes = new Uint8Array(Math.ceil(bias.length / group) * groupBytes);
  const view = new DataView(bytes.buffer);
  for (let first = 0, at = 0; first < bias.length; first += group, at += groupBytes) {
    for (let word = 0; word < group; word++) {
      const c = first + channelOfLane(group, word >> 2, word & 3);
      if (c >= bias.length) continue;
      view.setInt32(at + 4 * word, bias[c], true);
      view.setInt32(at + 64 + group * taps + 4 * word, requant.multipliers[c], true);
    }
    for (let c = first; c < Math.min(first + group, bias.length); c++)
      for (let k = 0; k < taps; k++) view.setInt8(at + 64 + group * k + c - first, weights[c * taps + k]);
  }
  return bytes;
}

const id = 'rv_depthwise_conv2d_line_s8_mve';
const files = [`src/${id}.c`, 'include/rv_kernels_mve.h', 'include/rv_requantise.h'];

export const depthwiseLine: Kernel = {
  id,
  isa: 'mve',
  files,
  accepts(node, graph) {
    if (node.op.kind !== 'conv2d' || node.op.partial !== undefined || !(node.op.weights instanceof Int8Array))
      return false;
    const channels = inputShape(node, graph).c;
    if (node.op.groups !== channels || channels === 1 || outputShape(node, graph).c !== channels) return false;
    const line = lineOf(node, graph);
    return line !== null && isFast(node.op.requant) && pairsFit(node.op, line.taps);
  },
  params(node, graph) {
    const op = convOf(node);
    const stream = pack(op, lineOf(node, graph)!.taps);
    const weights: CValue = { kind: 'array', type: 'uint8_t', data: stream, alignBytes: 8 };
    return convStruct(node, graph, weights, null, channelRequantStruct(op.requant, true));
  },
  // Copies of the taps of an output whose rows wrap in their ring.
  scratchBytes: (node, graph) => group * lineOf(node, graph)!.taps,
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  // An output is written when it has been read: later ones begin at a later position, for all strides.
  inPlace: (node, graph, _input, call) => {
    const output = outputShape(node, graph);
    return call.rows === output.h && call.cols === output.w;
  },
  /** Runs of outputs, of which one group of channels is computed after the other. */
  accesses(node, graph, _input, y, rows) {
    const { down, stride, span } = lineOf(node, graph)!;
    const input = inputShape(node, graph);
    const output = outputShape(node, graph);
    const read = down ? [y * stride, (y + rows - 1) * stride + span] : [0, (output.w - 1) * stride + span];
    const written = down ? [y, y + rows] : [0, output.w];
    const bytes = ([from, to]: number[], c: number) => ({ from: from * c, to: to * c });
    return unordered(bytes(read, input.c), bytes(written, output.c));
  },
  ...costOf(
    id,
    convFeatures(isFast, (node, graph, call: CallShape) => {
      const { down, taps } = lineOf(node, graph)!;
      const channels = outputShape(node, graph).c;
      const outputs = down ? call.rows : call.cols;
      const groups = Math.ceil(channels / group);
      const parts = channels % group === 0 ? 0 : outputs;
      return {
        groups,
        outputGroups: groups * outputs,
        tapPairs: groups * outputs * (taps >> 1),
        oddTaps: taps % 2 === 0 ? 0 : groups * outputs,
        partTaps: parts * taps,
      };
    }),
  ),
  ...footprintOf(id, files),
};
