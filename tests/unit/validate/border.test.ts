import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { physicalIndices } from '../../../compiler/ir/layout.js';
import { meaningOf, quantise, toNetwork, toOnnxOrder } from '../../../compiler/validate/border.js';
import { borderGraph, nchw } from './graph.js';

describe('physicalIndices', () => {
  it('walks NCHW over NHWC memory', () => {
    // (c, y, x) at (y * 2 + x) * 3 + c
    expect([...physicalIndices(nchw({ h: 2, w: 2, c: 3 }))]).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  });

  it('is the identity where the order is', () => {
    expect([...physicalIndices({ onnxShape: [1, 6], factors: [2, 3], order: [0, 1], onnxDType: 'float32' })]).toEqual([
      0, 1, 2, 3, 4, 5,
    ]);
  });

  it('visits every element once, for any factors and order', () => {
    const layouts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }).chain((factors) =>
      fc
        .shuffledSubarray(
          factors.map((_, i) => i),
          { minLength: factors.length },
        )
        .map((order) => ({ factors, order })),
    );
    fc.assert(
      fc.property(layouts, ({ factors, order }) => {
        const indices = physicalIndices({ onnxShape: [], factors, order, onnxDType: 'float32' });
        expect([...indices].sort((a, b) => a - b)).toEqual([...indices.keys()]);
        // The innermost factor of the order steps by its own stride.
        const inner = order.at(-1)!;
        const stride = factors.slice(inner + 1).reduce((a, b) => a * b, 1);
        if (factors[inner] > 1) expect(indices[1] - indices[0]).toBe(stride);
      }),
    );
  });
});

describe('quantise', () => {
  it.each([
    [0.25, 0],
    [0.75, 2],
    [1.25, 2],
    [-0.25, 0],
    [-0.75, -2],
    [0.26, 1],
    [1000, 127],
    [-1000, -128],
    [Infinity, 127],
    [-Infinity, -128],
    [NaN, -128],
  ])('rounds %d / 0.5 to nearest, ties to even, saturated: %d', (real, code) => {
    expect(quantise(real, { scale: 0.5, zeroPoint: 0 }) + 0).toBe(code);
  });

  it('adds the zero point after rounding', () => {
    expect(quantise(0.25, { scale: 0.5, zeroPoint: 3 })).toBe(3);
    expect(quantise(0.75, { scale: 0.5, zeroPoint: 3 })).toBe(5);
  });

  it('divides in float32, as ONNX does', () => {
    const scale = Math.fround(0.1);
    expect(quantise(0.35, { scale, zeroPoint: 0 })).toBe(Math.fround(Math.fround(0.35) / scale) === 3.5 ? 4 : 3);
  });
});

describe('toNetwork', () => {
  const shape = { h: 1, w: 2, c: 2 };
  const graph = borderGraph([{ shape }, { shape, onnxDType: 'uint8' }], [{ shape, dtype: 'int32' }]);
  const [float, codes] = graph.inputs;

  it('quantises real numbers and turns them to HWC', () => {
    expect(toNetwork(graph, float, Float32Array.of(1, 2, 3, 4), 0)).toEqual(Int8Array.of(2, 6, 4, 8));
  });

  it('takes int8 numbers as codes', () => {
    expect(toNetwork(graph, float, Int8Array.of(1, 2, 3, 4), 0)).toEqual(Int8Array.of(1, 3, 2, 4));
  });

  it('takes uint8 numbers as pixels for a float model, and as codes for a uint8 model', () => {
    expect(toNetwork(graph, float, Uint8Array.of(1, 2, 3, 4), 0)).toEqual(Int8Array.of(2, 6, 4, 8));
    expect(toNetwork(graph, codes, Uint8Array.of(0, 128, 255, 129), 0)).toEqual(Int8Array.of(-128, 127, 0, 1));
    expect([meaningOf(new Uint8Array(1), float), meaningOf(new Uint8Array(1), codes)]).toEqual(['real', 'codes']);
  });

  it('takes int64 numbers for an int32 value as they are', () => {
    expect(toNetwork(graph, graph.outputs[0], BigInt64Array.of(7n, 8n, 9n, 10n), 0)).toEqual(
      Int32Array.of(7, 9, 8, 10),
    );
  });

  it('is undone by toOnnxOrder', () => {
    expect(toOnnxOrder(float, toNetwork(graph, float, Int8Array.of(5, 6, 7, 8), 0))).toEqual(Int8Array.of(5, 6, 7, 8));
  });
});
