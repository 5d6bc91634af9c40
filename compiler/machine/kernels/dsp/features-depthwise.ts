/** What calls of the DSP depthwise convolutions do, as counts for the cost model (rv_depthwise_dsp.c). */

import type { ChannelRequant, ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import type { Window } from '../../../ir/window.js';
import { axisTaps, type Features, roundedOutputs } from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { effectiveRounding, inputShape, opOf, outputShape } from '../c/structs.js';
import { slowOutputs } from './features-dot.js';

const unclamped = (r: ChannelRequant): boolean => r.clampMin === -128 && r.clampMax === 127;

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');

/** Share of the calls whose rows are staged pixel by pixel: padding at the left of an image that ends in its first quad. */
function apartShare({ padLeft, strideW, kernelW }: Window, inputW: number, outputW: number, call: CallShape): number {
  const end = Math.min((call.cols - 1) * strideW + kernelW, padLeft + inputW);
  const apart = padLeft % 4 !== 0 && end < Math.ceil(padLeft / 4) * 4;
  return apart ? 1 / Math.ceil(outputW / call.cols) : 0;
}

/** Instructions of a channel: of a window row of four, two and one outputs, and of everything else for them. */
export interface RowCode {
  /** 3, 5 or 7: kernels up to size x size. */
  readonly size: number;
  readonly rowInstructions: readonly [number, number, number];
}

/** Share of the output rows whose window, or that of the row above, is not inside the image: rv_depthwise_set_rows. */
function borderShare({ kernelH, strideH, padTop }: Window, inputH: number, outputH: number): number {
  const isBorder = (y: number): boolean => y * strideH - padTop < 0 || y * strideH - padTop + kernelH > inputH;
  return (
    Array.from({ length: outputH }, (_, y) => y).filter((y) => isBorder(y) || (y > 0 && isBorder(y - 1))).length /
    outputH
  );
}

/** Quads of a row that are staged: those with a pixel of the image. */
function stagedQuads({ padLeft, strideW, kernelW }: Window, inputW: number, outputW: number, cols: number): number {
  const columns = (cols - 1) * strideW + kernelW;
  const begin = cols === outputW ? Math.min(padLeft, columns) : 0;
  const end = cols === outputW ? Math.min(columns, padLeft + inputW) : columns;
  return Math.ceil(end / 4) - Math.floor(begin / 4);
}

/**
 * `assembly` is the number of the loops' instructions as written (outputs, staging of whole rows, moves of rows), so that
 * only what stands around them is left to measure. A 3x3 kernel always computes its three rows. `isFast`: rounded in assembly.
 */
export const depthwiseFeatures =
  ({ size, rowInstructions }: RowCode, isFast: (r: ChannelRequant) => boolean) =>
  (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
    const op = convOf(node);
    const { kernelH, kernelW, strideH, strideW, padTop, padLeft, padRight } = op.window;
    const input = inputShape(node, graph);
    const output = outputShape(node, graph);
    const channels = input.c;
    const groups = Math.ceil(channels / 4);
    const whole = Math.floor(channels / 4);
    const channelRows = call.rows * channels;
    const rowsInside = axisTaps(input.h, output.h, kernelH, strideH, 1, padTop).inside;
    const windowRows = size === 3 ? 3 : kernelH * rowsInside;
    // Groups of four columns, a rest of three like them, or a rest of two, one or, with a group of four, five.
    const fast = isFast(op.requant);
    const plain = fast && effectiveRounding(op.requant) === 'fixed' && unclamped(op.requant);
    const five = size === 3 && strideW === 1 && plain && call.cols % 4 === 1 && call.cols > 4 ? 1 : 0;
    const fours = Math.floor(call.cols / 4) + (call.cols % 4 === 3 ? 1 : 0) - five;
    const rests = [call.cols % 4 === 2 ? 1 : 0, call.cols % 4 === 1 && five === 0 ? 1 : 0];
    const columns = (call.cols - 1) * strideW + kernelW;
    const quads = Math.ceil(columns / 4);
    const inside = stagedQuads(op.window, input.w, output.w, call.cols);
    const keep = kernelH - strideH;
    const windowSpan = kernelH + (call.rows - 1) * strideH;
    const stagedRows = Math.min(windowSpan * (call.rows === output.h ? 1 : rowsInside), input.h);
    const moves = keep > 0 && size > 3 ? call.rows - 1 : 0;
    const padQuads = (padLeft > 0 ? 1 : 0) + (padRight > 0 ? 1 : 0);
    const apart = apartShare(op.window, input.w, output.w, call);
    const partGroups = groups - whole * (1 - apart);
    const wholeRows = whole * (1 - apart) * stagedRows;
    const border = borderShare(op.window, input.h, output.h);
    const [four, two, one] = size === 3 ? [21, 13, 9] : [31, 21, 16];
    const outputs =
      fours * (four + windowRows * rowInstructions[0]) +
      rests[0] * (two + windowRows * rowInstructions[1]) +
      rests[1] * (one + windowRows * rowInstructions[2]) +
      five * 71;
    const written = 26 * fours + 8 * rests[0] + 6 * rests[1] + 14 * five;
    const assembly =
      channelRows * outputs +
      groups * call.rows * written +
      wholeRows * 27 * inside +
      groups * moves * quads * (6 + 2 * keep);
    const rounded = channelRows * (4 * fours + 2 * rests[0] + rests[1] + 5 * five);
    return {
      calls: 1,
      groups,
      channels,
      tapRows: channels * (size === 3 ? 3 : kernelH),
      // A left shift goes into the taps.
      scaledChannels: fast && op.requant.leftShift > 0 ? channels : 0,
      groupRows: groups * call.rows,
      movedRows: groups * moves,
      partWrites: channels % 4 === 0 ? 0 : call.rows * (fours + rests[0] + rests[1] + five),
      partBytes: call.rows * (channels % 4) * call.cols,
      restRows: groups * call.rows * (call.cols % 4 === 0 ? 0 : 1),
      borderRows: size === 3 ? 0 : groups * (1 + border * (call.rows - 1)),
      stagedRows: wholeRows,
      partRows: partGroups * stagedRows,
      partQuads: partGroups * stagedRows * inside * (apart > 0 ? 4 : channels % 4),
      partValues: (whole * apart * 4 + (channels % 4)) * stagedRows * Math.min(columns, input.w),
      zeroRows: size === 3 ? groups * windowSpan * (1 - rowsInside) : 0,
      zeroQuads: size === 3 ? groups * windowSpan * (1 - rowsInside) * quads : 0,
      padQuads: padQuads * size,
      assembly,
      // Blocks that are rounded by a routine.
      slowBlocks: plain ? 0 : channelRows * (fours + rests[0] + rests[1]),
      evenGroups: fast && effectiveRounding(op.requant) === 'even' ? channelRows * (fours + rests[0] + rests[1]) : 0,
      ...slowOutputs(fast, op.requant, rounded),
    };
  };

/** rv_depthwise_conv2d_line_s8_dsp.c: chunks of eight outputs, in blocks of four where the stride is 1, and one by one. */
export const lineFeatures =
  (lineOf: (node: Int8Node, graph: Int8Graph) => { down: boolean; kernel: number; stride: number } | null) =>
  (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
    const { requant } = convOf(node);
    const { down, kernel, stride } = lineOf(node, graph)!;
    const channels = inputShape(node, graph).c;
    const outputs = down ? call.rows : call.cols;
    const chunks = Math.ceil(outputs / 8);
    const steps = Math.ceil(kernel / 4);
    const capacity = Math.ceil(((Math.min(outputs, 8) - 1) * stride + 4 * steps + 1) / 4);
    const groups = Math.ceil(channels / 4);
    const blocks = stride === 1 ? Math.floor(outputs / 4) : 0;
    const ones = outputs - 4 * blocks;
    const staged = capacity + (chunks - 1) * 2 * stride;
    return {
      calls: 1,
      groups,
      chunks: groups * chunks,
      stagedQuads: Math.floor(channels / 4) * staged,
      partQuads: channels % 4 === 0 ? 0 : staged,
      keptQuads: groups * (chunks - 1) * Math.max(0, capacity - 2 * stride),
      channelChunks: channels * chunks,
      blocks: channels * blocks,
      blockSteps: channels * blocks * steps,
      ones: channels * ones,
      oneSteps: channels * ones * steps,
      ...roundedOutputs(requant, channels * outputs),
    };
  };
