import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RivuletError } from '../../../compiler/diagnostics.js';
import { formatNpy, parseNpy, type NpyData } from '../../../compiler/data/npy.js';

const arrays: readonly NpyData[] = [
  Int8Array.of(-128, 0, 127, 5, 6, 7),
  Uint8Array.of(0, 255, 1, 2, 3, 4),
  Int16Array.of(-32768, 32767, 1, 2, 3, 4),
  Uint16Array.of(0, 65535, 1, 2, 3, 4),
  Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 1, 2, 3, 4),
  Uint32Array.of(0, 2 ** 32 - 1, 1, 2, 3, 4),
  Float32Array.of(0.5, -1, Infinity, 1e-30, 3, 4),
  Float64Array.of(Math.PI, -0, 1e300, 2, 3, 4),
  BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 1n, 2n, 3n, 4n),
  BigUint64Array.of(0n, 2n ** 64n - 1n, 1n, 2n, 3n, 4n),
];

/** A file with a header as given. */
function file(header: string, data: Uint8Array, version = 1): Uint8Array {
  const size =
    version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), version, 0, ...size, ...Buffer.from(header), ...data]);
}

describe('.npy files', () => {
  it('of half floats are read as float32, row-major from either order', () => {
    // 0.5, -2, infinity, 2^-24, 65504, -0
    const halves = Uint16Array.of(0x3800, 0xc000, 0x7c00, 0x0001, 0x7bff, 0x8000);
    const header = (fortran: string): string => `{'descr': '<f2', 'fortran_order': ${fortran}, 'shape': (2, 3), }`;
    const bytes = new Uint8Array(halves.buffer);
    expect(parseNpy(file(header('False'), bytes), 'x')).toEqual({
      shape: [2, 3],
      data: Float32Array.of(0.5, -2, Infinity, 2 ** -24, 65504, -0),
    });
    expect(parseNpy(file(header('True'), bytes), 'x').data).toEqual(
      Float32Array.of(0.5, Infinity, 65504, -2, 2 ** -24, -0),
    );
    expect(() => parseNpy(file(header('False').replace('<', '>'), bytes), 'x')).toThrow();
  });

  it.each(arrays.map((data) => [data.constructor.name, data] as const))('keep %s', (_, data) => {
    for (const shape of [[6], [2, 3], [1, 2, 3, 1]])
      expect(parseNpy(formatNpy({ shape, data }), 'x')).toEqual({ shape, data });
  });

  it('are padded as NumPy pads them', () => {
    const bytes = formatNpy({ shape: [3], data: Int8Array.of(1, 2, 3) });
    expect(bytes.length).toBe(128 + 3);
    expect(Buffer.from(bytes.subarray(10, 127)).toString().trim()).toBe(
      "{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }",
    );
    expect(bytes[127]).toBe(10);
  });

  it('hold scalars', () => {
    expect(parseNpy(formatNpy({ shape: [], data: Int8Array.of(7) }), 'x')).toEqual({
      shape: [],
      data: Int8Array.of(7),
    });
  });

  it('of version 2 are read', () => {
    const bytes = file("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }\n", Uint8Array.of(1, 0, 255, 255), 2);
    expect(parseNpy(bytes, 'x').data).toEqual(Int16Array.of(1, -1));
  });

  it('in column-major order are turned', () => {
    const bytes = file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", Uint8Array.of(1, 4, 2, 5, 3, 6));
    expect(parseNpy(bytes, 'x').data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
  });

  it.each([
    ['no magic', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), /does not start/],
    ['complex numbers', file("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(8)), /'<c8'/],
    ['big-endian', file("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(4)), /big-endian/],
    [
      'too little data',
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), }", new Uint8Array(31)),
      /needs 32 bytes of data and it has 31/,
    ],
    [
      'a huge shape',
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }", new Uint8Array(4)),
      /shape/,
    ],
    ['no shape', file("{'descr': '<f4', 'fortran_order': False }", new Uint8Array(4)), /no shape/],
  ])('with %s are refused', (_, bytes, message) => {
    expect(() => parseNpy(bytes, 'bad.npy')).toThrow(message);
  });

  it('with any bytes flipped give an array or a diagnostic', () => {
    const good = formatNpy({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(good.length),
        (flips, length) => {
          const bytes = good.slice(0, length);
          for (const [at, value] of flips) if (at < length) bytes[at] = value;
          try {
            const { shape, data } = parseNpy(bytes, 'x');
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
          } catch (error) {
            expect(error).toBeInstanceOf(RivuletError);
          }
        },
      ),
    );
  });
});
