/** Networks that are quantised in part: the quantised part stays as it is, the rest stays float for calibration. */

import { describe, expect, it } from 'vitest';
import { compile, quantise } from '../../../compiler/index.js';
import { type Graph, type Value, valueOfGraph } from '../../../compiler/ir/graph.js';
import { verifyGraph } from '../../../compiler/ir/verify.js';
import { optimise } from '../../../compiler/passes/index.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { FloatExecutor } from '../../../compiler/quantise/float-executor.js';
import { floats, type NodeSpec, type TensorSpec } from '../../models/index.js';
import { loadOrt } from '../../oracle/onnx-runtime.js';
import { errors, kinds, memoryOrder, model, node, randomData, run } from '../import/support.js';

const q = (x: string, y: string, scale: string, zero = 'z'): NodeSpec => node('QuantizeLinear', [x, scale, zero], y);
const dq = (x: string, y: string, scale: string, zero = 'z'): NodeSpec => node('DequantizeLinear', [x, scale, zero], y);

const int8s = (dims: number[], data: number[]): TensorSpec => ({ type: 'int8', dims, data });
const weight = (dims: number[], seed: number): TensorSpec =>
  floats(
    dims,
    randomData(
      dims.reduce((a, b) => a * b),
      seed,
    ),
  );
const codes = (dims: number[], seed: number): TensorSpec =>
  int8s(
    dims,
    Array.from(
      randomData(
        dims.reduce((a, b) => a * b),
        seed,
      ),
      (v) => Math.round(v * 127),
    ),
  );
const constants: Record<string, TensorSpec> = {
  fine: floats([], [1 / 64]),
  coarse: floats([], [1 / 32]),
  z: int8s([], [0]),
  low: int8s([], [-128]),
  wq: codes([4, 3, 3, 3], 5),
  ws: floats([4], [0.002, 0.004, 0.003, 0.001]),
  wz: int8s([4], [0, 0, 0, 0]),
  wf: weight([4, 4, 1, 1], 6),
  wg: weight([2, 4, 1, 1], 7),
  g: floats([4], [1, 0.5, -1, 2]),
  b: floats([4], [0, 1, 0.5, -0.5]),
  m: floats([4], [0.1, 0.2, 0, -0.1]),
  v: floats([4], [1, 2, 0.5, 1]),
};

/** Quantised convolution, float one with BatchNormalization and ReLU that is quantised again, float head. */
const nodes: NodeSpec[] = [
  q('x', 'x8', 'fine'),
  dq('x8', 'xr', 'fine'),
  { ...node('DequantizeLinear', ['wq', 'ws', 'wz'], 'wr', { axis: { int: 0 } }) },
  node('Conv', ['xr', 'wr'], 'c', { pads: { ints: [1, 1, 1, 1] } }),
  q('c', 'c8', 'coarse'),
  dq('c8', 'cr', 'coarse'),
  node('MaxPool', ['cr'], 'p', { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } }),
  node('Conv', ['p', 'wf'], 'f'),
  node('BatchNormalization', ['f', 'g', 'b', 'm', 'v'], 'n'),
  node('Relu', ['n'], 'r'),
  q('r', 'r8', 'coarse', 'low'),
  dq('r8', 'rr', 'coarse', 'low'),
  node('Add', ['rr', 'p'], 's'),
  node('Conv', ['s', 'wg'], 'y'),
];
const bytes = model({ shape: [1, 3, 8, 8], nodes, initializers: constants });

const load = (): Graph => {
  const { graph } = importModel({ bytes }, { floatParts: 'kept' });
  expect(verifyGraph(graph)).toEqual([]);
  return graph;
};
const valueNamed = (graph: Graph, name: string): Value | undefined =>
  [...graph.values.values()].find((v) => v.name === name);

describe('a network that is quantised in part', () => {
  it('is refused where nothing is calibrated', () => {
    expect(errors(bytes)[0]).toMatch(/^E401/);
  });

  it('keeps what the file says, and leaves the rest float', () => {
    const graph = optimise(load(), (pass, g) => expect(verifyGraph(g), pass).toEqual([]));
    expect(kinds(graph)).toEqual(['conv2d', 'maxPool', 'conv2d', 'binary', 'conv2d']);
    const [first, pool, second, sum, last] = graph.nodes.map((n) => ({
      op: n.op,
      quant: graph.values.get(n.output)?.quant ?? null,
    }));
    expect(graph.values.get(graph.inputs[0].value)).toMatchObject({ dtype: 'int8', quant: { scale: 1 / 64 } });
    expect(first.op).toMatchObject({ weights: { kind: 'quantised' } });
    expect([first.quant, pool.quant]).toEqual([
      { scale: 1 / 32, zeroPoint: 0 },
      { scale: 1 / 32, zeroPoint: 0 },
    ]);
    expect(second.op).toMatchObject({ weights: { kind: 'float' }, clamp: { min: 0, max: Infinity } });
    expect(second.quant).toEqual({ scale: 1 / 32, zeroPoint: -128 });
    expect([sum.quant, last.quant]).toEqual([null, null]);
    expect(last.op).toMatchObject({ weights: { kind: 'float' } });
    expect(valueNamed(graph, 's')?.dtype).toBe('float32');
  });

  it('means what ONNX Runtime computes, before the passes and after them', async () => {
    const x = randomData(192, 9);
    const session = await loadOrt(bytes, false);
    const [{ data }] = await session.run([{ name: 'x', type: 'float32', dims: [1, 3, 8, 8], data: x }]);
    await session.release();
    const graph = load();
    for (const g of [graph, optimise(graph)]) {
      const [y] = run(g, [x]);
      for (const [i, want] of Array.from(data, Number).entries()) expect(Math.abs(y[i] - want)).toBeLessThan(1e-4);
      const inner = Float32Array.from(x);
      memoryOrder(g.inputs[0]).forEach((at, i) => {
        inner[at] = x[i];
      });
      const executed = new FloatExecutor(g).run([inner]).get(g.outputs[0].value) as Float32Array;
      Array.from(memoryOrder(g.outputs[0]), (at) => executed[at]).forEach((v, i) =>
        expect(Math.abs(v - y[i])).toBeLessThan(1e-4),
      );
    }
  });

  it('has one tensor for a result that the file quantises alike for each reader', () => {
    const twice = model({
      shape: [1, 3, 8, 8],
      outputs: ['y', 'w'],
      nodes: [
        ...nodes,
        q('r', 'again8', 'coarse', 'low'),
        dq('again8', 'again', 'coarse', 'low'),
        node('Neg', ['again'], 'w'),
      ],
      initializers: constants,
    });
    const { graph } = importModel({ bytes: twice }, { floatParts: 'kept' });
    expect(kinds(optimise(graph)).sort()).toEqual(['binary', 'conv2d', 'conv2d', 'conv2d', 'maxPool', 'unary']);
  });

  it('is what it is without calibration where everything is quantised', () => {
    const whole = model({
      shape: [1, 3, 8, 8],
      nodes: nodes.slice(0, 6),
      outputs: ['cr'],
      initializers: constants,
    });
    expect(importModel({ bytes: whole }, { floatParts: 'kept' })).toEqual(importModel({ bytes: whole }));
  });
});

describe('calibrating a network that is quantised in part', () => {
  const samples = Array.from({ length: 20 }, (_, i) => [randomData(192, 30 + i)]);
  const { onnx, document } = quantise({ bytes, name: 'mixed' }, samples);
  const made = importModel({ bytes: onnx }).graph;

  it('gives an int8 network whose file keeps the scales that the file had', () => {
    const named = new Map([...made.values.values()].map((v) => [v.name, v]));
    expect(made.nodes.every(({ op }) => !('weights' in op) || op.weights.kind === 'quantised')).toBe(true);
    expect(valueOfGraph(made, made.inputs[0].value).quant).toEqual({ scale: 1 / 64, zeroPoint: 0 });
    const scales = [...named.values()].flatMap((v) => (v.quant === null ? [] : [v.quant.scale]));
    expect(scales.filter((scale) => scale === 1 / 32).length).toBeGreaterThanOrEqual(2);
    // The weights that were int8 are the same codes of the same scales.
    const { op } = made.nodes[0];
    if (op.kind !== 'conv2d' || op.weights.kind !== 'quantised') throw new Error('no quantised convolution');
    expect([...op.weights.scales]).toEqual([0.002, 0.004, 0.003, 0.001].map(Math.fround));
    expect(document.sqnrDb).toBeGreaterThan(30);
  });

  it('compiles', () => {
    const { document: plan } = compile({ bytes: onnx, name: 'mixed' }, { schedule: 'layer' });
    expect(plan.memory.arenaBytes).toBeGreaterThan(0);
  });
});
