/**
 * The border between a model's own tensors (its layout, its element type) and the network's memory (HWC, int8 codes):
 * what a caller of the generated C does by hand.
 */

import { bytesOf, valueOf, type Int8Graph, type Int8Io } from '../ir/int8-graph.js';
import { physicalIndices } from '../ir/layout.js';
import type { Quant } from '../ir/tensor.js';
import type { NpyData } from '../data/npy.js';

/** An input or output as it stands in memory: codes, whole numbers, or those of a float tail. */
export type NetworkTensor = Int8Array | Int32Array | Float32Array;

export const elementArrays = { int8: Int8Array, int32: Int32Array, float32: Float32Array } as const;

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
 * whole numbers as they are, a float32 one all numbers.
 */
export function toNetwork(graph: Int8Graph, io: Int8Io, data: NpyData, start: number): NetworkTensor {
  const value = valueOf(graph, io.value);
  const indices = physicalIndices(io.layout);
  const out = new elementArrays[value.dtype](indices.length);
  const { quant } = value;
  const shift = data instanceof Uint8Array ? 128 : 0;
  const code =
    value.dtype === 'int32'
      ? wideCode(quant, data)
      : value.dtype === 'float32'
        ? (x: number): number => x
        : quant === null || meaningOf(data, io) === 'codes'
          ? (x: number): number => x - shift
          : (x: number): number => quantise(x, quant);
  for (let i = 0; i < indices.length; i++) out[indices[i]] = code(Number(data[start + i]));
  return out;
}

/** Of what stands for an int32 value: whole numbers are its own codes or indices. */
export const isWhole = (data: NpyData): boolean => !(data instanceof Float32Array || data instanceof Float64Array);

/** int32: indices and codes as they are, real numbers by their scale. */
function wideCode(quant: Quant | null, data: NpyData): (x: number) => number {
  if (quant === null || isWhole(data)) return (x) => x;
  return (x) => Math.min(Math.max(Math.round(x / quant.scale), -(2 ** 31)), 2 ** 31 - 1);
}

/** Results of the reference, in which float32 numbers are bytes, as the network's memory is read. */
export const asNumbers = (graph: Int8Graph, outputs: readonly (Int8Array | Int32Array)[]): readonly NetworkTensor[] =>
  outputs.map((data, i) =>
    valueOf(graph, graph.outputs[i].value).dtype === 'float32' ? new Float32Array(data.slice().buffer) : data,
  );

/** Network memory in the ONNX tensor's order. */
export function toOnnxOrder<T extends NetworkTensor>(io: Int8Io, memory: T): T {
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
