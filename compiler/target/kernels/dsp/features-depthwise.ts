/** What calls of the DSP depthwise convolutions do, as counts for the cost model (rv_depthwise_dsp.c). */

import type { ChannelRequant, ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import type { Window } from '../../../ir/window.js';
import { axisTaps, type Features } from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { inputShape, opOf, outputShape } from '../c/structs.js';
import { slowOutputs } from './features-dot.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');

/** Share of the calls whose rows are staged pixel by pixel: padding at the left of an image that ends in its first quad. */
function apartShare({ padLeft, strideW, kernelW }: Window, inputW: number, outputW: number, call: CallShape): number {
  const end = Math.min((call.cols - 1) * strideW + kernelW, padLeft + inputW);
  const apart = padLeft % 4 !== 0 && end < Math.ceil(padLeft / 4) * 4;
  return apart ? 1 / Math.ceil(outputW / call.cols) : 0;
}

/** What the features need of a kernel: 3, 5 or 7, kernels up to size x size, and instructions of a window row of four outputs, and of two. */
export interface RowCode {
  readonly size: number;
  readonly rowInstructions: readonly [number, number];
}

/** Share of the output rows whose window is not inside the image. */
function borderShare({ kernelH, strideH, padTop }: Window, inputH: number, outputH: number): number {
  let border = 0;
  for (let y = 0; y < outputH; y++) if (y * strideH - padTop < 0 || y * strideH - padTop + kernelH > inputH) border++;
  return border / outputH;
}

/**
 * `assembly` is the number of its instructions as written (row kernels, staging of whole rows, moves of rows), so that
 * only what C does around it is left to measure. A 3x3 kernel always computes its three rows. `isFast`: rounded in assembly.
 */
export const depthwiseFeatures = ({ size, rowInstructions }: RowCode, isFast: (r: ChannelRequant) => boolean) => (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
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
  // Groups of four columns, a rest of three like them, or a rest of two or one.
  const fours = Math.floor(call.cols / 4) + (call.cols % 4 === 3 ? 1 : 0);
  const twos = call.cols % 4 === 1 || call.cols % 4 === 2 ? 1 : 0;
  const quads = Math.ceil(((call.cols - 1) * strideW + kernelW) / 4);
  const keep = Math.max(0, kernelH - strideH);
  const windowSpan = kernelH + (call.rows - 1) * Math.min(strideH, kernelH);
  const stagedRows = Math.min(windowSpan * (call.rows === output.h ? 1 : rowsInside), input.h);
  const moves = keep > 0 ? call.rows - 1 : 0;
  const padQuads = (padLeft > 0 ? 1 : 0) + (padRight > 0 ? 1 : 0);
  const apart = apartShare(op.window, input.w, output.w, call);
  const partGroups = groups - whole * (1 - apart);
  const wholeRows = whole * (1 - apart) * stagedRows;
  const [four, two, row] = size === 3 ? [24, 19, 20] : [33, 26, 32];
  const assembly = channelRows * (fours * (four + windowRows * rowInstructions[0]) + twos * (two + windowRows * rowInstructions[1]))
    + groups * call.rows * (row + 8 * fours) + wholeRows * (28 + 27 * quads) + groups * moves * (12 + quads * (6 + 2 * keep));
  return {
    calls: 1, groups, channels, tapRows: channels * (size === 3 ? 3 : kernelH),
    // A left shift goes into the taps.
    scaledChannels: isFast(op.requant) && op.requant.leftShift > 0 ? channels : 0,
    groupRows: groups * call.rows,
    otherRows: groups * (keep > 0 ? Math.min(call.rows, 1 + borderShare(op.window, input.h, output.h) * (call.rows - 1)) : call.rows),
    stagedRows: wholeRows, partRows: partGroups * stagedRows, partQuads: partGroups * stagedRows * quads,
    partValues: (whole * apart * 4 + (channels % 4)) * stagedRows * Math.min((call.cols - 1) * strideW + kernelW, input.w),
    zeroQuads: groups * (size === 3 ? windowSpan * (1 - rowsInside) * quads : 0) + padQuads * kernelH,
    assembly,
    ...slowOutputs(isFast(op.requant), op.requant, channelRows * (4 * fours + 2 * twos)),
  };
};
