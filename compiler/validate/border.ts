/**
 * The border between a model's own tensors (its layout, its element type) and the network's memory (HWC, int8 codes):
 * what a caller of the generated C does by hand.
 */

import { bytesOf, valueOf, type Int8Graph, type Int8Io } from '../ir/int8-graph.js';
import { physicalIndices } from '../ir/layout.js';
import type { Quant } from '../ir/tensor.js';
import type { NpyData } from '../data/npy.js';

/** ONNX's QuantizeLinear on float32: x / scale rounded to float32, to the nearest integer with ties to even, shifted, saturated. NaN gives -128. */
export function quantise(real: number, quant: Quant): number {
  const scaled = Math.fround(Math.fround(real) / quant.scale);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  const code = rounded + quant.zeroPoint;
  return code >= -128 ? Math.min(127, code) : -128;
}

/** How the numbers of a file are meant. */
export type Meaning = 'codes' | 'real';

/**
 * int8 elements are the network's own codes and so are uint8 elements for a model whose tensor is uint8; everything
 * else is a real number (uint8 pixels for a float model: 0 to 255), quantised by the tensor's scale.
 */
export function meaningOf(data: NpyData, io: Int8Io): Meaning {
  if (data instanceof Int8Array) return 'codes';
  return data instanceof Uint8Array && io.layout.onnxDType === 'uint8' ? 'codes' : 'real';
}

/**
 * `count` elements of `data` from `start`, in the ONNX tensor's order, as network memory (HWC). An int32 value takes
 * whole numbers as they are.
 */
export function toNetwork(graph: Int8Graph, io: Int8Io, data: NpyData, start: number): Int8Array | Int32Array {
  const value = valueOf(graph, io.value);
  const indices = physicalIndices(io.layout);
  const out = value.dtype === 'int32' ? new Int32Array(indices.length) : new Int8Array(indices.length);
  const { quant } = value;
  const shift = data instanceof Uint8Array ? 128 : 0;
  const code =
    value.dtype === 'int32'
      ? wideCode(quant, data)
      : quant === null || meaningOf(data, io) === 'codes'
        ? (x: number): number => x - shift
        : (x: number): number => quantise(x, quant);
  for (let i = 0; i < indices.length; i++) out[indices[i]] = code(Number(data[start + i]));
  return out;
}

/** int32: indices and codes as they are, real numbers by their scale. */
function wideCode(quant: Quant | null, data: NpyData): (x: number) => number {
  const isReal = quant !== null && (data instanceof Float32Array || data instanceof Float64Array);
  return (x) => (isReal ? Math.min(Math.max(Math.round(x / quant.scale), -(2 ** 31)), 2 ** 31 - 1) : x);
}

/** Network memory in the ONNX tensor's order. */
export function toOnnxOrder<T extends Int8Array | Int32Array>(io: Int8Io, memory: T): T {
  const out = memory.slice() as T;
  physicalIndices(io.layout).forEach((at, i) => {
    out[i] = memory[at];
  });
  return out;
}

/** Bytes of an input or output in memory, dense. */
export function ioBytes(graph: Int8Graph, io: Int8Io): number {
  return bytesOf(valueOf(graph, io.value));
}
