import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readLabelledData, readSampleData } from '../../../compiler/data/files.js';
import { parseLabels } from '../../../compiler/data/labels.js';
import { formatNpy, parseNpy, type NpyData } from '../../../compiler/data/npy.js';
import { parseNpz } from '../../../compiler/data/npz.js';
import { tensorSpec } from '../../../compiler/data/spec.js';
import { tensorsOf, type TensorSpec } from '../../../compiler/data/tensors.js';

/** 2 rows x 3 columns: red 10 to 60, green 110 to 160, blue 210 to 260 - 5. */
const pixels = Uint8Array.from({ length: 18 }, (_, i) => 10 + 10 * Math.floor(i / 3) + 95 * (i % 3));
const png = encode({ width: 3, height: 2, channels: 3, data: pixels });
const nchw: TensorSpec = { name: 'x', shape: [1, 3, 2, 3], type: 'float32' };
const nhwc: TensorSpec = { name: 'x', shape: [1, 2, 3, 3], type: 'float32', channelAxis: 3 };
const planes = [0, 1, 2].flatMap((c) => [0, 1, 2, 3, 4, 5].map((i) => pixels[3 * i + c]));
const f32 = (values: readonly number[]): Float32Array => Float32Array.from(values);

describe('an image as a tensor', () => {
  it("stands in the model's layout, from 0 to 1", () => {
    expect(tensorsOf(png, 'x.png', nchw)).toEqual([f32(planes.map((p) => p / 255))]);
    expect(tensorsOf(png, 'x.png', nhwc)).toEqual([f32([...pixels].map((p) => p / 255))]);
  });

  it('keeps 0 to 255 for an input whose quantisation reaches that far, and for one of bytes', () => {
    expect(tensorsOf(png, 'x.png', { ...nchw, reach: 255 })).toEqual([f32(planes)]);
    expect(tensorsOf(png, 'x.png', { ...nchw, reach: 1 })).toEqual([f32(planes.map((p) => p / 255))]);
    expect(tensorsOf(png, 'x.png', { ...nchw, type: 'uint8' })).toEqual([Uint8Array.from(planes)]);
  });

  it('takes a mean and a standard deviation for each channel', () => {
    const [tensor] = tensorsOf(png, 'x.png', nchw, { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
    // torchvision: (float32(10) / 255 - 0.485) / 0.229, in float32.
    expect(tensor[0]).toBe(Math.fround(Math.fround(Math.fround(10 / 255) - Math.fround(0.485)) / Math.fround(0.229)));
    expect(tensor[6]).toBeCloseTo((105 / 255 - 0.456) / 0.224, 5);
    expect(tensorsOf(png, 'x.png', nchw, { scale: 1, mean: [128], std: [2] })).toEqual([
      f32(planes.map((p) => (p - 128) / 2)),
    ]);
  });

  it('swaps colours, and becomes grey for one channel', () => {
    const bgr = tensorsOf(png, 'x.png', nhwc, { colour: 'bgr', scale: 1 })[0];
    expect([...bgr.slice(0, 3)]).toEqual([pixels[2], pixels[1], pixels[0]]);
    const grey = tensorsOf(png, 'x.png', { name: 'x', shape: [1, 1, 2, 3], type: 'uint8' })[0];
    expect(grey[0]).toBe((10 * 19595 + 105 * 38470 + 200 * 7471 + 0x8000) >> 16);
  });

  it('covers the input and is cropped where nothing else is asked, and is what was asked otherwise', () => {
    const square: TensorSpec = { name: 'x', shape: [3, 2, 2], type: 'uint8' };
    // The middle of 3 columns is from column 0 on: 0.5 to even.
    expect([...tensorsOf(png, 'x.png', square)[0].slice(0, 2)]).toEqual([10, 20]);
    expect(tensorsOf(png, 'x.png', square, { crop: 2 })).toEqual(tensorsOf(png, 'x.png', square));
    expect(() => tensorsOf(png, 'x.png', square, { resize: 2 })).toThrow(
      /E158 x.png: comes out as 2x3 pixels, and the input of the model is 2x2\n.*--resize 2x2/,
    );
    expect(() => tensorsOf(png, 'x.png', square, { crop: 4 })).toThrow(/is 2x3 pixels when it is to be cropped to 4x4/);
    expect(() => tensorsOf(png, 'x.png', { ...nchw, shape: [1, 5, 2, 3], channelAxis: 1 })).toThrow(
      /is an image, and the input of the model has 5 channels/,
    );
    expect(() => tensorsOf(png, 'x.png', { name: 'x', shape: [1, 640], type: 'float32' })).toThrow(
      /is an image, and "x" of the model is \(1, 640\)/,
    );
  });
});

describe('arrays', () => {
  const npy = (shape: readonly number[], data: NpyData): Uint8Array => formatNpy({ shape, data });

  it('of images in the other layout are turned, unless the options say otherwise', () => {
    const batch = npy([1, 2, 3, 3], pixels);
    expect(tensorsOf(batch, 'x.npy', nchw)).toEqual([Uint8Array.from(planes)]);
    expect(() => tensorsOf(batch, 'x.npy', nchw, { layout: 'nchw' })).toThrow(/E152 .*has shape \(1, 2, 3, 3\)/);
    const cube: TensorSpec = { name: 'x', shape: [1, 3, 3, 3], type: 'float32' };
    const data = Uint8Array.from({ length: 27 }, (_, i) => i);
    expect([...tensorsOf(npy([1, 3, 3, 3], data), 'x.npy', cube)[0].slice(0, 3)]).toEqual([0, 1, 2]);
    const turned = tensorsOf(npy([1, 3, 3, 3], data), 'x.npy', cube, { layout: 'nhwc' })[0];
    expect([...turned.slice(0, 3)]).toEqual([0, 3, 6]);
  });

  it('take mean and scale where these are given, bytes as pixels', () => {
    expect(tensorsOf(npy([2, 3, 3], pixels), 'x.npy', nhwc, { mean: [0.5], std: [0.5] })[0][0]).toBeCloseTo(
      (10 / 255 - 0.5) / 0.5,
      6,
    );
    expect([...tensorsOf(npy([2, 3, 3], f32([...pixels])), 'x.npy', nhwc, { mean: [10] })[0].slice(0, 2)]).toEqual([
      0, 95,
    ]);
  });

  it('of float16 are read as float32', () => {
    const half = npy([4], Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff));
    const text = new TextDecoder('latin1').decode(half).replace("'<u2'", "'<f2'");
    const array = parseNpy(
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
      'x.npy',
    );
    expect(array.data).toEqual(f32([1, -2, 2 ** -24, 65504]));
  });

  it('without a type are float32 for a float tensor, one or a batch, and refused of another size', () => {
    const spec: TensorSpec = { name: 'x', shape: [1, 4], type: 'float32' };
    const raw = new Uint8Array(f32([1, 2, 3, 4, 5, 6, 7, 300]).buffer);
    expect(tensorsOf(raw, 'x.bin', spec)).toEqual([f32([1, 2, 3, 4]), f32([5, 6, 7, 300])]);
    // Pixels would be read as -128 to 127 if they were taken for codes.
    expect(() => tensorsOf(Uint8Array.of(1, 2, 3, 255), 'x.bin', spec)).toThrow(
      /E152 x.bin: has 4 bytes; a raw file holds 16 bytes \(float32\), or a multiple, for "x"/,
    );
    expect(tensorsOf(Uint8Array.of(1, 2, 3, 255), 'x.bin', { ...spec, reach: 127 })).toEqual([
      Int8Array.of(1, 2, 3, -1),
    ]);
  });

  it('of an .npz go by name', () => {
    const zip = zipSync({ 'x.npy': npy([4], Int8Array.of(1, 2, 3, 4)), 'y.npy': npy([1], Uint8Array.of(9)) });
    expect([...parseNpz(zip, 'd.npz').keys()]).toEqual(['x', 'y']);
    const spec: TensorSpec = { name: 'y', shape: [1], type: 'uint8' };
    expect(tensorsOf(zip, 'd.npz', spec)).toEqual([Uint8Array.of(9)]);
    expect(tensorsOf(zip, 'd.npz', { ...spec, name: 'q', shape: [4], type: 'int8' })).toEqual([
      Int8Array.of(1, 2, 3, 4),
    ]);
    expect(() => parseNpz(zip.subarray(0, 60), 'd.npz')).toThrow(/E150 d.npz: is not a .npz file that can be read/);
    const others = zipSync({ 'a.npy': npy([1], Uint8Array.of(1)), 'b.npy': npy([1], Uint8Array.of(2)) });
    expect(() => tensorsOf(others, 'd.npz', spec)).toThrow(/E153 d.npz: has no array called "y"; it has a, b/);
  });
});

describe('the spec of a graph input', () => {
  it('finds the channels and the reach', () => {
    const layout = { factors: [2, 3, 3], onnxDType: 'float32' } as const;
    const planar = { ...layout, onnxShape: [1, 3, 2, 3], order: [2, 0, 1] };
    expect(tensorSpec('x', planar, { scale: 1, zeroPoint: -128 })).toEqual({ ...nchw, channelAxis: 1, reach: 255 });
    const interleaved = { ...layout, onnxShape: [2, 3, 3], order: [0, 1, 2] };
    expect(tensorSpec('x', interleaved, null)).toMatchObject({ channelAxis: 2, reach: null });
  });
});

describe('labels', () => {
  it('are numbers, or names in alphabetical order', () => {
    expect(parseLabels('file,label\na.png,3\n"b.png",1\n', 'l.csv')).toEqual({
      entries: [
        { file: 'a.png', label: 3 },
        { file: 'b.png', label: 1 },
      ],
      classes: null,
    });
    expect(parseLabels('filename,label\r\na.png,dog\r\nb.png,cat\r\n', 'l.csv')).toEqual({
      entries: [
        { file: 'a.png', label: 1 },
        { file: 'b.png', label: 0 },
      ],
      classes: ['cat', 'dog'],
    });
    expect(() => parseLabels('nothing here\n', 'l.csv')).toThrow('E154 l.csv: has no line of the form file,label');
  });
});

describe('folders', () => {
  const root = mkdtempSync(join(tmpdir(), 'rivulet-data-'));
  const put = (path: string, bytes: Uint8Array | string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), bytes);
  };
  const grey = (value: number): Uint8Array => encode({ width: 1, height: 1, channels: 1, data: Uint8Array.of(value) });
  const spec: TensorSpec = { name: 'x', shape: [1, 1, 1, 1], type: 'uint8' };
  const values = (samples: readonly (readonly NpyData[])[]): readonly number[] => samples.map(([x]) => Number(x[0]));

  it('with a folder for each class give a sample of each in turn', () => {
    put('classes/dog/1.png', grey(1));
    put('classes/dog/2.png', grey(2));
    put('classes/cat/3.png', grey(3));
    put('classes/cat/.hidden.png', 'no image');
    const data = readLabelledData([spec], join(root, 'classes'), null);
    expect([values(data.samples), data.labels, data.classes]).toEqual([
      [3, 1, 2],
      [0, 1, 1],
      ['cat', 'dog'],
    ]);
    expect(readLabelledData([spec], join(root, 'classes'), 2).labels).toEqual([0, 1]);
  });

  it('whose names are numbers are classes by number', () => {
    for (const label of [0, 2, 10]) put(`digits/${label}/a.png`, grey(label));
    const data = readLabelledData([spec], join(root, 'digits'), null);
    expect([...data.labels].sort((a, b) => a - b)).toEqual([0, 2, 10]);
    expect(values(data.samples)).toEqual(data.labels);
  });

  it('with labels.csv name their files', () => {
    put('csv/labels.csv', 'image,label\nb.png,1\nsub/a.png,0\n');
    put('csv/b.png', grey(8));
    put('csv/sub/a.png', grey(9));
    const data = readLabelledData([spec], join(root, 'csv'), null);
    expect([values(data.samples), data.labels]).toEqual([
      [8, 9],
      [1, 0],
    ]);
  });

  it('of images alone are samples by name, and have no labels', () => {
    put('flat/b.png', grey(8));
    put('flat/a.jpg.png', grey(7));
    expect(values(readSampleData([spec], 'input', [join(root, 'flat')]))).toEqual([7, 8]);
    expect(() => readLabelledData([spec], join(root, 'flat'), null)).toThrow(
      /E154 .*holds no labels beside its images/,
    );
  });

  it('or an .npz has both', () => {
    const array = (values: readonly number[]): Uint8Array =>
      formatNpy({ shape: [values.length, 1, 1, 1], data: Uint8Array.from(values) });
    put('both.npz', zipSync({ 'x.npy': array([5, 6]), 'y.npy': array([0, 3]) }));
    const data = readLabelledData([spec], join(root, 'both.npz'), null);
    expect([values(data.samples), data.labels]).toEqual([
      [5, 6],
      [0, 3],
    ]);
  });
});
