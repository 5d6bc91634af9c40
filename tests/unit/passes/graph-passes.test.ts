/** Each pass on a graph small enough to read, and all of them on networks whose outputs must not change. */

import { describe, expect, it } from 'vitest';
import type { AveragePool, Conv2d, Graph, MaxPool } from '../../../compiler/ir/graph.js';
import { verifyGraph } from '../../../compiler/ir/verify.js';
import { optimise, passes } from '../../../compiler/passes/index.js';
import { runFloat, runQuantisedExact } from '../../../compiler/reference/float.js';
import { allNetworks, floats, int64s, Random } from '../../models/index.js';
import type { NodeSpec, TensorSpec } from '../../models/index.js';
import { kinds, load, model, node, randomData } from '../import/support.js';

const ran = (graph: Graph, name: string): Graph => {
  const pass = passes.find((p) => p.name === name);
  if (pass === undefined) throw new Error(`no pass ${name}`);
  const result = pass.run(graph);
  expect(verifyGraph(result)).toEqual([]);
  return result;
};

/** The same outputs on random inputs: to the last bit where quantised, to rounding where not. */
function sameOutputs(before: Graph, after: Graph): void {
  const isQuantised = before.inputs.every((io) => before.values.get(io.value)?.quant !== null);
  const sizes = before.inputs.map((io) => io.layout.factors.reduce((a, b) => a * b, 1));
  if (isQuantised) {
    const random = new Random(9);
    const inputs = sizes.map((n) => Int8Array.from({ length: n }, () => random.integer(-128, 127)));
    expect(runQuantisedExact(after, inputs)).toEqual(runQuantisedExact(before, inputs));
    return;
  }
  const inputs = sizes.map((n, i) => randomData(n, 50 + i));
  const wanted = runFloat(before, inputs);
  runFloat(after, inputs).forEach((data, k) => data.forEach((v, i) => expect(v).toBeCloseTo(wanted[k][i], 4)));
}

const w = floats([3, 2, 3, 3], randomData(54, 1));
const scale: Record<string, TensorSpec> = { s: floats([], [0.05]), z: { dims: [], type: 'int8', data: [-128] } };
const q = (input: string, output: string): NodeSpec => node('QuantizeLinear', [input, 's', 'z'], output);
const dq = (input: string, output: string): NodeSpec => node('DequantizeLinear', [input, 's', 'z'], output);

describe('fold-batchnorm', () => {
  it('takes Mul and Add of a constant a channel into the convolution', () => {
    const { graph } = load(
      model({
        shape: [1, 2, 5, 5],
        nodes: [node('Conv', ['x', 'w'], 'a'), node('Mul', ['a', 'm'], 'b'), node('Sub', ['t', 'b'], 'y')],
        initializers: { w, m: floats([3, 1, 1], [2, -1, 0.5]), t: floats([1, 3, 1, 1], [1, 2, 3]) },
      }),
    );
    const folded = ran(graph, 'fold-batchnorm');
    expect(kinds(folded)).toEqual(['conv2d']);
    sameOutputs(graph, folded);
  });

  it('leaves a convolution alone that something else reads too', () => {
    const { graph } = load(
      model({
        shape: [1, 2, 5, 5],
        outputs: ['y', 'z'],
        nodes: [
          node('Conv', ['x', 'w'], 'a'),
          node('Mul', ['a', 'm'], 'y'),
          node('MaxPool', ['a'], 'z', { kernel_shape: { ints: [2, 2] } }),
        ],
        initializers: { w, m: floats([3, 1, 1], [2, -1, 0.5]) },
      }),
    );
    expect(kinds(ran(graph, 'fold-batchnorm'))).toEqual(['conv2d', 'binary', 'maxPool']);
  });
});

describe('fuse-activation', () => {
  it('joins successive clamps', () => {
    const { graph } = load(
      model({
        shape: [1, 2, 5, 5],
        nodes: [node('Conv', ['x', 'w'], 'a'), node('Relu', ['a'], 'b'), node('Clip', ['b', '', 'high'], 'y')],
        initializers: { w, high: floats([], [0.75]) },
      }),
    );
    const fused = ran(graph, 'fuse-activation');
    expect(kinds(fused)).toEqual(['conv2d']);
    expect((fused.nodes[0].op as Conv2d).clamp).toEqual({ min: 0, max: 0.75 });
    sameOutputs(graph, fused);
  });

  it('crosses a quantisation only where it is the same on both sides', () => {
    const behind = (output: NodeSpec[]): Graph =>
      load(
        model({
          shape: [1, 1, 3, 3],
          nodes: [
            q('x', 'a'),
            dq('a', 'b'),
            node('AveragePool', ['b'], 'c', { kernel_shape: { ints: [2, 2] } }),
            q('c', 'd'),
            dq('d', 'e'),
            node('Clip', ['e', 'low', 'high'], 'f'),
            ...output,
          ],
          initializers: { ...scale, low: floats([], [0.13]), high: floats([], [6.04]), s2: floats([], [0.03]) },
        }),
      ).graph;
    const same = behind([q('f', 'g'), dq('g', 'y')]);
    const fused = ran(same, 'fuse-activation');
    expect(kinds(fused)).toEqual(['averagePool']);
    sameOutputs(same, fused);
    expect(
      kinds(
        ran(
          behind([node('QuantizeLinear', ['f', 's2', 'z'], 'g'), node('DequantizeLinear', ['g', 's2', 'z'], 'y')]),
          'fuse-activation',
        ),
      ),
    ).toEqual(['averagePool', 'unary']);
  });
});

describe('fold-pad', () => {
  const padded = (reader: NodeSpec, value: number, quantised: boolean): Graph =>
    load(
      model({
        shape: [1, 2, 5, 5],
        nodes: quantised
          ? [
              q('x', 'a'),
              dq('a', 'b'),
              node('Pad', ['b', 'p', 'v'], 'c'),
              q('c', 'd'),
              dq('d', 'e'),
              { ...reader, inputs: ['e', ...reader.inputs.slice(1)] },
              q('y0', 'f'),
              dq('f', 'y'),
            ]
          : [
              node('Pad', ['x', 'p', 'v'], 'e'),
              { ...reader, inputs: ['e', ...reader.inputs.slice(1)] },
              node('Identity', ['y0'], 'y'),
            ],
        initializers: {
          ...scale,
          p: int64s([0, 0, 1, 0, 0, 0, 2, 1]),
          v: floats([], [value]),
          w,
          wq: { dims: [3, 2, 3, 3], type: 'int8', data: Array.from(randomData(54, 2), (v) => Math.round(v * 127)) },
        },
      }),
    ).graph;
  const pool = (op: string): NodeSpec =>
    node(op, ['e'], 'y0', { kernel_shape: { ints: [3, 3] }, strides: { ints: [2, 1] } });

  it('joins zeros with a convolution', () => {
    const graph = padded(node('Conv', ['e', 'w'], 'y0', { pads: { ints: [1, 1, 0, 0] } }), 0, false);
    const folded = ran(graph, 'fold-pad');
    expect(kinds(folded)).toEqual(['conv2d']);
    expect((folded.nodes[0].op as Conv2d).window).toMatchObject({ padTop: 2, padLeft: 1, padBottom: 2, padRight: 1 });
    sameOutputs(graph, folded);
    expect(kinds(ran(padded(node('Conv', ['e', 'w'], 'y0'), 1, false), 'fold-pad'))).toEqual(['pad', 'conv2d']);
  });

  it('joins zeros with a mean that then counts them', () => {
    for (const quantised of [false, true]) {
      const graph = padded(pool('AveragePool'), 0, quantised);
      const folded = ran(graph, 'fold-pad');
      expect(kinds(folded)).toEqual(['averagePool']);
      expect((folded.nodes[0].op as AveragePool).countIncludePad).toBe(true);
      sameOutputs(graph, folded);
    }
  });

  it('joins the lowest value with a maximum, and no other', () => {
    // Zero is the lowest code here: the zero point is -128.
    const graph = padded(pool('MaxPool'), 0, true);
    const folded = ran(graph, 'fold-pad');
    expect(kinds(folded)).toEqual(['maxPool']);
    expect((folded.nodes[0].op as MaxPool).window).toMatchObject({ padTop: 1, padLeft: 0, padBottom: 2, padRight: 1 });
    sameOutputs(graph, folded);
    expect(kinds(ran(padded(pool('MaxPool'), 0, false), 'fold-pad'))).toEqual(['pad', 'maxPool']);
    expect(kinds(ran(padded(pool('MaxPool'), 1, true), 'fold-pad'))).toEqual(['pad', 'maxPool']);
  });

  it('leaves pads alone that a window would lie in wholly', () => {
    const { graph } = load(
      model({
        shape: [1, 2, 5, 5],
        nodes: [node('Pad', ['x', 'p'], 'a'), node('Conv', ['a', 'w'], 'y')],
        initializers: { w, p: int64s([0, 0, 3, 0, 0, 0, 0, 0]) },
      }),
    );
    expect(kinds(ran(graph, 'fold-pad'))).toEqual(['pad', 'conv2d']);
  });
});

describe('drop-identity and dead-code', () => {
  it('remove what changes nothing and what nothing reads', () => {
    const { graph } = load(
      model({
        shape: [1, 2, 3, 3],
        nodes: [
          node('MaxPool', ['x'], 'a', { kernel_shape: { ints: [1, 1] } }),
          node('Softmax', ['a'], 'y', { axis: { int: 1 } }),
        ],
      }),
    );
    const [a, b] = graph.nodes;
    const extra = Math.max(...graph.values.keys()) + 1;
    const value = graph.values.get(a.output);
    if (value === undefined) throw new Error('no value');
    const values = new Map(graph.values)
      .set(extra, { ...value, id: extra })
      .set(extra + 1, { ...value, id: extra + 1 });
    const padded: Graph = {
      ...graph,
      values,
      nodes: [
        a,
        { name: 'same', op: { kind: 'unary', expr: { fn: 'x' } }, inputs: [a.output], output: extra },
        {
          name: 'unread',
          op: { kind: 'unary', expr: { fn: 'relu', a: { fn: 'x' } } },
          inputs: [extra],
          output: extra + 1,
        },
        { ...b, inputs: [extra] },
      ],
    };
    expect(verifyGraph(padded)).toEqual([]);
    const result = ran(padded, 'drop-identity');
    expect(result.nodes.map((n) => n.name)).toEqual([a.name, b.name]);
    expect(result.nodes[1].inputs).toEqual([a.output]);
    expect([...result.values.keys()].sort()).toEqual([...graph.values.keys()].sort());
  });

  it('keep the copy of an output that is also an input', () => {
    const { graph } = load(model({ shape: [1, 4], nodes: [q('x', 'a'), dq('a', 'y')], initializers: scale }));
    expect(kinds(optimise(graph))).toEqual(['unary']);
  });
});

describe('all passes', () => {
  for (const [name, build] of Object.entries(allNetworks)) {
    it(`keep the outputs of ${name}, quantised and float`, () => {
      for (const format of ['qdq', 'float'] as const) {
        const { graph } = load(build({ format }));
        const result = optimise(graph, (pass, g) => expect(verifyGraph(g), pass).toEqual([]));
        expect(result.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
        sameOutputs(graph, result);
      }
    });
  }
});
