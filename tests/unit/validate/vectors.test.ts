import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDataset } from '../../../compiler/validate/dataset.js';
import { formatNpy, type NpyData } from '../../../compiler/data/npy.js';
import { randomSamples, readSamples } from '../../../compiler/validate/vectors.js';
import { borderGraph } from './graph.js';

const folder = mkdtempSync(join(tmpdir(), 'rivulet-vectors-'));
const npy = (name: string, shape: readonly number[], data: NpyData): string => {
  writeFileSync(join(folder, name), formatNpy({ shape, data }));
  return join(folder, name);
};
const raw = (name: string, bytes: ArrayLike<number>): string => {
  writeFileSync(join(folder, name), Uint8Array.from(bytes));
  return join(folder, name);
};
const shape = { h: 1, w: 2, c: 2 };
const one = borderGraph([{ shape }], [{ shape }]);
const two = borderGraph(
  [
    { shape, name: 'left/x' },
    { shape, name: 'right' },
  ],
  [{ shape }],
);

describe('random samples', () => {
  it('are the same for the same seed, and use all codes', () => {
    expect(randomSamples(one, 3, 5)).toEqual(randomSamples(one, 3, 5));
    expect(randomSamples(one, 3, 5)).not.toEqual(randomSamples(one, 3, 6));
    const codes = new Set(randomSamples(borderGraph([{ shape: { h: 64, w: 64, c: 1 } }], []), 1, 0)[0][0]);
    expect(codes.size).toBe(256);
  });

  it('are refused where they are more than memory holds', () => {
    expect(() => randomSamples(one, 1_000_001, 1)).toThrow(
      /^E156 1000001 inputs of 4 bytes are too many for one validation\n.*at most 1000000 at a time/,
    );
    expect(() => randomSamples(borderGraph([{ shape: { h: 4096, w: 4096, c: 1 } }], []), 65, 1)).toThrow(
      /at most 64 at a time/,
    );
  });
});

describe('readSamples', () => {
  it.each([[[1, 2, 1, 2]], [[2, 1, 2]], [[4]]])('takes one tensor of shape %j', (dims) => {
    expect(readSamples(one, 'input', [npy('one.npy', dims, Int8Array.of(1, 2, 3, 4))])).toEqual([
      [Int8Array.of(1, 3, 2, 4)],
    ]);
  });

  it('takes a batch along the first axis', () => {
    const samples = readSamples(one, 'input', [npy('batch.npy', [2, 2, 1, 2], Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8))]);
    expect(samples).toEqual([[Int8Array.of(1, 3, 2, 4)], [Int8Array.of(5, 7, 6, 8)]]);
  });

  it('refuses another layout and says what the model takes', () => {
    expect(() => readSamples(one, 'input', [npy('nhwc.npy', [1, 1, 2, 2], Int8Array.of(1, 2, 3, 4))])).toThrow(
      /E152 .*nhwc.npy: has shape \(1, 1, 2, 2\); "in0" of the model is \(1, 2, 1, 2\)/,
    );
  });

  it('reads raw codes and raw float32 by the size of the file', () => {
    expect(readSamples(one, 'input', [raw('codes.bin', [1, 2, 3, 255])])).toEqual([[Int8Array.of(1, 3, 2, -1)]]);
    const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
    expect(readSamples(one, 'input', [raw('floats.bin', floats)])).toEqual([[Int8Array.of(2, 6, 4, 8)]]);
    expect(readSamples(one, 'input', [raw('three.bin', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])])).toHaveLength(3);
    expect(() => readSamples(one, 'input', [raw('odd.bin', [1, 2, 3])])).toThrow(
      /E152 .*has 3 bytes; a raw file holds 4 bytes \(codes\) or 16/,
    );
  });

  it('takes the files of a folder by name', () => {
    const inner = join(folder, 'many');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, 'b.bin'), Uint8Array.of(5, 6, 7, 8));
    writeFileSync(join(inner, 'a.bin'), Uint8Array.of(1, 2, 3, 4));
    writeFileSync(join(inner, 'readme.txt'), 'no input');
    expect(readSamples(one, 'input', [inner]).map(([x]) => x[0])).toEqual([1, 5]);
  });

  it('takes NAME=FILE for each of several inputs, names with slashes too', () => {
    const [a, b] = [raw('left.bin', [1, 1, 1, 1]), raw('r.bin', [2, 2, 2, 2])];
    expect(readSamples(two, 'input', [`right=${b}`, `left/x=${a}`]).map((s) => s.map((t) => t[0]))).toEqual([[1, 2]]);
  });

  it('takes a folder with a file named like each input', () => {
    const inner = join(folder, 'named');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, 'left_x.bin'), Uint8Array.of(1, 1, 1, 1));
    writeFileSync(join(inner, 'right.bin'), Uint8Array.of(2, 2, 2, 2));
    expect(readSamples(two, 'input', [inner]).map((s) => s.map((t) => t[0]))).toEqual([[1, 2]]);
  });

  it('names the input for which nothing was given, and unequal numbers', () => {
    const a = raw('left.bin', [1, 1, 1, 1]);
    expect(() => readSamples(two, 'input', [`left/x=${a}`])).toThrow(/E153 nothing given for input "right"/);
    const b = raw('two.bin', [1, 1, 1, 1, 2, 2, 2, 2]);
    expect(() => readSamples(two, 'input', [`left/x=${a}`, `right=${b}`])).toThrow(
      /E153 the inputs come in different numbers: left\/x 1, right 2/,
    );
  });

  it('refuses what is not a number', () => {
    expect(() => readSamples(one, 'input', [npy('nan.npy', [4], Float32Array.of(0, 1, NaN, 2))])).toThrow(
      /E152 .*nan.npy: element 2 is not a number/,
    );
  });

  it('names a file that is not there', () => {
    expect(() => readSamples(one, 'input', ['/nowhere.npy'])).toThrow(
      'E151 /nowhere.npy: cannot be read: there is no such file or folder',
    );
  });
});

describe('readDataset', () => {
  it('reads the CSV of MLPerf Tiny', () => {
    const inner = join(folder, 'kws');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, 'a.bin'), Uint8Array.of(1, 2, 3, 4));
    writeFileSync(join(inner, 'b.bin'), Uint8Array.of(5, 6, 7, 8));
    writeFileSync(join(inner, 'y_labels.csv'), 'b.bin,4,1\na.bin,4,3\n');
    const data = readDataset(one, inner, null);
    expect([data.labels, data.samples.map(([x]) => x[0])]).toEqual([
      [1, 3],
      [5, 1],
    ]);
    expect(readDataset(one, inner, 1).labels).toEqual([1]);
  });

  it('reads pairs of arrays, the test set first', () => {
    const inner = join(folder, 'cifar');
    mkdirSync(inner, { recursive: true });
    for (const [set, label] of [
      ['train', 1],
      ['test', 2],
    ] as const) {
      writeFileSync(
        join(inner, `${set}_images.npy`),
        formatNpy({ shape: [1, 2, 1, 2], data: Uint8Array.of(1, 2, 3, 4) }),
      );
      writeFileSync(join(inner, `${set}_labels.npy`), formatNpy({ shape: [1], data: BigInt64Array.of(BigInt(label)) }));
    }
    expect(readDataset(one, inner, null).labels).toEqual([2]);
    expect(readDataset(one, join(inner, 'train_images.npy'), null).labels).toEqual([1]);
  });

  it('says what is missing', () => {
    expect(() => readDataset(one, '/nowhere', null)).toThrow(/E154 \/nowhere: there is no such file or folder/);
    const inner = join(folder, 'empty');
    mkdirSync(inner, { recursive: true });
    expect(() => readDataset(one, inner, null)).toThrow(/holds no labels/);
    writeFileSync(join(inner, 'images.npy'), formatNpy({ shape: [2, 2, 1, 2], data: new Uint8Array(8) }));
    writeFileSync(join(inner, 'labels.npy'), formatNpy({ shape: [3], data: new Uint8Array(3) }));
    expect(() => readDataset(one, inner, null)).toThrow(/has 3 labels for 2 inputs/);
    writeFileSync(join(inner, 'labels.npy'), formatNpy({ shape: [2], data: Uint8Array.of(3, 4) }));
    expect(() => readDataset(one, inner, null)).toThrow(/label 4 of input 1 is no class of the model, which has 4/);
    writeFileSync(join(inner, 'labels.npy'), formatNpy({ shape: [2], data: Float32Array.of(1.5, 1) }));
    expect(() => readDataset(one, inner, null)).toThrow(/label 1.5 of input 0 is no class/);
  });
});
