/** Networks that naive quantisation ruins. */

import { describe, expect, it } from 'vitest';
import { valueOfGraph } from '../../../compiler/ir/graph.js';
import { type QuantiseDocument, quantise } from '../../../compiler/index.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { compile } from '../../../compiler/pipeline/compile.js';
import { Convolver } from '../../../compiler/quantise/engine/convolver.js';
import { floatRunner } from '../../../compiler/quantise/engine/float-node.js';
import { equalise } from '../../../compiler/quantise/equalise.js';
import { sensitivities } from '../../../compiler/quantise/sensitivity.js';
import { calibrate } from '../../../compiler/quantise/statistics.js';
import { runFloat } from '../../../compiler/reference/float.js';
import { encodeModel, floats, type NodeSpec, Random, type TensorSpec } from '../../models/index.js';
import { floatGraph } from './support.js';

const size = 8;

/** Layers on an image of `channels` x 8 x 8, by hand. */
class Model {
  readonly random = new Random(11);
  readonly #nodes: NodeSpec[] = [];
  readonly #tensors: Record<string, TensorSpec> = {};
  readonly #channels: number;

  constructor(channels: number) {
    this.#channels = channels;
  }

  node(op: string, inputs: readonly string[], attributes: NodeSpec['attributes'] = {}): string {
    const output = `${op.toLowerCase()}_${this.#nodes.length}`;
    this.#nodes.push({ op, inputs, outputs: [output], name: output, attributes });
    return output;
  }

  tensor(dims: readonly number[], value: (i: number) => number): string {
    const name = `tensor_${Object.keys(this.#tensors).length}`;
    const n = dims.reduce((a, b) => a * b, 1);
    this.#tensors[name] = floats(
      dims,
      Float32Array.from({ length: n }, (_, i) => value(i)),
    );
    return name;
  }

  /** `row(o)` scales the weights of output channel o, `column(i)` those of input channel i. */
  conv(
    x: string,
    inputs: number,
    outputs: number,
    options: {
      kernel?: number;
      groups?: number;
      row?: (o: number) => number;
      column?: (i: number) => number;
      bias?: (o: number) => number;
    } = {},
  ): string {
    const {
      kernel = 1,
      groups = 1,
      row = () => 1,
      column = () => 1,
      bias = () => this.random.uniform(-0.2, 0.2),
    } = options;
    const inner = (inputs / groups) * kernel * kernel;
    const spread = Math.sqrt(3 / inner);
    const w = this.tensor([outputs, inputs / groups, kernel, kernel], (i) => {
      const [o, c] = [Math.floor(i / inner), Math.floor((i % inner) / (kernel * kernel))];
      return this.random.uniform(-spread, spread) * row(o) * column(c);
    });
    const pad = (kernel - 1) / 2;
    return this.node('Conv', [x, w, this.tensor([outputs], bias)], {
      group: { int: groups },
      kernel_shape: { ints: [kernel, kernel] },
      pads: { ints: [pad, pad, pad, pad] },
    });
  }

  build(output: string): Uint8Array {
    return encodeModel({
      inputs: [{ name: 'x', type: 'float', shape: [1, this.#channels, size, size] }],
      outputs: [{ name: output, type: 'float', shape: null }],
      initializers: this.#tensors,
      nodes: this.#nodes,
    });
  }
}

function images(channels: number, count: number, seed: number, factor = 1): readonly Float32Array[][] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const level = random.uniform(-1, 1);
    return [
      Float32Array.from({ length: channels * size * size }, () => factor * (0.6 * level + 0.8 * random.uniform(-1, 1))),
    ];
  });
}

function measured(bytes: Uint8Array, channels: number, stages = 'auto', factor = 1): QuantiseDocument {
  const { document, onnx } = quantise({ bytes }, images(channels, 24, 1, factor), {
    stages,
    evaluate: images(channels, 16, 2, factor),
  });
  expect(compile({ bytes: onnx }, { schedule: 'layer' }).document.memory.arenaBytes).toBeGreaterThan(0);
  return document;
}

describe('traps of quantisation', () => {
  it('survives channels near zero under large biases', () => {
    const m = new Model(8);
    const a = m.conv('x', 8, 8, {
      kernel: 3,
      groups: 8,
      row: (o) => (o % 2 === 0 ? 1e-12 : 1),
      bias: (o) => (o % 2 === 0 ? 40 : 0.1),
    });
    const bytes = m.build(m.conv(m.node('Relu', [a]), 8, 6));
    const { sqnrDb } = measured(bytes, 8);
    expect(sqnrDb).toBeGreaterThan(35);
    const { onnx } = quantise({ bytes }, images(8, 16, 1));
    for (const { op } of importModel({ bytes: onnx }).graph.nodes) {
      if (op.kind !== 'conv2d' || op.bias === null) continue;
      // Less than int32 holds, so that nothing wrapped.
      for (const b of op.bias.data) expect(Math.abs(b)).toBeLessThanOrEqual(2 ** 30);
    }
  });

  it('keeps a last layer that is one Sigmoid', () => {
    const m = new Model(4);
    const a = m.node('Relu', [m.conv('x', 4, 16, { kernel: 3 })]);
    const pooled = m.node('GlobalAveragePool', [a]);
    const bytes = m.build(m.node('Sigmoid', [m.conv(pooled, 16, 1, { row: () => 3 })]));
    expect(measured(bytes, 4).sqnrDb).toBeGreaterThan(35);
  });

  const outlier = (): Uint8Array => {
    const m = new Model(8);
    const a = m.conv('x', 8, 16, { row: (o) => (o === 5 ? 1000 : 1), bias: (o) => (o === 5 ? 100 : 0.1) });
    const b = m.conv(m.node('Relu', [a]), 16, 16, { column: (i) => (i === 5 ? 1e-3 : 1) });
    return m.build(m.conv(m.node('Relu', [b]), 16, 4));
  };

  it('evens out a channel a thousand times the others', () => {
    const [off, auto] = ['equalise=off', 'auto'].map((stages) => measured(outlier(), 8, stages));
    expect(off.sqnrDb).toBeLessThan(20);
    expect(auto.chosen.equalise).toBe(true);
    expect(auto.sqnrDb).toBeGreaterThan(32);
  });

  const relu6 = (): Uint8Array => {
    const m = new Model(8);
    const clip = (x: string): string => m.node('Clip', [x, m.tensor([], () => 0), m.tensor([], () => 6)]);
    // Some channels reach the ceiling, others a hundredth of it.
    const a = clip(m.conv('x', 8, 16, { row: (o) => (o % 4 === 0 ? 12 : 0.05), bias: () => 0.02 }));
    const b = clip(m.conv(a, 16, 16, { kernel: 3, groups: 16, column: () => 1, row: (o) => (o % 4 === 0 ? 1 : 20) }));
    return m.build(m.conv(b, 16, 6));
  };

  it('equalises across ReLU6 without moving the clip', () => {
    const graph = floatGraph(relu6());
    const samples = images(8, 24, 1).map((s) => s.map(toMemory));
    const convolver = new Convolver();
    const run = floatRunner(graph, convolver);
    const { statistics } = calibrate(graph, samples, run);
    const { graph: equal, scaled } = equalise(
      graph,
      statistics,
      sensitivities(graph, samples, statistics, run, convolver),
    );
    expect(scaled).toBeGreaterThan(0);
    for (const sample of samples.slice(0, 4)) {
      const [expected, actual] = [runFloat(graph, sample)[0], runFloat(equal, sample)[0]];
      expected.forEach((v, i) => expect(Math.abs(v - actual[i])).toBeLessThan(1e-3));
    }
    expect(measured(relu6(), 8, 'equalise=on').sqnrDb).toBeGreaterThan(
      (measured(relu6(), 8, 'equalise=off').sqnrDb ?? 0) + 3,
    );
  });

  it('adds branches that differ a hundred times in scale', () => {
    const m = new Model(8);
    const a = m.node('Relu', [m.conv('x', 8, 8, { kernel: 3 })]);
    const small = m.conv(a, 8, 8, { row: () => 0.01, bias: () => 0 });
    const sum = m.node('Add', [m.conv(a, 8, 8), small]);
    const { sqnrDb, layers } = measured(m.build(m.conv(m.node('Relu', [sum]), 8, 4)), 8);
    // What three layers of eight channels cost anyway; the small branch, in steps of its own, next to nothing.
    expect(sqnrDb).toBeGreaterThan(28);
    expect(layers.find(({ node }) => node === 'conv_2')?.shareOfError).toBeLessThan(1e-4);
  });

  it('says where calibration inputs are of another scale than those of training', () => {
    const m = new Model(3);
    const a = m.node('Relu', [m.conv('x', 3, 16, { kernel: 3 })]);
    const bytes = m.build(m.conv(a, 16, 4));
    const codes = (factor: number): readonly string[] =>
      measured(bytes, 3, 'auto', factor).diagnostics.map((d) => d.code);
    expect(codes(1)).toEqual([]);
    expect(codes(255)).toContain('W412');
    expect(codes(1e-4)).toContain('W412');
    // A ReLU6 hides how large the results are.
    const n = new Model(3);
    const b = n.node('Clip', [n.conv('x', 3, 16, { kernel: 3 }), n.tensor([], () => 0), n.tensor([], () => 6)]);
    const clipped = n.build(n.conv(b, 16, 4));
    expect(measured(clipped, 3, 'auto', 1).diagnostics).toEqual([]);
    expect(measured(clipped, 3, 'auto', 255).diagnostics.map((d) => d.code)).toContain('W412');
    // Inputs beyond the calibration saturate, they do not wrap around.
    const { onnx } = quantise({ bytes }, images(3, 24, 1));
    const graph = importModel({ bytes: onnx }).graph;
    const beyond = runFloat(graph, [new Float32Array(3 * size * size).fill(100)])[0];
    const { scale, zeroPoint } = valueOfGraph(graph, graph.inputs[0].value).quant ?? { scale: NaN, zeroPoint: NaN };
    const most = runFloat(graph, [new Float32Array(3 * size * size).fill(scale * (127 - zeroPoint))])[0];
    expect(beyond).toEqual(most);
  });

  it('says what else is wrong with a calibration set', () => {
    const m = new Model(3);
    const bytes = m.build(m.conv(m.node('Relu', [m.conv('x', 3, 8)]), 8, 4));
    const codes = (samples: readonly Float32Array[][]): readonly string[] =>
      quantise({ bytes }, samples).document.diagnostics.map((d) => d.code);
    const good = images(3, 16, 1);
    expect(codes(good)).toEqual([]);
    expect(codes(good.slice(0, 15))).toEqual(['W410']);
    expect(codes(new Array(16).fill(good[0]))).toEqual(['W411']);
    const blind = good.map(([x]) => [x.map((v, i) => (Math.floor(i / (size * size)) === 1 ? 0.5 : v))]);
    expect(codes(blind)).toEqual(['W413']);
  });
});

/** Channel, row, column to row, column, channel. */
function toMemory(x: Float32Array): Float32Array {
  const channels = x.length / (size * size);
  return Float32Array.from(x, (_, i) => x[(i % channels) * size * size + Math.floor(i / channels)]);
}
