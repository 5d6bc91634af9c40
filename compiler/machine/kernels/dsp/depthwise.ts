/** Depthwise convolutions for the DSP extension: one kernel for each size (3, 5, 7) and column stride (1, 2). */

import type { ChannelRequant, ConvOp, Int8Node } from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import type { CValue, Kernel } from '../../kernel.js';
import { depthwiseConv2d } from '../c/conv.js';
import { channelRequantStruct, convStruct, effectiveRounding, inputShape, opOf, outputShape } from '../c/structs.js';
import { depthwiseLine } from './depthwise-line.js';
import { depthwiseFeatures, type RowCode } from './features-depthwise.js';
import { footprintOf } from './footprint.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');

interface Variant extends RowCode {
  /** Column stride. */
  readonly stride: number;
  /** Words of a window row in scratch. */
  readonly rowWords: number;
}

/** Rows of a channel's packed taps: a 3x3 kernel always has its three. */
const packedRows = (v: Variant, op: ConvOp): number => (v.size === 3 ? 3 : op.window.kernelH);

/** Words of a channel's packed taps. */
const tapWords = (v: Variant, rows: number): number =>
  v.size === 5 ? rows + Math.ceil(rows / 4) : rows * (v.size === 3 ? 1 : 2);

/** The bytes that hold tap kx of row ky. */
function tapBytes(v: Variant, rows: number, ky: number, kx: number): readonly number[] {
  if (v.size === 7) return kx < 4 ? [8 * ky + kx] : [[8 * ky + 6], [8 * ky + 5, 8 * ky + 7], [8 * ky + 4]][kx - 4];
  return kx < 4 ? [4 * ky + kx] : [4 * rows + ky];
}

/** rv_depthwise_is_fast: a left shift goes into the int16 taps. */
const isFast = (r: ChannelRequant): boolean => r.leftShift <= 8 && effectiveRounding(r) !== 'exact';

/** The records of rv_depthwise_dsp.h: bias without the zero point, multiplier, taps. */
function packDepthwise(v: Variant, op: ConvOp): CValue {
  const { kernelH, kernelW } = op.window;
  const channels = op.bias.length;
  const rows = packedRows(v, op);
  const recordWords = 2 + tapWords(v, rows);
  const words = new Uint32Array(channels * recordWords);
  const bytes = new Uint8Array(words.buffer);
  const fast = isFast(op.requant);
  const leftShift = fast ? op.requant.leftShift : 0;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let ky = 0; ky < kernelH; ky++) {
      for (let kx = 0; kx < kernelW; kx++) {
        const tap = op.weights[(c * kernelH + ky) * kernelW + kx];
        sum += tap;
        for (const at of tapBytes(v, rows, ky, kx)) bytes[4 * (c * recordWords + 2) + at] = tap;
      }
    }
    words[c * recordWords] = (op.bias[c] + op.inputZeroPoint * sum) << leftShift;
    words[c * recordWords + 1] = fast ? op.requant.multipliers[c] : 0;
  }
  return { kind: 'array', type: 'uint32_t', data: words };
}

function depthwise(v: Variant): Kernel {
  const id = `rv_depthwise_conv2d_k${v.size}s${v.stride}_s8_dsp`;
  const files = [
    `src/${id}.c`,
    ...['', '_row', '_stage', '_requantise'].map((part) => `src/rv_depthwise${part}_dsp.c`),
    'src/rv_depthwise_dsp.h',
    'include/rv_kernels_dsp.h',
    'include/rv_dsp.h',
    'include/rv_requantise.h',
  ];
  return {
    id,
    isa: 'dsp',
    files,
    accepts(node, graph) {
      if (node.op.kind !== 'conv2d' || !(node.op.weights instanceof Int8Array)) return false;
      const { window: w, groups } = node.op;
      const channels = inputShape(node, graph).c;
      // Sequences leave most of the row ring unused: others reserve less.
      if (inputShape(node, graph).h === 1) return false;
      const isDepthwise = groups === channels && groups > 1 && outputShape(node, graph).c === channels;
      return (
        isDepthwise &&
        w.dilationH === 1 &&
        w.dilationW === 1 &&
        w.strideW === v.stride &&
        w.strideH <= w.kernelH &&
        Math.max(w.kernelH, w.kernelW) <= v.size
      );
    },
    params(node, graph) {
      const op = convOf(node);
      return convStruct(node, graph, packDepthwise(v, op), null, channelRequantStruct(op.requant, isFast(op.requant)));
    },
    scratchBytes(node, _graph, call) {
      // Groups of outputs read ahead into the records; what they read there meets no tap, or no output.
      const quads = Math.ceil(((call.cols - 1) * v.stride + convOf(node).window.kernelW) / 4);
      return 32 * v.size * quads + 16 * (v.size * v.rowWords + 2);
    },
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    // The walk is the plain C kernel's: four channels at a time, an output row after the input rows that it needs.
    inPlace: depthwiseConv2d.inPlace,
    accesses: depthwiseConv2d.accesses,
    ...costOf(id, depthwiseFeatures(v, isFast)),
    ...footprintOf(id, files),
  };
}

/** The smallest size that fits comes first. */
export const depthwiseKernels: readonly Kernel[] = [
  depthwiseLine,
  ...[
    { size: 3, stride: 1, rowWords: 2, rowInstructions: [12, 7, 5] } as const,
    { size: 3, stride: 2, rowWords: 2, rowInstructions: [15, 8, 5] } as const,
    { size: 5, stride: 1, rowWords: 4, rowInstructions: [15, 9, 6] } as const,
    { size: 5, stride: 2, rowWords: 3, rowInstructions: [16, 9, 6] } as const,
    { size: 7, stride: 1, rowWords: 6, rowInstructions: [20, 11, 7] } as const,
    { size: 7, stride: 2, rowWords: 4, rowInstructions: [21, 12, 7] } as const,
  ].map(depthwise),
];
