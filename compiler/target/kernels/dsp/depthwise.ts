/** Depthwise convolutions for the DSP extension: one kernel for each size (3, 5, 7) and column stride (1, 2). */

import type { ChannelRequant, ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import type { CallShape, CValue, Kernel } from '../../kernel.js';
import { depthwiseConv2d } from '../c/conv.js';
import { channelRequantStruct, convStruct, inputShape, opOf, outputShape } from '../c/structs.js';
import { isFastRequant } from './dot-pack.js';
import { footprintOf } from './footprint.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');

interface Variant {
  /** 3, 5 or 7: kernels up to size x size. */
  readonly size: number;
  /** Column stride. */
  readonly stride: number;
  /** Words of a window row in scratch. */
  readonly rowWords: number;
  /** Quads of columns that a group of outputs reads after its own. */
  readonly quadsAhead: number;
  /** Instructions of a window row of four outputs, and of two. */
  readonly rowInstructions: readonly [number, number];
}

/** Rows of a channel's packed taps: a 3x3 kernel always has its three. */
const packedRows = (v: Variant, op: ConvOp): number => (v.size === 3 ? 3 : op.window.kernelH);

/** Words of a channel's packed taps. */
const tapWords = (v: Variant, rows: number): number => (v.size === 5 ? rows + Math.ceil(rows / 4) : rows * (v.size === 3 ? 1 : 2));

/** The bytes that hold tap kx of row ky. */
function tapBytes(v: Variant, rows: number, ky: number, kx: number): readonly number[] {
  if (v.size === 7) return kx < 4 ? [8 * ky + kx] : [[8 * ky + 6], [8 * ky + 5, 8 * ky + 7], [8 * ky + 4]][kx - 4];
  return kx < 4 ? [4 * ky + kx] : [4 * rows + ky];
}

/** As isFastRequant, with a left shift that goes into the int16 taps (RV_DW_MAX_LEFT_SHIFT). */
const isFast = (r: ChannelRequant): boolean => r.leftShift <= 8 && isFastRequant({ ...r, leftShift: 0 });

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

/** Window rows inside the image, summed over output rows [0, rows) of the layer, to `rows` of a call in proportion. */
function rowsInside(op: ConvOp, inputH: number, outputH: number, callRows: number): number {
  const { kernelH, strideH, padTop } = op.window;
  let sum = 0;
  for (let y = 0; y < outputH; y++) {
    const top = y * strideH - padTop;
    sum += Math.max(0, Math.min(inputH, top + kernelH) - Math.max(0, top));
  }
  return (sum / outputH) * callRows;
}

function instructions(v: Variant, node: Int8Node, graph: Int8Graph, call: CallShape): number {
  const op = convOf(node);
  const { kernelH, kernelW, strideH } = op.window;
  const input = inputShape(node, graph);
  const groups = Math.ceil(input.c / 4);
  const fast = isFast(op.requant);
  // Rows of a channel group: groups of four columns, then a rest of three like them, or of two.
  const fours = Math.floor(call.cols / 4) + (call.cols % 4 === 3 ? 1 : 0);
  const twos = call.cols % 4 === 1 || call.cols % 4 === 2 ? 1 : 0;
  const windowRows = v.size === 3 ? 3 * call.rows : rowsInside(op, input.h, outputShape(node, graph).h, call.rows);
  const [four, two] = v.rowInstructions;
  const fixed = v.size === 3 ? [24, 18] : [35, 27];
  const slow = fast ? 0 : 110;
  const channelRows = call.rows * input.c;
  const computed = input.c * windowRows * (fours * four + twos * two)
    + channelRows * (fours * (fixed[0] + slow) + twos * (fixed[1] + slow)) + call.rows * groups * fours * 11;
  const columns = (call.cols - 1) * v.stride + kernelW;
  const quads = Math.ceil(columns / 4);
  const stagedRows = Math.min(input.h, (call.rows - 1) * strideH + kernelH);
  const kept = Math.max(0, kernelH - strideH);
  const remainder = input.c % 4 === 0 ? 0 : quads * 120 * stagedRows;
  const staged = groups * (stagedRows * (70 + 27 * quads) + Math.max(0, call.rows - 1) * (20 + quads * (6 + 2 * kept))) + remainder;
  const expanded = input.c * (40 + packedRows(v, op) * v.rowWords * 4);
  return 200 + computed + staged + expanded + groups * (60 + call.rows * 75);
}

function depthwise(v: Variant): Kernel {
  const id = `rv_depthwise_conv2d_k${v.size}s${v.stride}_s8_dsp`;
  const files = [
    `src/${id}.c`, 'src/rv_depthwise_dsp.c', 'src/rv_depthwise_dsp.h',
    'include/rv_kernels_dsp.h', 'include/rv_dsp.h', 'include/rv_requantise.h',
  ];
  return {
    id,
    isa: 'dsp',
    files,
    accepts(node, graph) {
      if (node.op.kind !== 'conv2d' || !(node.op.weights instanceof Int8Array)) return false;
      const { window: w, groups } = node.op;
      const channels = inputShape(node, graph).c;
      const isDepthwise = groups === channels && groups > 1 && outputShape(node, graph).c === channels;
      return isDepthwise && w.dilationH === 1 && w.dilationW === 1 && w.strideW === v.stride
        && Math.max(w.kernelH, w.kernelW) <= v.size;
    },
    params(node, graph) {
      const op = convOf(node);
      return convStruct(node, graph, packDepthwise(v, op), null, channelRequantStruct(op.requant, isFast(op.requant)));
    },
    scratchBytes(_node, _graph, call) {
      const quads = Math.ceil(call.cols / 4) * v.stride + v.quadsAhead;
      return 32 * v.size * quads + 16 * (v.size * v.rowWords + 2);
    },
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    // The walk is the plain C kernel's: four channels at a time, an output row after the input rows that it needs.
    inPlace: depthwiseConv2d.inPlace,
    accesses: depthwiseConv2d.accesses,
    instructions: (node, graph, call) => instructions(v, node, graph, call),
    ...footprintOf(id, files),
  };
}

/** The smallest size that fits comes first. */
export const depthwiseKernels: readonly Kernel[] = [
  { size: 3, stride: 1, rowWords: 2, quadsAhead: 1, rowInstructions: [10, 5] } as const,
  { size: 3, stride: 2, rowWords: 2, quadsAhead: 1, rowInstructions: [11, 6] } as const,
  { size: 5, stride: 1, rowWords: 4, quadsAhead: 1, rowInstructions: [15, 9] } as const,
  { size: 5, stride: 2, rowWords: 3, quadsAhead: 1, rowInstructions: [16, 9] } as const,
  { size: 7, stride: 1, rowWords: 6, quadsAhead: 2, rowInstructions: [20, 11] } as const,
  { size: 7, stride: 2, rowWords: 4, quadsAhead: 2, rowInstructions: [21, 12] } as const,
].map(depthwise);
