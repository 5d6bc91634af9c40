/** Results of ArgMax and ArgMin: what may be done with them, and the way out of what may not. */

import { describe, expect, it } from 'vitest';
import { floats } from '../../models/index.js';
import type { NodeSpec } from '../../models/index.js';
import { errors, load, model, node, run } from './support.js';

const initializers = { s: floats([], [0.05]), z: { dims: [], type: 'int8', data: [3] } } as const;
const quantised = [node('QuantizeLinear', ['x', 's', 'z'], 'a'), node('DequantizeLinear', ['a', 's', 'z'], 'b')];

describe('indices of ArgMax and ArgMin', () => {
  it('are exact, and may be cast as far as they fit', () => {
    const indices = (
      nodes: NodeSpec[],
      shape = [1, 5],
      outputType: 'float' | 'uint8' | 'int64' = 'int64',
    ): Uint8Array => model({ shape, outputType, initializers, nodes: [...quantised, ...nodes] });
    const least = node('ArgMin', ['b'], 'y', { axis: { int: 1 } });
    const { graph } = load(indices([least]));
    expect(run(graph, [[0.1, 0.7, -0.2, 0.7, -0.2]])).toEqual([[2]]);
    expect(run(graph, [[1, -6, 0, 6, 0]])).toEqual([[1]]);
    const cast = (op: string, to: number, shape?: number[]): Uint8Array =>
      indices([node(op, ['b'], 'i', { axis: { int: 1 } }), node('Cast', ['i'], 'y', { to: { int: to } })], shape);
    for (const [to, type] of [
      [1, 'float32'],
      [2, 'uint8'],
      [3, 'int8'],
      [6, 'int32'],
      [10, 'float32'],
    ] as const) {
      const { graph: made } = load(cast('ArgMax', to));
      expect(made.outputs[0].layout.onnxDType).toBe(type);
      expect(run(made, [[0.1, 0.7, -0.2, 0.7, 0]])).toEqual([[1]]);
    }
    expect(load(cast('ArgMin', 2, [1, 256])).graph.nodes).toHaveLength(1);
    expect(errors(cast('ArgMin', 2, [1, 257]))).toEqual([
      'E204 Cast_y: casting the indices of 257 positions to uint8 would wrap',
    ]);
    expect(errors(cast('ArgMax', 3, [1, 129]))).toEqual([
      'E204 Cast_y: casting the indices of 129 positions to int8 would wrap',
    ]);
    const further = [
      node('ArgMax', ['b'], 'i', { axis: { int: 1 } }),
      node('Cast', ['i'], 'f', { to: { int: 1 } }),
      node('Relu', ['f'], 'y'),
    ];
    expect(errors(indices(further))).toEqual([
      "E204 Relu_y: input 0 ('f') holds indices of ArgMax or ArgMin; Relu of them is not supported",
    ]);
  });
});
