/** Constants computed at compile time: whatever is added to the input, the folded values are read back from the graph. */

import { describe, expect, it } from 'vitest';
import type { Unary } from '../../../compiler/ir/graph.js';
import { foldedOperators, operatorTable } from '../../../compiler/import/index.js';
import { int64s } from '../../models/index.js';
import type { AttributeSpec, NodeSpec, TensorSpec } from '../../models/index.js';
import { load, model, node } from './support.js';

const ints = (...data: number[]): TensorSpec => int64s(data);
const tensor = (dims: number[], data: number[]): TensorSpec => ({ dims, type: 'float', data });
const integer = (value: number): TensorSpec => ({ dims: [], type: 'int64', data: [value] });

/** The values of a folded tensor: as floats they meet the input, and stand in the graph as an operand. */
function valuesOf(
  nodes: readonly NodeSpec[],
  result: string,
  initializers: Record<string, TensorSpec>,
  opset: number,
): number[] {
  const { graph } = load(
    model({
      shape: [1, 1],
      opset,
      initializers: { ...initializers, flat: ints(1, -1) },
      nodes: [
        ...nodes,
        node('Cast', [result], 'as_float', { to: { int: 1 } }),
        node('Reshape', ['as_float', 'flat'], 'row'),
        node('Max', ['x', 'row'], 'y'),
      ],
    }),
  );
  const { op } = graph.nodes[0];
  if (op.kind === 'unary' && 'b' in op.expr && op.expr.b.fn === 'constant') return [op.expr.b.value];
  return Array.from([...graph.values.values()].find((v) => v.constant !== null)?.constant ?? []);
}

/** A scalar has no dimensions to read. */
function shapeOf(
  nodes: readonly NodeSpec[],
  result: string,
  initializers: Record<string, TensorSpec>,
  opset: number,
): number[] {
  const rank = valuesOf(
    [...nodes, node('Shape', [result], 'its_shape'), node('Size', ['its_shape'], 'its_rank')],
    'its_rank',
    initializers,
    opset,
  )[0];
  return rank === 0 ? [] : valuesOf([...nodes, node('Shape', [result], 'its_shape')], 'its_shape', initializers, opset);
}

type Case = readonly [NodeSpec, Record<string, TensorSpec>, number[], number[], number?];
const one = (
  op: string,
  inputs: Record<string, TensorSpec>,
  values: number[],
  shape: number[],
  attributes: Record<string, AttributeSpec> = {},
  opset = 13,
): Case => [node(op, Object.keys(inputs), 'result', attributes), inputs, values, shape, opset];

const cases: Readonly<Record<string, Case>> = {
  'Add broadcasts': one('Add', { a: tensor([2, 1], [1, 2]), b: tensor([2], [10, 20]) }, [11, 21, 12, 22], [2, 2]),
  'Div of integers truncates': one('Div', { a: ints(7, -7), b: integer(2) }, [3, -3], [2]),
  'Div of floats does not': one('Div', { a: tensor([1], [7]), b: tensor([1], [2]) }, [3.5], [1]),
  "Mod follows the divisor's sign": one('Mod', { a: ints(7, -7), b: ints(3, 3) }, [1, 2], [2]),
  'Where picks': one(
    'Where',
    { c: { dims: [3], type: 'bool', data: [1, 0, 1] }, a: tensor([3], [1, 2, 3]), b: tensor([1], [9]) },
    [1, 9, 3],
    [3],
  ),
  'Equal compares': one('Equal', { a: ints(1, 2), b: ints(1, 3) }, [1, 0], [2]),
  'Gather takes rows': one('Gather', { d: tensor([3, 2], [1, 2, 3, 4, 5, 6]), i: ints(2, -3) }, [5, 6, 1, 2], [2, 2]),
  'Gather of a scalar index drops the axis': one('Gather', { d: ints(5, 6, 7), i: integer(-1) }, [7], []),
  'Slice runs backwards': one(
    'Slice',
    { d: ints(0, 1, 2, 3, 4), s: ints(-1), e: ints(-99), a: ints(0), t: ints(-2) },
    [4, 2, 0],
    [3],
  ),
  'Concat joins': one('Concat', { a: tensor([1, 2], [1, 2]), b: tensor([1, 1], [3]) }, [1, 2, 3], [1, 3], {
    axis: { int: 1 },
  }),
  Unsqueeze: one('Unsqueeze', { a: ints(4, 5), x1: ints(0, -1) }, [4, 5], [1, 2, 1]),
  Squeeze: one('Squeeze', { a: tensor([1, 2, 1], [4, 5]) }, [4, 5], [2]),
  Transpose: one('Transpose', { a: tensor([2, 3], [1, 2, 3, 4, 5, 6]) }, [1, 4, 2, 5, 3, 6], [3, 2], {
    perm: { ints: [1, 0] },
  }),
  Expand: one('Expand', { a: tensor([2, 1], [1, 2]), s: ints(2, 3) }, [1, 1, 1, 2, 2, 2], [2, 3]),
  Tile: one('Tile', { a: tensor([1, 2], [1, 2]), r: ints(2, 2) }, [1, 2, 1, 2, 1, 2, 1, 2], [2, 4]),
  Range: one('Range', { a: integer(3), b: integer(-4), c: integer(-2) }, [3, 1, -1, -3], [4]),
  Pad: one('Pad', { a: tensor([1, 2], [1, 2]), p: ints(0, 1, 1, 0), v: tensor([], [7]) }, [7, 1, 2, 7, 7, 7], [2, 3]),
  NonZero: one('NonZero', { a: tensor([2, 2], [0, 1, 1, 0]) }, [0, 1, 1, 0], [2, 2]),
  ReduceProd: one('ReduceProd', { a: ints(2, 3, 4) }, [24], [1], { keepdims: { int: 1 } }),
  'ReduceMean over one axis': one('ReduceMean', { a: tensor([2, 2], [1, 3, 5, 9]) }, [3, 6], [2], {
    axes: { ints: [0] },
    keepdims: { int: 0 },
  }),
  ReduceMax: one('ReduceMax', { a: tensor([2, 2], [1, 3, 5, 9]) }, [3, 9], [2, 1], { axes: { ints: [1] } }),
  ReduceL2: one('ReduceL2', { a: tensor([1, 2], [3, 4]) }, [5], [1, 1], { axes: { ints: [1] } }),
  ConstantOfShape: one('ConstantOfShape', { s: ints(2, 2) }, [3, 3, 3, 3], [2, 2], {
    value: { tensor: { dims: [1], type: 'float', data: [3] } },
  }),
  'Cast truncates': one('Cast', { a: tensor([2], [2.9, -2.9]) }, [2, -2], [2], { to: { int: 7 } }),
  'Constant of integers': one('Constant', {}, [4, 5], [2], { value_ints: { ints: [4, 5] } }),
  Sigmoid: one('Sigmoid', { a: tensor([1], [0]) }, [0.5], [1]),
  'QuantizeLinear rounds ties to even and saturates': one(
    'QuantizeLinear',
    { a: tensor([4], [0.5, 1.5, -9, 900]), s: tensor([], [1]), z: { dims: [], type: 'int8', data: [0] } },
    [0, 2, -9, 127],
    [4],
  ),
  'DequantizeLinear along an axis': one(
    'DequantizeLinear',
    {
      a: { dims: [2, 2], type: 'int8', data: [1, 2, 3, 4] },
      s: tensor([2], [0.5, 2]),
      z: { dims: [2], type: 'int8', data: [0, 1] },
    },
    [0.5, 1, 4, 6],
    [2, 2],
    { axis: { int: 0 } },
  ),
};

describe('constants are computed', () => {
  for (const [name, [n, initializers, values, shape, opset]] of Object.entries(cases)) {
    it(name, () => {
      expect(valuesOf([n], 'result', initializers, opset ?? 13)).toEqual(values);
      expect(shapeOf([n], 'result', initializers, opset ?? 13)).toEqual(shape);
    });
  }
});

describe('CastLike of a constant', () => {
  it('reads nothing but the type of a tensor of the network', () => {
    const { graph } = load(
      model({
        shape: [1, 2],
        opset: 15,
        initializers: { two: integer(2) },
        nodes: [node('CastLike', ['two', 'x'], 'k'), node('Mul', ['x', 'k'], 'y')],
      }),
    );
    expect((graph.nodes[0].op as Unary).expr).toEqual({ fn: 'mul', a: { fn: 'x' }, b: { fn: 'constant', value: 2 } });
  });
});

describe('the operator table', () => {
  it('names each operator once, with the versions it covers', () => {
    const names = operatorTable.map((e) => `${e.domain}.${e.op}`);
    expect(new Set(names).size).toBe(names.length);
    for (const e of operatorTable) {
      expect(e.fromOpset).toBeLessThanOrEqual(e.toOpset);
      expect(e.support.length).toBeGreaterThan(0);
    }
  });

  it('has a converter for everything that does not fold only', () => {
    const foldOnly = operatorTable.filter((e) => e.convert === null).map((e) => e.op);
    expect(foldOnly.every((op) => foldedOperators.includes(op))).toBe(true);
  });
});
