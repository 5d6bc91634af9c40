import { describe, expect, it } from 'vitest';
import { type Graph, type Node, noClamp, type Op, type Value } from '../../../compiler/ir/graph.js';
import { elements, type Shape } from '../../../compiler/ir/tensor.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { optimise } from '../../../compiler/passes/index.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { FloatExecutor } from '../../../compiler/quantise/float-executor.js';
import { runFloat } from '../../../compiler/reference/float.js';
import { allNetworks, Random } from '../../models/index.js';

const numbers = (random: Random, n: number): Float32Array =>
  Float32Array.from({ length: n }, () => random.uniform(-2, 2));

/** Largest difference from the plain interpreter, as a share of the tensor's root mean square. */
function difference(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  const rms = Math.sqrt(Array.from(expected, (v) => v * v).reduce((a, b) => a + b, 0) / expected.length);
  return (
    Math.max(...Array.from(expected, (v, i) => (Object.is(v, actual[i]) ? 0 : Math.abs(v - actual[i])))) / (rms || 1)
  );
}

function inputsOf(graph: Graph, seed: number): Float32Array[] {
  const random = new Random(seed);
  return graph.inputs.map((io) => numbers(random, elements((graph.values.get(io.value) as Value).shape)));
}

/** Float32 sums against doubles throughout. */
const tolerance = 5e-5;

describe('FloatExecutor', () => {
  for (const [name, make] of Object.entries(allNetworks)) {
    it(`computes what the plain interpreter computes: ${name}`, () => {
      const graph = optimise(importModel({ bytes: make({ format: 'float' }) }).graph);
      const inputs = inputsOf(graph, 3);
      const expected = new Map<number, Float64Array>();
      runFloat(graph, inputs, (node, data) => expected.set(node.output, data));
      const seen: Node[] = [];
      const outputs = new FloatExecutor(graph).run(inputs, (node, data) => {
        seen.push(node);
        expect(difference(expected.get(node.output) as Float64Array, data)).toBeLessThan(tolerance);
        return undefined;
      });
      expect(seen).toEqual(graph.nodes);
      expect([...outputs.keys()]).toEqual(graph.outputs.map((io) => io.value));
    });
  }

  const shape: Shape = { h: 5, w: 6, c: 4 };
  const weights = (n: number): { kind: 'float'; data: Float32Array } => ({
    kind: 'float',
    data: numbers(new Random(7), n),
  });
  const bias = { data: Float32Array.of(1, -1, 0.5, 0, 2, 3), scales: null };
  const window = { ...unitWindow, kernelH: 3, kernelW: 2, strideW: 2, dilationH: 2, padTop: 1, padLeft: 1 };
  const odd: Record<string, { op: Op; output: Shape }> = {
    'a convolution with six outputs in two groups': {
      op: { kind: 'conv2d', window, groups: 2, outChannels: 6, weights: weights(72), bias, clamp: { min: -1, max: 2 } },
      output: { h: 2, w: 3, c: 6 },
    },
    'two outputs for each channel': {
      op: { kind: 'conv2d', window, groups: 4, outChannels: 8, weights: weights(48), bias: null, clamp: noClamp },
      output: { h: 2, w: 3, c: 8 },
    },
    'a transposed convolution in two groups': {
      op: { kind: 'convTranspose2d', window, groups: 2, outChannels: 6, weights: weights(72), bias, clamp: noClamp },
      output: { h: 8, w: 11, c: 6 },
    },
    'a mean that counts padding': {
      op: { kind: 'averagePool', window, countIncludePad: true, clamp: noClamp },
      output: { h: 2, w: 3, c: 4 },
    },
    'a maximum of dilated taps': { op: { kind: 'maxPool', window, clamp: noClamp }, output: { h: 2, w: 3, c: 4 } },
    'a function of many operators': {
      op: {
        kind: 'unary',
        expr: {
          fn: 'mul',
          a: { fn: 'x' },
          b: { fn: 'hardSigmoid', a: { fn: 'gelu', a: { fn: 'x' } }, alpha: 0.2, beta: 0.5 },
        },
      },
      output: shape,
    },
    slopes: { op: { kind: 'prelu', slopes: Float64Array.of(0.1, 0, -1, 2) }, output: shape },
    'logarithms of probabilities': { op: { kind: 'softmax', log: true }, output: shape },
    'the last of the largest': { op: { kind: 'argMax', lastIndex: true, smallest: false }, output: { ...shape, c: 1 } },
  };
  for (const [name, { op, output }] of Object.entries(odd)) {
    it(`computes ${name}`, () => {
      const layout = { onnxShape: [1], factors: [1], order: [0], onnxDType: 'float32' } as const;
      const value = (id: number, s: Shape): [number, Value] => [
        id,
        { id, name: `v${id}`, shape: s, dtype: 'float32', quant: null, constant: null },
      ];
      const graph: Graph = {
        name: 'net',
        values: new Map([value(0, shape), value(1, output)]),
        nodes: [{ name: 'n', op, inputs: [0], output: 1 }],
        inputs: [{ value: 0, name: 'x', layout }],
        outputs: [{ value: 1, name: 'y', layout }],
      };
      const inputs = inputsOf(graph, 5);
      const [expected] = runFloat(graph, inputs);
      const actual = new FloatExecutor(graph).run(inputs).get(1) as Float32Array;
      expect(difference(expected, actual)).toBeLessThan(1e-6);
    });
  }

  it('hands readers what the listener makes of a result', () => {
    const graph = optimise(importModel({ bytes: allNetworks.tinyMobileNetV2({ format: 'float' }) }).graph);
    const inputs = inputsOf(graph, 3);
    const executor = new FloatExecutor(graph);
    const last = graph.nodes[graph.nodes.length - 2];
    let replaced = new Float32Array();
    const outputs = executor.run(inputs, (node, data) =>
      node === last ? (replaced = data.map((v) => v / 2)) : undefined,
    );
    const [io] = graph.outputs;
    expect(outputs.get(io.value)).toEqual(executor.runNode(graph.nodes[graph.nodes.length - 1], [replaced]));
    expect(outputs.get(io.value)).not.toEqual(executor.run(inputs).get(io.value));
  });

  it('rounds the values of a quantised graph to their grid', () => {
    const graph = optimise(importModel({ bytes: allNetworks.resnet8Like() }).graph);
    const inputs = inputsOf(graph, 4);
    const [expected] = runFloat(graph, inputs);
    const actual = new FloatExecutor(graph).run(inputs).get(graph.outputs[0].value) as Float32Array;
    const step = (graph.values.get(graph.outputs[0].value) as Value).quant?.scale ?? 0;
    // A code may fall on the other side of a tie that float32 moved; a step of an inner tensor is little here.
    expect(Math.max(...expected.map((v, i) => Math.abs(v - actual[i])))).toBeLessThanOrEqual(2 * step);
  });
});
