/** Weight orders of the plain C convolutions. */

import type { ConvOp } from '../../../ir/int8-graph.js';
import type { CValue } from '../../kernel.js';

export type WeightData = Int8Array | Int16Array;

/** Output channels that a block of packed weights interleaves (rv_conv_block.h). */
export const channelBlock = 4;

export const weightArray = (data: WeightData): CValue => ({
  kind: 'array',
  type: data instanceof Int8Array ? 'int8_t' : 'int16_t',
  data,
  alignBytes: 4,
});

/**
 * Rows [channels][depth] as blocks [depth][4], the one to three channels that remain as they are; for each group of
 * channels apart.
 */
export function packChannelBlocks(weights: WeightData, groups: number, depth: number): WeightData {
  const channels = weights.length / depth / groups;
  const packed = weights.slice();
  for (let g = 0; g < groups; g++) {
    for (let block = 0; block + channelBlock <= channels; block += channelBlock) {
      const base = (g * channels + block) * depth;
      for (let c = 0; c < channelBlock; c++) {
        for (let k = 0; k < depth; k++) packed[base + k * channelBlock + c] = weights[base + c * depth + k];
      }
    }
  }
  return packed;
}

/** Taps k of one axis that reach outputs of a phase of a transposed convolution. */
export function phaseTaps(phase: number, kernel: number, stride: number, dilation: number): number[] {
  return Array.from({ length: kernel }, (_, k) => k).filter((k) => (phase - k * dilation) % stride === 0);
}

/** Weights and biases of a transposed convolution, phase by phase (rv_conv_transpose2d.h). */
export function packPhases(op: ConvOp, outChannels: number): { weights: WeightData; bias: Int32Array } {
  const { kernelH, kernelW, strideH, strideW, dilationH, dilationW } = op.window;
  const depth = op.weights.length / outChannels / (kernelH * kernelW);
  const weights = op.weights.slice();
  const bias = new Int32Array(strideH * strideW * outChannels);
  let at = 0;
  for (let py = 0; py < strideH; py++) {
    const rows = phaseTaps(py, kernelH, strideH, dilationH);
    for (let px = 0; px < strideW; px++) {
      const columns = phaseTaps(px, kernelW, strideW, dilationW);
      const inPhase = new Set(rows.flatMap((ky) => columns.map((kx) => ky * kernelW + kx)));
      const own = op.weights.slice(0, outChannels * inPhase.size * depth);
      for (let o = 0, to = 0; o < outChannels; o++) {
        let others = 0;
        for (let tap = 0; tap < kernelH * kernelW; tap++) {
          const from = (o * kernelH * kernelW + tap) * depth;
          for (let i = from; i < from + depth; i++) {
            if (inPhase.has(tap)) own[to++] = op.weights[i];
            else others += op.weights[i];
          }
        }
        bias[(py * strideW + px) * outChannels + o] = op.bias[o] + op.inputZeroPoint * others;
      }
      if (own.length === 0) continue;
      weights.set(packChannelBlocks(own, op.groups, inPhase.size * depth), at);
      at += own.length;
    }
  }
  return { weights, bias };
}
