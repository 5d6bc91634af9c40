/** NumPy's .npy files, versions 1 to 3: reader and writer. */

import { halfToFloat } from '../util/half-float.js';
import { refuse } from './problem.js';

export type NpyData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major, whatever the file's order; half floats as float32. */
  readonly data: NpyData;
}

/** Elements of a file's type: as they stand in memory, or widened (float16). */
type Constructor = { new (buffer: ArrayBuffer): NpyData; readonly BYTES_PER_ELEMENT: number };

const types: Readonly<Record<string, Constructor>> = {
  b1: Uint8Array,
  i1: Int8Array,
  u1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
  f2: Uint16Array,
  f4: Float32Array,
  f8: Float64Array,
};

/** By its first bytes: whether a file is a .npy. */
export const isNpy = (bytes: Uint8Array): boolean => bytes[0] === 0x93 && ascii(bytes.subarray(1, 6)) === 'NUMPY';

/**
 * Parses a file; float16 comes as float32. E150 (exit 2) where it is not one, or holds a type that is no number. `file` names it in
 * messages.
 */
export function parseNpy(bytes: Uint8Array, file: string): NpyArray {
  const fail = (message: string): never => refuse('E150', file, `is not a .npy file that can be read: ${message}`);
  if (bytes.length < 10 || !isNpy(bytes)) fail('it does not start with \\x93NUMPY');
  const wide = bytes[6] >= 2;
  if (bytes[6] < 1 || bytes[6] > 3 || (wide && bytes.length < 12)) fail(`version ${bytes[6]}.${bytes[7]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (wide ? 12 : 10) + headerBytes;
  if (start > bytes.length) fail('its header is cut off');
  const header = ascii(bytes.subarray(wide ? 12 : 10, start));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1] ?? fail('its header has no descr');
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1] ?? fail('its header has no fortran_order');
  const shapeText = /'shape'\s*:\s*\(([^)]*)\)/.exec(header)?.[1] ?? fail('its header has no shape');
  const shape = shapeText
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '')
    .map(Number);
  const count = shape.reduce((product, d) => product * d, 1);
  if (shape.some((d) => !Number.isSafeInteger(d) || d < 0) || !Number.isSafeInteger(count))
    fail(`its shape is (${shapeText})`);
  const Type = types[descr.slice(1)] ?? fail(`elements of type '${descr}'`);
  if (descr[0] === '>' && Type.BYTES_PER_ELEMENT > 1) fail(`big-endian elements ('${descr}')`);
  const dataBytes = count * Type.BYTES_PER_ELEMENT;
  if (bytes.length - start < dataBytes)
    fail(`shape (${shape.join(', ')}) needs ${dataBytes} bytes of data and it has ${bytes.length - start}`);
  // A copy, so that the elements are aligned (the slice of a Node Buffer is none).
  const stored = new Type(Uint8Array.from(bytes.subarray(start, start + dataBytes)).buffer);
  const data = descr.endsWith('f2') ? Float32Array.from(stored as Uint16Array, halfToFloat) : stored;
  return { shape, data: fortran === 'True' ? rowMajor(shape, data) : data };
}

/** A version 1.0 file. */
export function formatNpy(array: NpyArray): Uint8Array {
  const descr = describe(array.data);
  const shape = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const header = `${dict.padEnd(Math.ceil((10 + dict.length + 1) / 64) * 64 - 11)}\n`;
  const data = new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
  const out = new Uint8Array(10 + header.length + data.length);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 0xff, header.length >> 8]);
  for (let i = 0; i < header.length; i++) out[10 + i] = header.charCodeAt(i);
  out.set(data, 10 + header.length);
  return out;
}

function describe(data: NpyData): string {
  const size = data.BYTES_PER_ELEMENT;
  const kind =
    data instanceof Float32Array || data instanceof Float64Array
      ? 'f'
      : data instanceof Uint8Array ||
          data instanceof Uint16Array ||
          data instanceof Uint32Array ||
          data instanceof BigUint64Array
        ? 'u'
        : 'i';
  return `${size === 1 ? '|' : '<'}${kind}${size}`;
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Column-major data turned row-major. */
function rowMajor(shape: readonly number[], data: NpyData): NpyData {
  const out = data.slice();
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, d) => product * d, 1));
  for (let i = 0; i < data.length; i++) {
    out[i] = data[index.reduce((at, k, axis) => at + k * strides[axis], 0)];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}
