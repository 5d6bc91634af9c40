/** A quantised network written as QDQ ONNX and read again is the very integer program. */

import { describe, expect, it } from 'vitest';
import type { Int8Graph, Int8Node } from '../../../compiler/ir/int8-graph.js';
import { valueOf } from '../../../compiler/ir/int8-graph.js';
import { elements } from '../../../compiler/ir/tensor.js';
import { lowerToInt8 } from '../../../compiler/lower/lower.js';
import { optimise } from '../../../compiler/passes/index.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { exportQdq } from '../../../compiler/quantise/export/qdq.js';
import { quantiseGraph } from '../../../compiler/quantise/quantise-graph.js';
import { defaultSwitches } from '../../../compiler/quantise/switches.js';
import { runInt8 } from '../../../compiler/reference/int8.js';
import { SeededRandom } from '../../../compiler/util/random.js';
import { allNetworks } from '../../models/index.js';
import { floatGraph, samplesFor } from './support.js';

/** What a node computes, as text. */
const meaning = ({ op, inputs }: Int8Node): string =>
  JSON.stringify({ op, inputs: inputs.length }, (_, v: unknown) =>
    typeof v === 'bigint' ? String(v) : ArrayBuffer.isView(v) ? Array.from(v as Int8Array) : v,
  );

/** Nodes that have a kernel: the same bytes under another shape have none. */
const computed = (graph: Int8Graph): readonly string[] =>
  graph.nodes.filter((node) => node.op.kind !== 'reshape').map(meaning);

function sameResults(a: Int8Graph, b: Int8Graph): void {
  const random = new SeededRandom(8);
  const inputs = a.inputs.map((io) => random.codes(elements(valueOf(a, io.value).shape)));
  expect(runInt8(b, inputs)).toEqual(runInt8(a, inputs));
}

describe('exportQdq', () => {
  it.each(Object.entries(allNetworks))('keeps the integer program: %s', (_, make) => {
    const graph = floatGraph(make({ format: 'float' }));
    const { graph: quantised } = quantiseGraph(graph, samplesFor(graph, 4, 6), defaultSwitches);
    const direct = lowerToInt8(quantised).graph;
    const read = importModel({ bytes: exportQdq(quantised) });
    expect(read.diagnostics).toEqual([]);
    const again = lowerToInt8(optimise(read.graph)).graph;
    expect(computed(again)).toEqual(computed(direct));
    expect(again.inputs.map((io) => [io.name, io.layout])).toEqual(direct.inputs.map((io) => [io.name, io.layout]));
    expect(again.outputs.map((io) => [io.name, io.layout])).toEqual(direct.outputs.map((io) => [io.name, io.layout]));
    sameResults(direct, again);
  });

  it('writes the same bytes each time', () => {
    const graph = floatGraph(allNetworks.dsCnn({ format: 'float' }));
    const write = (): Uint8Array => exportQdq(quantiseGraph(graph, samplesFor(graph, 9, 6), defaultSwitches).graph);
    expect(write()).toEqual(write());
  });
});
