import { expect, it } from 'vitest';
import { layoutText } from '../../../compiler/codegen/io.js';
import type { IoLayout } from '../../../compiler/ir/tensor.js';

const layout = (onnxShape: number[], factors: number[], order: number[]): IoLayout => ({
  onnxShape,
  factors,
  order,
  onnxDType: 'float32',
});

it('says where an NCHW element stands', () => {
  expect(layoutText(layout([1, 3, 4, 5], [4, 5, 3], [2, 0, 1]), { h: 4, w: 5, c: 3 })).toBe(
    'Channels last (NHWC): element [n][c][y][x] of the ONNX tensor stands at (y * 5 + x) * 3 + c.',
  );
});

it('says that a vector is in order, whatever its axes of extent 1', () => {
  const inOrder = 'The elements stand in the order of the ONNX tensor.';
  expect(layoutText(layout([1, 10], [10], [0]), { h: 1, w: 1, c: 10 })).toBe(inOrder);
  expect(layoutText(layout([1, 10, 1, 1], [1, 1, 10], [2, 0, 1]), { h: 1, w: 1, c: 10 })).toBe(inOrder);
  expect(layoutText(layout([1, 1, 49, 10], [49, 10, 1], [2, 0, 1]), { h: 49, w: 10, c: 1 })).toBe(inOrder);
});

it('spells out any other order', () => {
  expect(layoutText(layout([1, 4, 6], [2, 3, 4], [2, 1, 0]), { h: 2, w: 3, c: 4 })).toBe(
    'Memory is the row-major array [i0 < 2][i1 < 3][i2 < 4]; the ONNX tensor runs through i2, i1, i0, the last fastest.',
  );
});
