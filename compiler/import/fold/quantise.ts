/** QuantizeLinear and DequantizeLinear of constants: weights and biases keep the integers they come from. */

import { roundToEven } from '../../ir/evaluate.js';
import { newArray, product, stridesOf } from '../constant.js';
import type { Constant, ElementType, QuantisedSource } from '../constant.js';
import type { NodeContext } from '../context.js';
import { NodeProblem } from '../problems.js';
import { elementType, elementTypeName } from '../tensor-data.js';
import { required } from './common.js';
import type { Folder } from './folder.js';

interface Parameters {
  readonly scales: Float32Array;
  readonly zeroPoints: Int32Array;
  /** Null: one scale for all. */
  readonly axis: number | null;
}

function parameters(ctx: NodeContext, c: Constant, scale: Constant, zeroPoint: Constant | null): Parameters {
  if (ctx.int('block_size', 0) !== 0)
    ctx.unsupported('block quantisation is not supported', 'Quantise weights per tensor or per output channel.');
  const scales = Float32Array.from(scale.data);
  const zeroPoints = zeroPoint === null ? new Int32Array(scales.length) : Int32Array.from(zeroPoint.data);
  if (zeroPoints.length !== scales.length)
    throw new NodeProblem('E403', `it has ${scales.length} scales and ${zeroPoints.length} zero points`);
  if (scales.length === 1) return { scales, zeroPoints, axis: null };
  const axis = ctx.axis(ctx.int('axis', 1), c.dims.length);
  if (scales.length !== c.dims[axis])
    throw new NodeProblem('E403', `it has ${scales.length} scales for an axis of ${c.dims[axis]}`);
  return { scales, zeroPoints, axis };
}

/** Which scale each element has. */
function indexer(c: Constant, p: Parameters): (i: number) => number {
  if (p.axis === null) return () => 0;
  const stride = stridesOf(c.dims)[p.axis];
  const size = c.dims[p.axis];
  return (i) => Math.floor(i / stride) % size;
}

const ranges: Partial<Record<ElementType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

const dequantise: Folder = (ctx, inputs) => {
  const [c, scale] = required(ctx, inputs.slice(0, 2), 2);
  const p = parameters(ctx, c, scale, inputs[2] ?? null);
  const at = indexer(c, p);
  const data = new Float32Array(product(c.dims));
  for (let i = 0; i < data.length; i++) {
    const k = at(i);
    data[i] = p.scales[k] * (c.data[i] - p.zeroPoints[k]);
  }
  const quantised: QuantisedSource = {
    codes: c.data,
    codeType: c.type,
    scales: p.scales,
    zeroPoints: p.zeroPoints,
    axis: p.axis,
  };
  return [{ dims: c.dims, type: 'float32', data, quantised }];
};

const quantise: Folder = (ctx, inputs) => {
  const [c, scale] = required(ctx, inputs.slice(0, 2), 2);
  const p = parameters(ctx, c, scale, inputs[2] ?? null);
  const dtype = ctx.int('output_dtype', 0);
  const type = inputs[2]?.type ?? (dtype === 0 ? 'uint8' : elementType(dtype));
  const range = type === null ? undefined : ranges[type];
  if (type === null || range === undefined)
    return ctx.unsupported(`quantising a constant to ${type ?? elementTypeName(dtype)} is not supported`);
  const at = indexer(c, p);
  const data = newArray(type, c.data.length);
  for (let i = 0; i < data.length; i++) {
    const k = at(i);
    const q = roundToEven(Math.fround(c.data[i] / p.scales[k])) + p.zeroPoints[k];
    data[i] = Math.max(range[0], Math.min(range[1], q));
  }
  return [{ dims: c.dims, type, data, quantised: null }];
};

export const quantiseFolders: Readonly<Record<string, Folder>> = {
  QuantizeLinear: quantise,
  DequantizeLinear: dequantise,
};
