/** Per-channel scale and shift: as a change of a convolution's weights, or as a 1x1 depthwise convolution. */

import { noClamp, floatBias } from './graph.js';
import type { Bias, Conv2d, ConvTranspose2d, Weights } from './graph.js';
import { unitWindow } from './window.js';

/** y = x * scale[c] + shift[c] */
export interface ChannelAffine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** The convolution followed by the affine function, as one convolution; it must have no clamp. */
export function foldIntoConvolution<T extends Conv2d | ConvTranspose2d>(op: T, affine: ChannelAffine): T {
  return { ...op, weights: scaledWeights(op.weights, affine.scale), bias: scaledBias(op.bias, affine) };
}

function scaledWeights(weights: Weights, scale: Float64Array): Weights {
  const inner = weights.data.length / scale.length;
  if (weights.kind === 'float')
    return { kind: 'float', data: weights.data.map((v, i) => v * scale[Math.floor(i / inner)]) };
  // A channel scaled by 0 keeps a valid scale and loses its weights.
  const scales = weights.scales.map((s, c) => (scale[c] === 0 ? 1 : s * scale[c]));
  const data = weights.data.slice();
  scale.forEach((s, c) => {
    if (s === 0) data.fill(0, c * inner, (c + 1) * inner);
  });
  return { kind: 'quantised', data, scales };
}

function scaledBias(bias: Bias | null, { scale, shift }: ChannelAffine): Bias | null {
  const hasShift = shift.some((v) => v !== 0);
  if (bias === null) return hasShift ? { data: Float32Array.from(shift), scales: null } : null;
  if (!hasShift && bias.scales !== null) return { data: bias.data, scales: bias.scales.map((s, c) => s * scale[c]) };
  const real = floatBias({ bias, outChannels: scale.length });
  return { data: Float32Array.from(shift, (v, c) => real[c] * scale[c] + v), scales: null };
}

/** Exact in a quantised graph too: the weights are 1 (0 for a scale of 0), the scales the weights' scales. */
export function affineAsConvolution({ scale, shift }: ChannelAffine, isQuantised: boolean): Conv2d {
  const channels = scale.length;
  const weights: Weights = isQuantised
    ? {
        kind: 'quantised',
        data: Int8Array.from(scale, (s) => (s === 0 ? 0 : 1)),
        scales: Float32Array.from(scale, (s) => (s === 0 ? 1 : s)),
      }
    : { kind: 'float', data: Float32Array.from(scale) };
  const bias = shift.some((v) => v !== 0) ? { data: Float32Array.from(shift), scales: null } : null;
  return { kind: 'conv2d', window: unitWindow, groups: channels, outChannels: channels, weights, bias, clamp: noClamp };
}

/** x fn c, or c fn x, for a constant c per channel; null where that is not affine. */
export function affineOfBinary(fn: string, constant: ArrayLike<number>, constantFirst: boolean): ChannelAffine | null {
  const values = Float64Array.from(constant);
  if (!values.every(Number.isFinite)) return null;
  const ones = new Float64Array(values.length).fill(1);
  const zeros = new Float64Array(values.length);
  switch (fn) {
    case 'add':
      return { scale: ones, shift: values };
    case 'mul':
      return { scale: values, shift: zeros };
    case 'sub':
      return constantFirst
        ? { scale: ones.map((v) => -v), shift: values }
        : { scale: ones, shift: values.map((v) => -v) };
    case 'div':
      return constantFirst || values.includes(0) ? null : { scale: values.map((v) => 1 / v), shift: zeros };
    default:
      return null;
  }
}
