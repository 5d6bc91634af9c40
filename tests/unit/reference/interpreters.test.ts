import { describe, expect, it } from 'vitest';
import { noClamp, type Graph, type Op, type Value } from '../../../compiler/ir/graph.js';
import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import type { Quant, Shape } from '../../../compiler/ir/tensor.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { lowerToInt8 } from '../../../compiler/lower/lower.js';
import { runFloat, runQuantisedExact } from '../../../compiler/reference/float.js';
import { runInt8, runNode } from '../../../compiler/reference/int8.js';

const layout = { onnxShape: [1], factors: [1], order: [0], onnxDType: 'float32' } as const;
const value = (
  id: number,
  shape: Shape,
  quant: Quant | null,
  constant: Float32Array | Int8Array | null = null,
): Value => ({ id, name: `v${id}`, shape, dtype: quant ? 'int8' : 'float32', quant, constant });
const graphOf = (values: Value[], nodes: [Op, number[], number][], inputs: number[], outputs: number[]): Graph => ({
  name: 'net',
  values: new Map(values.map((v) => [v.id, v])),
  nodes: nodes.map(([op, ins, output], i) => ({ name: `n${i}`, op, inputs: ins, output })),
  inputs: inputs.map((v) => ({ value: v, name: `in${v}`, layout })),
  outputs: outputs.map((v) => ({ value: v, name: `out${v}`, layout })),
});
const pixel = (c: number): Shape => ({ h: 1, w: 1, c });

describe('runFloat', () => {
  it('computes a float network: convolution, bias, clamp, residual, softmax', () => {
    const s = { h: 2, w: 2, c: 1 };
    const conv: Op = {
      kind: 'conv2d',
      window: { ...unitWindow, kernelH: 2, kernelW: 2, padBottom: 1, padRight: 1 },
      groups: 1,
      outChannels: 2,
      weights: { kind: 'float', data: Float32Array.of(1, 0, 0, 1, -1, 0.5, 0, 0) },
      bias: { data: Float32Array.of(0.5, 0), scales: null },
      clamp: { min: 0, max: 4 },
    };
    const graph = graphOf(
      [
        value(0, s, null),
        value(1, { ...s, c: 2 }, null),
        value(2, { ...s, c: 2 }, null),
        value(3, { ...s, c: 2 }, null),
      ],
      [
        [conv, [0], 1],
        [{ kind: 'binary', fn: 'add', clamp: noClamp }, [1, 0], 2],
        [{ kind: 'softmax', log: false }, [2], 3],
      ],
      [0],
      [2, 3],
    );
    const seen: string[] = [];
    const [sum, probabilities] = runFloat(graph, [Float32Array.of(1, 2, 3, -4)], (node) => seen.push(node.name));
    // Channel 0: x(y, x) + x(y+1, x+1) + 0.5 in [0, 4]; channel 1: -x(y, x) + x(y, x+1) / 2.
    expect([...sum]).toEqual([0 + 1, 0 + 1, 2.5 + 2, 0 + 2, 3.5 + 3, 0 + 3, 0 - 4, 4 - 4]);
    expect(probabilities[0]).toBe(0.5);
    expect(probabilities[2]).toBeCloseTo(1 / (1 + Math.exp(-2.5)), 6);
    expect(seen).toEqual(['n0', 'n1', 'n2']);
  });

  it('rounds a quantised network at every tensor', () => {
    const graph = graphOf(
      [value(0, pixel(2), { scale: 0.5, zeroPoint: 0 }), value(1, pixel(2), { scale: 1, zeroPoint: 3 })],
      [[{ kind: 'unary', expr: { fn: 'x' } }, [0], 1]],
      [0],
      [1],
    );
    // 0.6 is 0.5 at the border, then a tie to even; 200 saturates at 63.5, which is a tie again.
    expect([...runFloat(graph, [Float32Array.of(0.6, 200)])[0]]).toEqual([0, 64]);
    expect(runQuantisedExact(graph, [Int8Array.of(1, 127)])[0]).toEqual(Int8Array.of(3, 67));
  });
});

describe('runQuantisedExact', () => {
  it('decides by exact fractions what doubles cannot', () => {
    // (a + b + c) / 3 with float32 scales of 0.1: the sum is 3 k + 1.5 exactly, whatever the rounding of 0.1.
    const s = Math.fround(0.1);
    const window = { ...unitWindow, kernelW: 6 };
    const graph = graphOf(
      [value(0, { h: 1, w: 6, c: 1 }, { scale: s, zeroPoint: 1 }), value(1, pixel(1), { scale: s, zeroPoint: 0 })],
      [[{ kind: 'averagePool', window, countIncludePad: false, clamp: noClamp }, [0], 1]],
      [0],
      [1],
    );
    const mean = (sum: number) => runQuantisedExact(graph, [Int8Array.of(sum + 1, 1, 1, 1, 1, 1)])[0][0];
    expect([3, 9, 15, -3, -9, 4, 8].map(mean)).toEqual([0, 2, 2, -0, -2, 1, 1].map((v) => v + 0));
    const lowered = lowerToInt8(graph).graph;
    expect(
      [3, 9, 15, -3, -9, 4, 8].map((sum) => runInt8(lowered, [Int8Array.of(sum + 1, 1, 1, 1, 1, 1)])[0][0]),
    ).toEqual([0, 2, 2, 0, -2, 1, 1]);
  });
});

describe('runInt8', () => {
  const q = { scale: 1, zeroPoint: 0 };
  const int8Value = (id: number, shape: Shape, constant: Int8Array | null = null) => ({
    id,
    name: `v${id}`,
    shape,
    dtype: 'int8' as const,
    quant: q,
    constant,
  });
  const graph: Int8Graph = {
    name: 'net',
    values: new Map([
      [0, int8Value(0, pixel(3))],
      [1, int8Value(1, pixel(3), Int8Array.of(5, -6, 7))],
      [2, int8Value(2, pixel(3))],
      [3, int8Value(3, pixel(6))],
    ]),
    nodes: [
      { id: 0, name: 'max', op: { kind: 'max' }, inputs: [0, 1], output: 2, macs: 0, deviations: { off: 0, of: 0 } },
      {
        id: 1,
        name: 'concat',
        op: { kind: 'concat', axis: 'c' },
        inputs: [2, 0],
        output: 3,
        macs: 0,
        deviations: { off: 0, of: 0 },
      },
    ],
    inputs: [{ value: 0, name: 'x', layout }],
    outputs: [
      { value: 3, name: 'y', layout },
      { value: 0, name: 'x', layout },
      { value: 1, name: 'k', layout },
    ],
  };

  it('runs nodes in order, reads constants, and shows each output', () => {
    const seen: [string, number[]][] = [];
    const outputs = runInt8(graph, [Int8Array.of(1, 2, 100)], (node, output) => seen.push([node.name, [...output]]));
    expect(outputs.map((o) => [...o])).toEqual([
      [5, 2, 100, 1, 2, 100],
      [1, 2, 100],
      [5, -6, 7],
    ]);
    expect(seen).toEqual([
      ['max', [5, 2, 100]],
      ['concat', [5, 2, 100, 1, 2, 100]],
    ]);
    expect(runNode(graph.nodes[0], graph, [Int8Array.of(6, 0, 0), Int8Array.of(5, -6, 7)])).toEqual(
      Int8Array.of(6, 0, 7),
    );
  });

  it('refuses a value that nothing makes', () => {
    expect(() => runInt8({ ...graph, inputs: [] }, [])).toThrow('value 0 is read before it is made');
  });
});
