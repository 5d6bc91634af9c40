import { describe, expect, it } from 'vitest';
import { compareOutputs, stepsText, topClass } from '../../../compiler/validate/compare.js';
import { traceOf } from '../../../compiler/validate/exchange.js';
import { borderGraph } from './graph.js';

describe('compareOutputs', () => {
  const shape = { h: 1, w: 2, c: 2 };
  const graph = borderGraph(
    [],
    [
      { shape, name: 'a' },
      { shape, name: 'b', dtype: 'int32' },
    ],
  );
  const good = [Int8Array.of(1, 2, 3, 4), Int32Array.of(5, 6, 7, 8)];

  it('finds nothing where all is equal', () => {
    expect(compareOutputs(graph, [good], [good], 0)).toEqual({
      mismatchedBytes: 0,
      maxDifference: 0,
      firstMismatch: null,
    });
  });

  it("counts bytes and locates the first difference in the ONNX tensor's order", () => {
    // Memory (y, x, c): element 2 in memory is x = 1, c = 0, the second of the ONNX tensor.
    const bad = [Int8Array.of(1, 5, 0, 4), good[1]];
    expect(compareOutputs(graph, [good, good], [good, bad], 0)).toEqual({
      mismatchedBytes: 2,
      maxDifference: 3,
      firstMismatch: { input: 1, output: 'a', element: 1, expected: 3, actual: 0 },
    });
  });

  it('lets differences within the tolerance pass, but not those of indices', () => {
    const bad = [Int8Array.of(2, 2, 3, 4), Int32Array.of(5, 7, 7, 8)];
    expect(compareOutputs(graph, [good], [bad], 1)).toMatchObject({
      mismatchedBytes: 4,
      maxDifference: 1,
      firstMismatch: { output: 'b' },
    });
  });
});

describe('differences of an output in floating point', () => {
  it('are counted in steps of what it can reach', () => {
    const wide = borderGraph(
      [],
      [
        {
          shape: { h: 1, w: 1, c: 1 },
          dtype: 'int32',
          quant: { scale: 0.001, zeroPoint: 0 },
          floatRange: [-127.5, 127.5],
        },
      ],
    );
    const compared = compareOutputs(wide, [[Int32Array.of(1000)]], [[Int32Array.of(3500)]], 1);
    expect(compared).toMatchObject({ mismatchedBytes: 4, maxDifference: 2.5 });
    expect(stepsText(2.5)).toBe('2.5 steps');
    expect(compareOutputs(wide, [[Int32Array.of(1000)]], [[Int32Array.of(2000)]], 1).mismatchedBytes).toBe(0);
  });
});

describe('topClass', () => {
  it('is the first of the largest', () => {
    const codes = borderGraph([], [{ shape: { h: 1, w: 1, c: 4 } }]);
    expect(topClass(codes, [Int8Array.of(1, 9, 9, 2)])).toBe(1);
    expect(topClass(codes, [Int8Array.of(-128, -128)])).toBe(0);
    const sums = borderGraph(
      [],
      [{ shape: { h: 1, w: 1, c: 4 }, dtype: 'int32', quant: { scale: 0.5, zeroPoint: 0 } }],
    );
    expect(topClass(sums, [Int32Array.of(-5, 1000, 7, 1000)])).toBe(1);
  });

  it("is the network's own index where it ends in ArgMax", () => {
    const index = borderGraph([], [{ shape: { h: 1, w: 1, c: 1 }, dtype: 'int32' }]);
    expect(topClass(index, [Int32Array.of(7)])).toBe(7);
  });
});

describe('traceOf', () => {
  it('gives the highest touched byte + 1 and the holes below it', () => {
    const touched = [1, 0, 0, 1, 1, 0, 1, 0, 0];
    expect(traceOf(9, (i) => touched[i] === 0)).toEqual({
      touchedBytes: 7,
      untouched: [
        [1, 3],
        [5, 6],
      ],
    });
    expect(traceOf(3, () => true)).toEqual({ touchedBytes: 0, untouched: [] });
  });
});
