/**
 * ONNX files written by hand: tensors, nodes and models as plain objects, encoded with the official schema.
 * Nothing here knows about quantisation; see network-builder.ts for that.
 */
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

export const dataType = {
  float: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
} as const;
export type DataTypeName = keyof typeof dataType;

export interface TensorSpec {
  readonly dims: readonly number[];
  readonly type: DataTypeName;
  /** Of float16: their bits. */
  readonly data: ArrayLike<number>;
}

export type AttributeSpec =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorSpec };

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
}

/** A string dimension is symbolic; a null shape is left out. */
export interface ValueSpec {
  readonly name: string;
  readonly type: DataTypeName;
  readonly shape: readonly (number | string)[] | null;
}

export interface ModelSpec {
  readonly name?: string;
  readonly irVersion?: number;
  readonly opset?: number;
  /** Further domains, e.g. { 'com.microsoft': 1 }. */
  readonly domains?: Readonly<Record<string, number>>;
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  readonly initializers?: Readonly<Record<string, TensorSpec>>;
  readonly nodes: readonly NodeSpec[];
}

export const floats = (dims: readonly number[], data: ArrayLike<number>): TensorSpec => ({ dims, type: 'float', data });
export const int64s = (data: readonly number[]): TensorSpec => ({ dims: [data.length], type: 'int64', data });
export const scalar = (value: number): TensorSpec => ({ dims: [], type: 'float', data: [value] });

function rawBytes(spec: TensorSpec): Uint8Array {
  const n = spec.data.length;
  switch (spec.type) {
    case 'float':
      return bytesOf(Float32Array.from(spec.data));
    case 'double':
      return bytesOf(Float64Array.from(spec.data));
    case 'int32':
      return bytesOf(Int32Array.from(spec.data));
    case 'int8':
      return bytesOf(Int8Array.from(spec.data));
    case 'uint8':
    case 'bool':
      return Uint8Array.from(spec.data);
    case 'int64': {
      const wide = new BigInt64Array(n);
      for (let i = 0; i < n; i++) wide[i] = BigInt(spec.data[i]);
      return bytesOf(wide);
    }
    case 'int16':
      return bytesOf(Int16Array.from(spec.data));
    case 'float16':
      return bytesOf(Uint16Array.from(spec.data));
  }
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export function tensorProto(name: string, spec: TensorSpec): onnxProto.onnx.ITensorProto {
  return { name, dims: [...spec.dims], dataType: dataType[spec.type], rawData: rawBytes(spec) };
}

function attributeProto(name: string, spec: AttributeSpec): onnxProto.onnx.IAttributeProto {
  const types = onnx.AttributeProto.AttributeType;
  if ('int' in spec) return { name, type: types.INT, i: spec.int };
  if ('float' in spec) return { name, type: types.FLOAT, f: spec.float };
  if ('string' in spec) return { name, type: types.STRING, s: new TextEncoder().encode(spec.string) };
  if ('ints' in spec) return { name, type: types.INTS, ints: [...spec.ints] };
  if ('floats' in spec) return { name, type: types.FLOATS, floats: [...spec.floats] };
  return { name, type: types.TENSOR, t: tensorProto('', spec.tensor) };
}

function valueProto(spec: ValueSpec): onnxProto.onnx.IValueInfoProto {
  const elemType = dataType[spec.type];
  if (spec.shape === null) return { name: spec.name, type: { tensorType: { elemType } } };
  const dim = spec.shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name: spec.name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** The bytes of an .onnx file. */
export function encodeModel(spec: ModelSpec): Uint8Array {
  const opsetImport = [
    { domain: '', version: spec.opset ?? 13 },
    ...Object.entries(spec.domains ?? {}).map(([domain, version]) => ({ domain, version })),
  ];
  const graph = {
    name: spec.name ?? 'net',
    node: spec.nodes.map((n) => ({
      opType: n.op,
      name: n.name ?? '',
      domain: n.domain ?? '',
      input: [...n.inputs],
      output: [...n.outputs],
      attribute: Object.entries(n.attributes ?? {}).map(([name, a]) => attributeProto(name, a)),
    })),
    initializer: Object.entries(spec.initializers ?? {}).map(([name, t]) => tensorProto(name, t)),
    input: spec.inputs.map(valueProto),
    output: spec.outputs.map(valueProto),
  };
  const model = onnx.ModelProto.create({
    irVersion: spec.irVersion ?? 8,
    producerName: 'rivulet tests',
    opsetImport,
    graph,
  });
  // A copy: what the encoder returns is a Buffer, whose slice() shares memory.
  return new Uint8Array(onnx.ModelProto.encode(model).finish());
}
