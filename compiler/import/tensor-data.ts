/** TensorProto -> Constant: raw or typed fields, alignment, half floats, lengths checked. */

import type { DiagnosticCode } from '../diagnostics.js';
import type onnxProto from 'onnx-proto';
import type { Constant, ElementType, NumberArray } from './constant.js';
import { halfToFloat } from '../util/half-float.js';
import { newArray } from './constant.js';
import { NodeProblem } from './problems.js';
import type { ExternalDataReader } from './external-data.js';
import { maxElements } from './limits.js';

type TensorProto = onnxProto.onnx.ITensorProto;

const elementTypes: Readonly<Record<number, ElementType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

const otherTypeNames: Readonly<Record<number, string>> = {
  8: 'string',
  14: 'complex64',
  15: 'complex128',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
};

/** The element type of a TensorProto.DataType, or null where tensors of that type cannot be read. */
export function elementType(dataType: number): ElementType | null {
  return elementTypes[dataType] ?? null;
}

export function elementTypeName(dataType: number): string {
  return elementTypes[dataType] ?? otherTypeNames[dataType] ?? `type ${dataType}`;
}

const bytesPerElement: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
};

interface LongLike {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

/** An int64 as a number; beyond +-(2^53 - 1) it saturates (INT64_MAX stands for "to the end" in many files). */
export function safeInteger(value: number | LongLike | null | undefined): number {
  if (value === null || value === undefined) return 0;
  const n =
    typeof value === 'number'
      ? value
      : (value.unsigned ? value.high >>> 0 : value.high | 0) * 4294967296 + (value.low >>> 0);
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, n));
}

/** Throws a NodeProblem (E105, E106, E304) that names the tensor. */
export function decodeTensor(proto: TensorProto, name: string, external: ExternalDataReader): Constant {
  const fail = (message: string, code: DiagnosticCode = 'E106'): never => {
    throw new NodeProblem(code, message, undefined, name);
  };
  const type = elementType(proto.dataType ?? 0);
  if (type === null) return fail(`tensors of ${elementTypeName(proto.dataType ?? 0)} are not supported`, 'E204');
  const dims = (proto.dims ?? []).map(safeInteger);
  let count = 1;
  for (const d of dims) {
    if (d < 0) fail(`dimension ${d} is negative`);
    count *= d;
    if (count > maxElements) fail(`a tensor of shape [${dims.join(', ')}] is too large`, 'E304');
  }
  const bytes =
    proto.dataLocation === 1
      ? external.read(
          name,
          (proto.externalData ?? []).map((e) => ({ key: e.key ?? '', value: e.value ?? '' })),
        )
      : (proto.rawData ?? new Uint8Array(0));
  const isRaw = proto.dataLocation === 1 || bytes.length > 0;
  if (isRaw) {
    const expected = count * bytesPerElement[type];
    if (bytes.length !== expected)
      fail(`holds ${bytes.length} bytes; its shape [${dims.join(', ')}] of ${type} needs ${expected}`);
    return { dims, type, data: fromBytes(type, bytes, count), quantised: null };
  }
  const values = typedField(proto, type);
  if (values.length !== count) fail(`holds ${values.length} values; its shape [${dims.join(', ')}] needs ${count}`);
  const data = newArray(type, count);
  for (let i = 0; i < count; i++) data[i] = values[i];
  return { dims, type, data, quantised: null };
}

/** Little-endian bytes -> values. Copies: bytes inside a file are not aligned (and Buffer.slice shares memory). */
function fromBytes(type: ElementType, bytes: Uint8Array, count: number): NumberArray {
  const copy = new Uint8Array(bytes).buffer;
  switch (type) {
    case 'float32':
      return new Float32Array(copy);
    case 'float64':
      return new Float64Array(copy);
    case 'int8':
      return new Int8Array(copy);
    case 'uint8':
      return new Uint8Array(copy);
    case 'bool':
      return new Uint8Array(copy).map((b) => (b === 0 ? 0 : 1));
    case 'int16':
      return new Int16Array(copy);
    case 'uint16':
      return new Uint16Array(copy);
    case 'int32':
      return new Int32Array(copy);
    case 'uint32':
      return new Uint32Array(copy);
    case 'float16':
      return Float32Array.from(new Uint16Array(copy), halfToFloat);
    case 'bfloat16':
      return Float32Array.from(new Uint16Array(copy), bfloatToFloat);
    case 'int64':
    case 'uint64': {
      const words = new Uint32Array(copy);
      const out = new Float64Array(count);
      const unsigned = type === 'uint64';
      for (let i = 0; i < count; i++) out[i] = safeInteger({ low: words[2 * i], high: words[2 * i + 1], unsigned });
      return out;
    }
  }
}

function typedField(proto: TensorProto, type: ElementType): readonly number[] {
  switch (type) {
    case 'float32':
      return proto.floatData ?? [];
    case 'float64':
      return proto.doubleData ?? [];
    case 'int64':
      return (proto.int64Data ?? []).map(safeInteger);
    case 'uint32':
    case 'uint64':
      return (proto.uint64Data ?? []).map(safeInteger);
    case 'float16':
      return (proto.int32Data ?? []).map(halfToFloat);
    case 'bfloat16':
      return (proto.int32Data ?? []).map(bfloatToFloat);
    case 'int32':
    case 'int16':
    case 'uint16':
    case 'int8':
    case 'uint8':
    case 'bool':
      return proto.int32Data ?? [];
  }
}

const scratch = new DataView(new ArrayBuffer(4));

function bfloatToFloat(bits: number): number {
  scratch.setUint16(0, bits & 0xffff);
  scratch.setUint16(2, 0);
  return scratch.getFloat32(0);
}
