/** What stays float at the end of a network: the integer program against the real network, and its form. */

import { describe, expect, it } from 'vitest';
import { RivuletError } from '../../../compiler/diagnostics.js';
import type { Graph } from '../../../compiler/ir/graph.js';
import { type Int8Graph, valueOf } from '../../../compiler/ir/int8-graph.js';
import { verifyGraph } from '../../../compiler/ir/verify.js';
import { lowerToInt8 } from '../../../compiler/lower/lower.js';
import { splitFloatTail } from '../../../compiler/passes/float-tail.js';
import { optimise } from '../../../compiler/passes/index.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { runFloat } from '../../../compiler/reference/float.js';
import { runInt8 } from '../../../compiler/reference/int8.js';
import { asNumbers, toNetwork, toOnnxOrder } from '../../../compiler/validate/border.js';
import { functionsTail, ssdDetector, yoloDetector } from '../../models/float-tails.js';
import { floats } from '../../models/index.js';
import { loadOrt } from '../../oracle/onnx-runtime.js';
import { memoryOrder, model, node, randomData, run } from '../import/support.js';

const graphOf = (bytes: Uint8Array): Graph => optimise(importModel({ bytes }, { floatParts: 'kept' }).graph);
const lowered = (graph: Graph): Int8Graph => lowerToInt8(graph, { floatTail: true }).graph;

const networks = { ssdDetector, yoloDetector, functionsTail };

/** The program's outputs for an input in the ONNX tensor's order, in that order. */
function outputsOf(program: Int8Graph, x: Float32Array): (readonly number[])[] {
  const input = toNetwork(program, program.inputs[0], x, 0) as Int8Array;
  return asNumbers(program, runInt8(program, [input])).map((data, i) =>
    Array.from(toOnnxOrder(program.outputs[i], data as Float32Array)),
  );
}

function expectNear(actual: readonly number[], expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(...Array.from(expected, Math.abs));
  actual.forEach((v, i) =>
    expect(Math.abs(v - Number(expected[i])), `element ${i}`).toBeLessThanOrEqual(tolerance * size),
  );
}

describe('a float tail', () => {
  for (const [name, make] of Object.entries(networks)) {
    it(`computes what ONNX Runtime computes: ${name}`, async () => {
      const bytes = make();
      const graph = graphOf(bytes);
      expect(verifyGraph(graph)).toEqual([]);
      const program = lowered(graph);
      const session = await loadOrt(bytes, false);
      const x = randomData(768, 4);
      const wanted = await session.run([{ name: 'x', type: 'float32', dims: [1, 3, 16, 16], data: x }]);
      await session.release();
      outputsOf(program, x).forEach((got, k) => expectNear(got, wanted[k].data as Float32Array, 2e-6));
      run(graph, [x]).forEach((real, k) => expectNear(real, wanted[k].data as Float32Array, 2e-6));
      for (const io of program.outputs) expect(valueOf(program, io.value).dtype).toBe('float32');
    });
  }

  it('is one step of the program for each tensor that something needs whole', () => {
    const kinds = (bytes: Uint8Array): string[] =>
      lowered(graphOf(bytes))
        .nodes.map((n) => n.op.kind)
        .filter((k) => k !== 'conv2d');
    // Codes are joined before anything is computed.
    expect(kinds(ssdDetector()).filter((k) => k === 'floatPixels')).toHaveLength(2);
    expect(
      valueOf(lowered(graphOf(ssdDetector())), lowered(graphOf(ssdDetector())).nodes.at(-1)!.inputs[0]).dtype,
    ).toBe('int8');
  });

  it('is refused in words where it cannot be computed', () => {
    const q = (x: string, y: string) => [
      node('QuantizeLinear', [x, 's'], `${y}8`),
      node('DequantizeLinear', [`${y}8`, 's'], y),
    ];
    const refusal = (nodes: Parameters<typeof model>[0]['nodes']): string => {
      const bytes = model({
        shape: [1, 2, 4, 4],
        nodes,
        initializers: {
          s: floats([], [0.05]),
          w: floats([2, 2, 1, 1], [1, 2, 3, 4]),
          w8: { type: 'int8', dims: [2, 2, 1, 1], data: [9, -8, 7, 6] },
        },
      });
      try {
        lowered(graphOf(bytes));
      } catch (e) {
        if (e instanceof RivuletError)
          return `${e.diagnostics[0].code} ${e.diagnostics[0].message} ${e.diagnostics[0].hint}`;
        throw e;
      }
      return 'accepted';
    };
    expect(refusal([...q('x', 'a'), node('Conv', ['a', 'w'], 'b'), node('Exp', ['b'], 'y')])).toMatch(/^E401/);
    // A convolution without a quantisation of its own is no tail's input: where to cut is said.
    const real = [...q('x', 'x1'), node('DequantizeLinear', ['w8', 's'], 'w1'), node('Conv', ['x1', 'w1'], 'c')];
    for (const op of ['Softmax', 'ArgMax'])
      expect(refusal([...real, node(op, ['c'], 'y', { axis: { int: 1 } })]), op).toMatch(/^E401 .*--outputs c, with/);
    expect(
      refusal([
        ...q('x', 'x1'),
        node('DequantizeLinear', ['w8', 's'], 'w1'),
        node('Conv', ['x1', 'w1'], 'c'),
        ...q('c', 'a'),
        node('GlobalAveragePool', ['a'], 'p'),
        ...q('p', 'r'),
        node('Exp', ['r'], 'e'),
        node('Mul', ['a', 'e'], 'y'),
      ]),
    ).toMatch(/^E204 a tensor of 1x1x2 \('e'\) repeated over 4x4x2 is not supported in a float tail/);
  });
});

describe('splitting off a float tail', () => {
  const x = randomData(768, 5);
  const inMemory = (graph: Graph): Float32Array => {
    const data = new Float32Array(x.length);
    memoryOrder(graph.inputs[0]).forEach((at, i) => {
      data[at] = x[i];
    });
    return data;
  };

  for (const [name, make] of Object.entries(networks)) {
    it(`and joining it again changes nothing: ${name}`, () => {
      const graph = graphOf(make());
      const split = splitFloatTail(graph);
      if (split === null) throw new Error('no tail');
      expect(verifyGraph(split.body)).toEqual([]);
      const joined = split.join(split.body);
      expect(verifyGraph(joined)).toEqual([]);
      expect(runFloat(joined, [inMemory(graph)])).toEqual(runFloat(graph, [inMemory(graph)]));
      expect(split.tail.length + split.body.nodes.length).toBe(graph.nodes.length);
      // The body is quantised: every tensor has a scale.
      expect([...split.body.values.values()].filter((v) => v.quant === null)).toEqual([]);
    });
  }

  it('leaves a network alone that ends in a layer', () => {
    const bytes = model({
      shape: [1, 2, 4, 4],
      nodes: [node('Exp', ['x'], 'a'), node('Conv', ['a', 'w'], 'y')],
      initializers: { w: floats([2, 2, 1, 1], [1, 2, 3, 4]) },
    });
    expect(splitFloatTail(graphOf(bytes))).toBeNull();
  });
});
