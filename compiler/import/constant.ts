/** Tensors known at compile time. */

export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** The integers a dequantised constant came from: real = scales[axis index] * (codes - zeroPoints[axis index]). */
export interface QuantisedSource {
  readonly codes: NumberArray;
  readonly codeType: ElementType;
  readonly scales: Float32Array;
  readonly zeroPoints: Int32Array;
  /** Axis that scales and zero points run along; null: one for all. */
  readonly axis: number | null;
}

export interface Constant {
  readonly dims: readonly number[];
  readonly type: ElementType;
  /** Row-major. 64-bit integers are kept as doubles, saturated to the safe range. */
  readonly data: NumberArray;
  readonly quantised: QuantisedSource | null;
}

export const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1);

export const isFloatType = (type: ElementType): boolean =>
  type === 'float32' || type === 'float64' || type === 'float16' || type === 'bfloat16';

/** An array that holds n values of an element type. */
export function newArray(type: ElementType, n: number): NumberArray {
  switch (type) {
    case 'float32':
    case 'float16':
    case 'bfloat16':
      return new Float32Array(n);
    case 'float64':
    case 'int64':
    case 'uint64':
      return new Float64Array(n);
    case 'int8':
      return new Int8Array(n);
    case 'uint8':
    case 'bool':
      return new Uint8Array(n);
    case 'int16':
      return new Int16Array(n);
    case 'uint16':
      return new Uint16Array(n);
    case 'int32':
      return new Int32Array(n);
    case 'uint32':
      return new Uint32Array(n);
  }
}

export function makeConstant(type: ElementType, dims: readonly number[], data: ArrayLike<number>): Constant {
  const array = newArray(type, data.length);
  array.set(data);
  return { dims, type, data: array, quantised: null };
}

/** Row-major strides. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let i = dims.length - 2; i >= 0; i--) strides[i] = strides[i + 1] * dims[i + 1];
  return strides;
}

/**
 * For the row-major tensor `outDims`, the source offset of each element when axis i advances by `strides[i]` in the
 * source (0: broadcast; negative: backwards from `start`).
 */
export function sourceOffsets(outDims: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const n = product(outDims);
  const offsets = new Int32Array(n);
  const index = new Array<number>(outDims.length).fill(0);
  let at = start;
  for (let i = 0; i < n; i++) {
    offsets[i] = at;
    for (let axis = outDims.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < outDims[axis]) break;
      at -= strides[axis] * outDims[axis];
      index[axis] = 0;
    }
  }
  return offsets;
}

/** data[offsets[i]] as an array of the same kind. */
export function gatherElements<T extends NumberArray>(data: T, offsets: Int32Array): T {
  const out = new (data.constructor as new (n: number) => T)(offsets.length);
  for (let i = 0; i < offsets.length; i++) out[i] = data[offsets[i]];
  return out;
}

/** The same elements in the order of `offsets`, under a new shape; `axis` says where the quantisation axis went. */
export function rearranged(c: Constant, dims: readonly number[], offsets: Int32Array, axis: number | null): Constant {
  const q = c.quantised;
  return {
    dims,
    type: c.type,
    data: gatherElements(c.data, offsets),
    quantised:
      q === null || (q.axis !== null && axis === null) ? null : { ...q, codes: gatherElements(q.codes, offsets), axis },
  };
}

export function transposeConstant(c: Constant, perm: readonly number[]): Constant {
  const strides = stridesOf(c.dims);
  const dims = perm.map((p) => c.dims[p]);
  const axis = c.quantised?.axis ?? null;
  return rearranged(
    c,
    dims,
    sourceOffsets(
      dims,
      perm.map((p) => strides[p]),
    ),
    axis === null ? null : perm.indexOf(axis),
  );
}

/** The same data under another shape of equal size; the quantisation axis must survive as an axis of its own. */
export function reshapeConstant(c: Constant, dims: readonly number[]): Constant {
  const q = c.quantised;
  if (q === null || q.axis === null) return { ...c, dims };
  const outer = product(c.dims.slice(0, q.axis));
  const size = c.dims[q.axis];
  const axis = dims.findIndex((d, i) => d === size && product(dims.slice(0, i)) === outer);
  return { ...c, dims, quantised: axis < 0 ? null : { ...q, axis } };
}

/** A one-element constant's value, or null. */
export function scalarOf(c: Constant): number | null {
  return c.data.length === 1 ? c.data[0] : null;
}
