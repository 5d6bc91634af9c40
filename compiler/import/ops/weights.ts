/** Constant operands of convolutions and matrix products: weights in OHWI order, biases with their scales. */

import type { Bias, Weights } from '../../ir/graph.js';
import type { Constant, QuantisedSource } from '../constant.js';
import { isFloatType, stridesOf } from '../constant.js';
import type { NodeContext } from '../context.js';
import { NodeProblem } from '../problems.js';

/**
 * Weights in OHWI order. `offsets[i]` is the position in the constant of element i of the result, `inner` the
 * elements of an output channel. Dequantised constants keep their integers; any axis may carry the scales, but where
 * they differ within one output channel the weights are rounded to int16 steps of that channel's largest (W403).
 */
export function makeWeights(
  ctx: NodeContext,
  constant: Constant,
  name: string,
  offsets: Int32Array,
  inner: number,
): Weights {
  const q = constant.quantised;
  if (q === null) {
    if (!isFloatType(constant.type)) ctx.unsupported(`its weights '${name}' are ${constant.type} without a scale`);
    const data = new Float32Array(offsets.length);
    for (let i = 0; i < data.length; i++) data[i] = constant.data[offsets[i]];
    return { kind: 'float', data };
  }
  checkWeightScales(q.scales, name);
  const channels = offsets.length / inner;
  const scaleIndex = scaleIndices(constant, q, offsets);
  const scales = new Float32Array(channels);
  const centred = new Int32Array(offsets.length);
  let min = 0;
  let max = 0;
  for (let o = 0; o < channels; o++) {
    scales[o] = q.scales[scaleIndex === null ? 0 : scaleIndex[o * inner]];
    for (let i = o * inner; i < (o + 1) * inner; i++) {
      const k = scaleIndex === null ? 0 : scaleIndex[i];
      if (q.scales[k] !== scales[o]) return mixedScales(ctx, constant, offsets, inner);
      const v = q.codes[offsets[i]] - q.zeroPoints[k];
      centred[i] = v;
      if (v < min) min = v;
      if (v > max) max = v;
    }
  }
  if (min < -32768 || max > 32767)
    ctx.unsupported(`its weights '${name}' are ${q.codeType}; int8 and uint8 weights are supported`);
  const data = min >= -128 && max <= 127 ? Int8Array.from(centred) : Int16Array.from(centred);
  return { kind: 'quantised', data, scales };
}

/** For each element, which scale it has; null for one scale. */
function scaleIndices(constant: Constant, q: QuantisedSource, offsets: Int32Array): Int32Array | null {
  if (q.axis === null) return null;
  const stride = stridesOf(constant.dims)[q.axis];
  const size = constant.dims[q.axis];
  const index = new Int32Array(offsets.length);
  for (let i = 0; i < index.length; i++) index[i] = Math.floor(offsets[i] / stride) % size;
  return index;
}

/** Scales that run along an input axis have no exact form with one scale an output channel. */
function mixedScales(ctx: NodeContext, constant: Constant, offsets: Int32Array, inner: number): Weights {
  const channels = offsets.length / inner;
  const data = new Int16Array(offsets.length);
  const scales = new Float32Array(channels);
  for (let o = 0; o < channels; o++) {
    let largest = 0;
    for (let i = o * inner; i < (o + 1) * inner; i++) largest = Math.max(largest, Math.abs(constant.data[offsets[i]]));
    const scale = largest === 0 ? 1 : Math.fround(largest / 32767);
    scales[o] = scale;
    for (let i = o * inner; i < (o + 1) * inner; i++)
      data[i] = Math.max(-32768, Math.min(32767, Math.round(constant.data[offsets[i]] / scale)));
  }
  ctx.warn(
    'W403',
    "its weights' scales differ within an output channel; the weights are kept as int16 steps of the channel's largest",
    'Quantise weights per tensor or per output channel.',
  );
  return { kind: 'quantised', data, scales };
}

/** Zero, NaN and infinite scales are errors; negative ones are legal for weights. */
export function checkWeightScales(scales: Float32Array, name: string): void {
  for (const [i, s] of scales.entries()) {
    if (!Number.isFinite(s) || s === 0)
      throw new NodeProblem('E402', `scale ${i} of '${name}' is ${s}`, 'Weight scales must be finite and not zero.');
  }
}

/** A bias with one entry a channel (a single value is repeated). */
export function makeBias(
  ctx: NodeContext,
  constant: Constant | null,
  channels: number,
  name: string,
  factor = 1,
): Bias | null {
  if (constant === null) return null;
  const count = constant.data.length;
  if (count !== channels && count !== 1)
    ctx.shapeProblem(`its bias '${name}' has ${count} values for ${channels} output channels`);
  const at = (c: number): number => (count === 1 ? 0 : c);
  const q = constant.quantised;
  if (q === null) {
    if (!isFloatType(constant.type)) ctx.unsupported(`its bias '${name}' is ${constant.type} without a scale`);
    return finiteBias(
      Float32Array.from({ length: channels }, (_, c) => constant.data[at(c)] * factor),
      name,
    );
  }
  for (const [i, s] of q.scales.entries()) {
    if (!Number.isFinite(s)) throw new NodeProblem('E402', `scale ${i} of '${name}' is ${s}`);
  }
  const strides = stridesOf(constant.dims);
  const k = (c: number): number => (q.axis === null ? 0 : Math.floor(at(c) / strides[q.axis]) % constant.dims[q.axis]);
  return {
    data: Int32Array.from({ length: channels }, (_, c) => q.codes[at(c)] - q.zeroPoints[k(c)]),
    scales: Float64Array.from({ length: channels }, (_, c) => q.scales[k(c)] * factor),
  };
}

function finiteBias(data: Float32Array, name: string): Bias {
  if (data.some((v) => !Number.isFinite(v)))
    throw new NodeProblem('E106', `bias '${name}' holds values that are not finite`);
  return { data, scales: null };
}
