/** Gradients against differences of the network itself. */

import { describe, expect, it } from 'vitest';
import { type Graph, type Node, noClamp, type Op, type Value, valueOfGraph } from '../../../compiler/ir/graph.js';
import { elements, type Shape } from '../../../compiler/ir/tensor.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { Adjoint } from '../../../compiler/quantise/adjoint.js';
import { Convolver } from '../../../compiler/quantise/engine/convolver.js';
import { floatRunner } from '../../../compiler/quantise/engine/float-node.js';
import { allNetworks, Random } from '../../models/index.js';
import { floatGraph, samplesFor } from './support.js';

/** Both sides of <J d, v> = <d, Jt v>, by central differences along d at every input of the node. */
function checkNode(graph: Graph, node: Node, inputs: readonly Float32Array[], random: Random): void {
  const convolver = new Convolver();
  const run = floatRunner(graph, convolver);
  const output = run(node, inputs);
  const v = Float32Array.from(output, () => random.uniform(-1, 1));
  const gradients = new Adjoint(graph, convolver).inputGradients(node, inputs, output, v);
  node.inputs.forEach((id, k) => {
    const gradient = gradients[k];
    if (gradient === null || valueOfGraph(graph, id).constant !== null) return;
    const d = Float32Array.from(inputs[k], () => random.uniform(-1, 1));
    const h = 1e-3;
    const at = (sign: number): Float32Array =>
      run(
        node,
        inputs.map((x, i) => (i === k ? x.map((value, j) => value + sign * h * d[j]) : x)),
      );
    const [plus, minus] = [at(1), at(-1)];
    const difference = v.reduce((sum, w, i) => sum + (w * (plus[i] - minus[i])) / (2 * h), 0);
    const product = d.reduce((sum, w, i) => sum + w * gradient[i], 0);
    const size = Math.sqrt(d.reduce((s, w, i) => s + (w * gradient[i]) ** 2, 0)) + 1e-3;
    // A step may cross the kink of a clamp or of a largest element; float32 leaves some noise.
    expect(Math.abs(difference - product) / size, `${node.op.kind} ${node.name}`).toBeLessThan(0.3);
  });
}

describe('Adjoint', () => {
  it.each(Object.entries(allNetworks))('is the transpose of every node: %s', (_, make) => {
    const graph = floatGraph(make({ format: 'float' }));
    const random = new Random(5);
    const [sample] = samplesFor(graph, 1, 4);
    const held = new Map<number, Float32Array>();
    for (const [id, { constant }] of graph.values) if (constant instanceof Float32Array) held.set(id, constant);
    graph.inputs.forEach((io, i) => held.set(io.value, sample[i]));
    const run = floatRunner(graph, new Convolver());
    for (const node of graph.nodes) {
      const inputs = node.inputs.map((id) => held.get(id) as Float32Array);
      held.set(node.output, run(node, inputs));
      // Results of a Relu are often equal: which is the largest then has no derivative.
      const distinct = inputs.map((x) => (node.op.kind === 'maxPool' ? x.map(() => random.uniform(-2, 2)) : x));
      if (node.op.kind !== 'argMax') checkNode(graph, node, distinct, random);
    }
  });

  const shape: Shape = { h: 6, w: 5, c: 4 };
  const numbers = (n: number): Float32Array => {
    const random = new Random(3);
    return Float32Array.from({ length: n }, () => random.uniform(-2, 2));
  };
  const window = { ...unitWindow, kernelH: 3, kernelW: 2, strideH: 2, padTop: 1, padLeft: 1, padBottom: 1 };
  const float = (n: number) => ({ kind: 'float' as const, data: numbers(n) });
  const odd: Record<string, { op: Op; output: Shape }> = {
    'a strided convolution in groups': {
      op: { kind: 'conv2d', window, groups: 2, outChannels: 6, weights: float(72), bias: null, clamp: noClamp },
      output: { h: 3, w: 5, c: 6 },
    },
    'more padding than kernel': {
      op: {
        kind: 'conv2d',
        window: { ...unitWindow, padTop: 1, padBottom: 1, padLeft: 2, padRight: 0 },
        groups: 1,
        outChannels: 3,
        weights: float(12),
        bias: null,
        clamp: noClamp,
      },
      output: { h: 8, w: 7, c: 3 },
    },
    'a transposed convolution': {
      op: {
        kind: 'convTranspose2d',
        window: { ...unitWindow, kernelH: 2, kernelW: 3, strideH: 2, strideW: 2, padLeft: 1 },
        groups: 2,
        outChannels: 2,
        weights: float(24),
        bias: null,
        clamp: noClamp,
      },
      output: { h: 12, w: 10, c: 2 },
    },
    'a softmax': { op: { kind: 'softmax', log: false }, output: shape },
    'logarithms of probabilities': { op: { kind: 'softmax', log: true }, output: shape },
    'a leaky slope a channel': { op: { kind: 'prelu', slopes: Float64Array.of(0.1, 0.5, -1, 2) }, output: shape },
    'a smooth function': {
      op: { kind: 'unary', expr: { fn: 'mul', a: { fn: 'x' }, b: { fn: 'sigmoid', a: { fn: 'x' } } } },
      output: shape,
    },
    'channels backwards': {
      op: { kind: 'slice', start: { h: 1, w: 0, c: 3 }, step: { h: 2, w: 1, c: -1 } },
      output: { h: 2, w: 5, c: 4 },
    },
    'a reflecting pad': {
      op: {
        kind: 'pad',
        mode: 'reflect',
        before: { h: 1, w: 2, c: 0 },
        after: { h: 0, w: 1, c: 0 },
        value: 0,
      },
      output: { h: 7, w: 8, c: 4 },
    },
  };
  it.each(Object.entries(odd))('is the transpose of %s', (_, { op, output }) => {
    const value = (id: number, s: Shape): Value => ({
      id,
      name: `v${id}`,
      shape: s,
      dtype: 'float32',
      quant: null,
      constant: null,
    });
    const node: Node = { name: 'node', op, inputs: [0], output: 1 };
    const graph: Graph = {
      name: 'net',
      values: new Map([
        [0, value(0, shape)],
        [1, value(1, output)],
      ]),
      nodes: [node],
      inputs: [],
      outputs: [],
    };
    checkNode(graph, node, [numbers(elements(shape))], new Random(9));
  });
});
