/** Functions behind the MaxPool of a convolution whose result is not quantised. */

import { describe, expect, it } from 'vitest';
import { floats } from '../../models/index.js';
import type { NodeSpec, TensorSpec } from '../../models/index.js';
import { errors, kinds, load, model, node } from './support.js';

const initializers: Record<string, TensorSpec> = {
  s: floats([], [0.05]),
  z: { dims: [], type: 'int8', data: [3] },
  w: { dims: [2, 4, 1, 1], type: 'int8', data: [1, -2, 3, 4, 5, -6, 7, 127] },
};

/** Convolution, MaxPool, `functions` from m to f, quantised. */
const pooled = (functions: readonly NodeSpec[]): Uint8Array =>
  model({
    shape: [1, 4, 2, 3],
    nodes: [
      node('QuantizeLinear', ['x', 's', 'z'], 'a'),
      node('DequantizeLinear', ['a', 's', 'z'], 'b'),
      node('DequantizeLinear', ['w', 's'], 'v'),
      node('Conv', ['b', 'v'], 'c'),
      node('MaxPool', ['c'], 'm', { kernel_shape: { ints: [2, 2] } }),
      ...functions,
      node('QuantizeLinear', ['f', 's', 'z'], 'd'),
      node('DequantizeLinear', ['d', 's', 'z'], 'y'),
    ],
    initializers,
  });

describe('functions behind a MaxPool of sums', () => {
  it('that decrease nowhere are computed in front of it', () => {
    for (const functions of [
      [node('Sigmoid', ['m'], 'f')],
      [node('Neg', ['m'], 'n'), node('Neg', ['n'], 'f')],
      [node('Celu', ['m'], 'f')],
    ])
      expect(kinds(load(pooled(functions)).graph)).toContain('maxPool');
  });

  it('that decrease need a quantisation between', () => {
    const refused = [
      "E401 MaxPool_m: MaxPool is computed in floating point: its result 'm' goes into functions that decrease somewhere, without being quantised",
    ];
    for (const functions of [
      [node('Neg', ['m'], 'f')],
      [node('Neg', ['m'], 'n'), node('Sigmoid', ['n'], 'f')],
      [node('Sigmoid', ['m'], 's1'), node('Mul', ['m', 's1'], 'f')],
    ])
      expect(errors(pooled(functions))).toEqual(refused);
  });
});
