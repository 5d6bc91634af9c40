/** QuantizeLinear and DequantizeLinear of constants: weights and biases keep the integers they come from. */

import { roundToEven } from '../../ir/evaluate.js';
import { isFloatType, newArray, product, stridesOf } from '../constant.js';
import type { Constant, ElementType, QuantisedSource } from '../constant.js';
import { NodeProblem } from '../problems.js';
import { quantAxis, quantParameters, type QuantParameters } from '../quant-parameters.js';
import { elementType, elementTypeName } from '../tensor-data.js';
import { required } from './common.js';
import type { Folder } from './folder.js';

/** Which scale each element has. */
function indexer(c: Constant, p: QuantParameters): (i: number) => number {
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
  if (c.type !== 'int32' && ranges[c.type] === undefined) {
    throw new NodeProblem(
      'E403',
      `its input '${ctx.node.inputs[0]}' is ${c.type}`,
      'ONNX dequantises int8, uint8, int16, uint16 and int32.',
    );
  }
  const p = quantParameters(ctx, 1, 2, c.dims, quantAxis(ctx));
  if (p.type !== null && p.type !== c.type)
    throw new NodeProblem('E403', `its input '${ctx.node.inputs[0]}' is ${c.type} but its zero point is ${p.type}`);
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
  return [{ dims: c.dims, type: scale.type, data, quantised }];
};

const quantise: Folder = (ctx, inputs) => {
  const [c] = required(ctx, inputs.slice(0, 2), 2);
  if (!isFloatType(c.type) && c.type !== 'int32')
    throw new NodeProblem(
      'E403',
      `its input '${ctx.node.inputs[0]}' is ${c.type}`,
      'ONNX quantises real numbers and int32.',
    );
  const p = quantParameters(ctx, 1, 2, c.dims, quantAxis(ctx));
  for (const s of p.scales) {
    if (s === 0) throw new NodeProblem('E402', `a scale of '${ctx.node.inputs[1]}' is 0`);
  }
  const dtype = ctx.int('output_dtype', 0);
  const type = inputs[2]?.type ?? (dtype === 0 ? 'uint8' : elementType(dtype));
  const range = type === null ? undefined : ranges[type];
  if (type === null || range === undefined)
    return ctx.unsupported(`quantising a constant to ${type ?? elementTypeName(dtype)} is not supported`);
  if (p.type !== null && dtype !== 0 && elementType(dtype) !== p.type)
    throw new NodeProblem('E403', `its output_dtype is ${elementTypeName(dtype)} but its zero point is ${p.type}`);
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
