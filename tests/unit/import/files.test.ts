/** Tensors: how they are stored in a file, and beside it. */

import onnxProto from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { RivuletError } from '../../../compiler/diagnostics.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { isSafeLocation, ExternalDataReader } from '../../../compiler/import/external-data.js';
import { decodeTensor, safeInteger } from '../../../compiler/import/tensor-data.js';
import { halfToFloat } from '../../../compiler/util/half-float.js';

const { onnx } = onnxProto;
const none = new ExternalDataReader(undefined);
const bytesOf = (a: ArrayBufferView): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

describe('tensors', () => {
  it('of every type are read from raw bytes and from typed fields', () => {
    const cases: readonly [number, ArrayBufferView, object, number[]][] = [
      [1, Float32Array.of(1.5, -2), { floatData: [1.5, -2] }, [1.5, -2]],
      [11, Float64Array.of(0.1, 1e300), { doubleData: [0.1, 1e300] }, [0.1, 1e300]],
      [3, Int8Array.of(-128, 127), { int32Data: [-128, 127] }, [-128, 127]],
      [2, Uint8Array.of(0, 255), { int32Data: [0, 255] }, [0, 255]],
      [5, Int16Array.of(-32768, 5), { int32Data: [-32768, 5] }, [-32768, 5]],
      [4, Uint16Array.of(65535, 5), { int32Data: [65535, 5] }, [65535, 5]],
      [6, Int32Array.of(-(2 ** 31), 7), { int32Data: [-(2 ** 31), 7] }, [-(2 ** 31), 7]],
      [12, Uint32Array.of(2 ** 32 - 1, 7), { uint64Data: [2 ** 32 - 1, 7] }, [2 ** 32 - 1, 7]],
      [7, BigInt64Array.of(-5n, 2n ** 40n), { int64Data: [-5, 2 ** 40] }, [-5, 2 ** 40]],
      [9, Uint8Array.of(0, 3), { int32Data: [0, 1] }, [0, 1]],
      [10, Uint16Array.of(0x3c00, 0xc500), { int32Data: [0x3c00, 0xc500] }, [1, -5]],
      [16, Uint16Array.of(0x3f80, 0xc0a0), { int32Data: [0x3f80, 0xc0a0] }, [1, -5]],
    ];
    for (const [dataType, raw, fields, wanted] of cases) {
      for (const content of [{ rawData: bytesOf(raw) }, fields]) {
        // Through the protobuf and at an odd offset, where typed arrays cannot be laid over the bytes.
        const proto = onnx.TensorProto.decode(
          onnx.TensorProto.encode(onnx.TensorProto.create({ name: 't', dims: [2], dataType, ...content })).finish(),
        );
        expect(Array.from(decodeTensor(proto, 't', none).data), `type ${dataType}`).toEqual(wanted);
      }
    }
  });

  it('of half floats: subnormal, infinite and not a number', () => {
    expect(halfToFloat(0x0001)).toBe(2 ** -24);
    expect(halfToFloat(0x7bff)).toBe(65504);
    expect(halfToFloat(0xfc00)).toBe(-Infinity);
    expect(halfToFloat(0x7e00)).toBeNaN();
  });

  it('of 64-bit integers saturate at the largest whole numbers', () => {
    expect(safeInteger({ low: -1, high: 0x7fffffff, unsigned: false })).toBe(Number.MAX_SAFE_INTEGER);
    expect(safeInteger({ low: 0, high: -0x80000000, unsigned: false })).toBe(-Number.MAX_SAFE_INTEGER);
    expect(safeInteger({ low: -5, high: -1, unsigned: false })).toBe(-5);
    expect(safeInteger({ low: -1, high: -1, unsigned: true })).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('data beside the model', () => {
  const file = bytesOf(Float32Array.of(9, 1, 2, 3, 4));
  function modelWith(entries: Record<string, string>): Uint8Array {
    return onnx.ModelProto.encode(
      onnx.ModelProto.create({
        irVersion: 8,
        opsetImport: [{ version: 13 }],
        graph: {
          node: [{ opType: 'Mul', input: ['x', 'k'], output: ['y'] }],
          input: [
            { name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }, { dimValue: 4 }] } } } },
          ],
          output: [{ name: 'y' }],
          initializer: [
            {
              name: 'k',
              dims: [4],
              dataType: 1,
              dataLocation: 1,
              externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
            },
          ],
        },
      }),
    ).finish();
  }
  const read = (location: string): Uint8Array => {
    if (location === 'weights/net.bin') return file;
    throw new Error('no such file');
  };
  const message = (entries: Record<string, string>, externalData: typeof read | null = read): string => {
    try {
      importModel({ bytes: modelWith(entries), ...(externalData === null ? {} : { externalData }) });
      return 'accepted';
    } catch (error) {
      if (!(error instanceof RivuletError)) throw error;
      expect(error.exitCode).toBe(2);
      return `${error.diagnostics[0].code} ${error.diagnostics[0].node}: ${error.diagnostics[0].message}`;
    }
  };

  it('is read at its offset', () => {
    const { graph } = importModel({
      bytes: modelWith({ location: 'weights/net.bin', offset: '4', length: '16' }),
      externalData: read,
    });
    const constant = [...graph.values.values()].find((v) => v.constant !== null)?.constant;
    expect(Array.from(constant ?? [])).toEqual([1, 2, 3, 4]);
  });

  it("outside the model's folder is never asked for", () => {
    for (const location of [
      '/etc/passwd',
      '../secret',
      'a/../../secret',
      'C:\\secret',
      '..\\secret',
      'file:///etc/passwd',
      '~/secret',
      'a//b',
      '',
      'a\0b',
    ]) {
      expect(isSafeLocation(location), location).toBe(false);
      expect(
        message({ location }, () => {
          throw new Error('asked for');
        }),
      ).toBe(`E105 k: external data at '${location}' is outside the model's folder`);
    }
    expect(isSafeLocation('model.onnx.data')).toBe(true);
    expect(isSafeLocation('./weights/..data')).toBe(true);
  });

  it('that is missing, too short or badly addressed is named', () => {
    expect(message({ location: 'other.bin' })).toBe("E105 k: external data 'other.bin' cannot be read: no such file");
    expect(message({ location: 'weights/net.bin' }, null)).toBe(
      "E105 k: its data is in another file, 'weights/net.bin'",
    );
    expect(message({ location: 'weights/net.bin', offset: '8', length: '16' })).toBe(
      "E105 k: external data in 'weights/net.bin': offset 8, length 16 do not lie within its 20 bytes",
    );
    expect(message({ location: 'weights/net.bin', offset: '-4' })).toMatch(
      /^E105 k: external data in 'weights\/net.bin': offset -4/,
    );
    expect(message({ location: 'weights/net.bin', length: '8' })).toBe(
      'E106 k: holds 8 bytes; its shape [4] of float32 needs 16',
    );
  });
});

describe('a file of another format', () => {
  const text = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
  it.each([
    ['\x1c\0\0\0TFL3\x14\0\x20\0', 'the file is a TensorFlow Lite model', /tf2onnx.convert --tflite/],
    ['\x18\0\0\0ORTM\0\0', 'the file is an ONNX Runtime .ort model', /the .onnx file/],
    [
      'PK\x03\x04\x14\0archive/data.pkl',
      'the file is a ZIP archive, as PyTorch and Keras write them',
      /torch.onnx.export/,
    ],
    ['\x80\x02\x8a\x0al\xfc', 'the file is a Python pickle, as PyTorch wrote them', /torch.onnx.export/],
    ['\x89HDF\r\n\x1a\n\0', 'the file is an HDF5 file, as Keras writes them', /tf2onnx/],
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
      'the file is a pointer of Git LFS and not the model itself',
      /git lfs pull/,
    ],
    ['\n<!DOCTYPE html>\n<html>', 'the file is a web page', /raw/],
    ['ir_version: 8', 'the file is a text file', /binary/],
    ['\xff\xff\xff', 'not a readable ONNX file: index out of range: 3 + 10 > 3', null],
    ['', 'the file is empty', null],
  ])('%j is named', (head, message, hint) => {
    const thrown = (() => {
      try {
        return importModel({ bytes: text(head) });
      } catch (error) {
        return error;
      }
    })() as RivuletError;
    expect(thrown).toBeInstanceOf(RivuletError);
    expect(thrown.exitCode).toBe(2);
    expect(thrown.diagnostics).toMatchObject([{ code: 'E101', message }]);
    if (hint === null) expect(thrown.diagnostics[0].hint).toBeUndefined();
    else expect(thrown.diagnostics[0].hint).toMatch(hint);
  });
});
