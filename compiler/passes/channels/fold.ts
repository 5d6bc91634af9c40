/** Moves what a convolution reads from constant channels into its bias. */

import { valueOf, type ConvOp, type Int8Graph, type Int8Node } from '../../ir/int8-graph.js';
import { encodeConstantChannel } from '../../numerics/requantise.js';
import { borderClasses } from './borders.js';
import type { ChannelCodes } from './constants.js';

/**
 * The convolution with the weights on constant input channels zeroed and their products in the bias. A channel
 * stays where one of its weights is on a tap that reads padding somewhere, unless the constant is the zero point,
 * which is what padding reads. Output channels that are constant (`output`) lose all their weights.
 */
export function foldConstants(
  graph: Int8Graph,
  node: Int8Node,
  op: ConvOp,
  input: ChannelCodes,
  output: ChannelCodes,
): ConvOp {
  const outChannels = output.length;
  const taps = op.window.kernelH * op.window.kernelW;
  const groupIn = input.length / op.groups;
  const always = alwaysInside(graph, node, op, taps);
  const weights = op.weights.slice();
  const bias = op.bias.slice();
  const multipliers = op.requant.multipliers.slice();
  const length = taps * groupIn;
  for (let o = 0; o < outChannels; o++) {
    const firstIn = Math.floor(o / (outChannels / op.groups)) * groupIn;
    for (let c = 0; c < groupIn; c++) {
      const code = input[firstIn + c];
      if (Number.isNaN(code)) continue;
      for (let t = 0; t < taps; t++) {
        const at = o * length + t * groupIn + c;
        if (code !== op.inputZeroPoint && !always[t]) continue;
        bias[o] += weights[at] * code;
        weights[at] = 0;
      }
    }
    if (Number.isNaN(output[o]) || weights.subarray(o * length, (o + 1) * length).every((w) => w === 0)) continue;
    // Border classes that differ in the accumulator but agree in the code.
    const encoded = encodeConstantChannel(output[o] - op.requant.zeroPoint, op.requant);
    if (encoded === null) continue;
    weights.fill(0, o * length, (o + 1) * length);
    bias[o] = encoded.acc;
    multipliers[o] = encoded.multiplier;
  }
  return { ...op, weights, bias, requant: { ...op.requant, multipliers } };
}

/** For each tap: does it lie inside the image at every output position? A transposed convolution's never count. */
function alwaysInside(graph: Int8Graph, node: Int8Node, op: ConvOp, taps: number): boolean[] {
  if (op.kind === 'convTranspose2d') return new Array<boolean>(taps).fill(false);
  const classes = borderClasses(op.window, valueOf(graph, node.inputs[0]).shape, valueOf(graph, node.output).shape);
  return Array.from({ length: taps }, (_, t) => classes.every((inside) => inside[t]));
}
