/**
 * A YOLO with its boxes decoded in the network: all of it is the file's exact arithmetic but for Softmax, whose meaning
 * is ONNX Runtime's (ARCHITECTURE.md), and one step of a probability is up to four of a box's edge.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Int8Graph, type Int8Node, valueOf } from '../../../compiler/ir/int8-graph.js';
import { lowerToInt8 } from '../../../compiler/lower/lower.js';
import { stepsOfOne } from '../../../compiler/numerics/softmax.js';
import { optimise } from '../../../compiler/passes/pipeline.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { runInt8, runNode } from '../../../compiler/reference/int8.js';
import { quantise, toNetwork } from '../../../compiler/validate/border.js';
import { readNpz } from '../../models/npz.js';
import { shared } from '../../tools.js';

/** Real probabilities, quantised as QuantizeLinear does. */
function exactSoftmax(graph: Int8Graph, node: Int8Node, x: Int8Array): Int8Array {
  const [input, output] = [valueOf(graph, node.inputs[0]), valueOf(graph, node.output)];
  const { c } = input.shape;
  return Int8Array.from(x, (_, i) => {
    const pixel = x.subarray(i - (i % c), i - (i % c) + c);
    const powers = Array.from(pixel, (v) => Math.exp((v - x[i]) * input.quant!.scale));
    return quantise(1 / powers.reduce((a, b) => a + b, 0), output.quant!);
  });
}

function run(graph: Int8Graph, inputs: readonly Int8Array[], compute: typeof runNode): Int8Array {
  const held = new Map(graph.inputs.map((io, i) => [io.value, inputs[i]]));
  const read = (id: number): Int8Array => (valueOf(graph, id).constant ?? held.get(id)) as Int8Array;
  for (const node of graph.nodes) held.set(node.output, compute(node, graph, node.inputs.map(read)) as Int8Array);
  return read(graph.outputs[0].value);
}

const model = shared('cases/o02b_yolo_full.onnx');

describe.skipIf(model === null)('box decoding in a network', () => {
  it('differs from an exact evaluation in what Softmax means, and in nothing else', () => {
    const { graph } = lowerToInt8(optimise(importModel({ bytes: readFileSync(model!) }).graph));
    const arrays = readNpz(shared('cases/o02b_yolo_full.io.npz')!);
    const [x, y] = [arrays.get('in:input')!.data, arrays.get('out:output0')!.data];
    const [input, output] = [graph.inputs[0], graph.outputs[0]];
    const size = y.length / 4;
    let differences = 0;
    for (let k = 0; k < 4; k++) {
      const codes = [toNetwork(graph, input, x, (k * x.length) / 4) as Int8Array];
      const wanted = toNetwork(graph, output, y, k * size);
      const exact = run(graph, codes, (node, g, inputs) =>
        node.op.kind === 'softmax' ? exactSoftmax(g, node, inputs[0] as Int8Array) : runNode(node, g, inputs),
      );
      expect(exact).toEqual(wanted);
      const ours = runInt8(graph, codes)[0];
      ours.forEach((code, i) => {
        if (code !== wanted[i]) differences++;
        expect(Math.abs(code - wanted[i])).toBeLessThanOrEqual(4);
      });
    }
    expect(differences).toBe(351);
    const softmax = graph.nodes.find((node) => node.op.kind === 'softmax')!;
    expect(stepsOfOne(valueOf(graph, softmax.output).quant!.scale)).toBe(254);
  });
});
