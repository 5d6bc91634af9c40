/** The fast integer program gives the reference's bytes. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { valueOf } from '../../../compiler/ir/int8-graph.js';
import { elements } from '../../../compiler/ir/tensor.js';
import { lowerToInt8 } from '../../../compiler/lower/lower.js';
import { optimise } from '../../../compiler/passes/index.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { Convolver, packWeights } from '../../../compiler/quantise/engine/convolver.js';
import { Int8Executor } from '../../../compiler/quantise/engine/int8-executor.js';
import { type Int8Tensor, runInt8 } from '../../../compiler/reference/int8.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { SeededRandom } from '../../../compiler/util/random.js';
import { allNetworks } from '../../models/index.js';
import { shared } from '../../tools.js';

const programOf = (bytes: Uint8Array): Int8Graph => lowerToInt8(optimise(importModel({ bytes }).graph)).graph;

function agree(graph: Int8Graph, seed: number): void {
  const random = new SeededRandom(seed);
  const inputs = graph.inputs.map((io) => random.codes(elements(valueOf(graph, io.value).shape)));
  const expected = new Map<number, Int8Tensor>();
  runInt8(graph, inputs, (node, output) => expected.set(node.id, output));
  const outputs = new Int8Executor().run(graph, inputs, (node, output) => {
    expect(output, node.name).toEqual(expected.get(node.id));
  });
  expect(outputs).toEqual(runInt8(graph, inputs));
}

describe('Int8Executor', () => {
  it.each(Object.entries(allNetworks))('gives the bytes of the reference: %s', (_, make) => {
    agree(programOf(make()), 1);
    agree(programOf(make({ powerOfTwoScales: true })), 2);
  });

  const published = shared('models');
  it
    .skipIf(published === null)
    .each(['kws-dscnn-int8', 'mcunet-vww80-int8', 'person-fpn-128x160-int8', 'sww-mlperf-int8'])(
    'gives the bytes of the reference: %s of shared/',
    (name) => agree(programOf(readFileSync(`${published}/${name}.onnx`)), 3),
  );

  it('takes weights whose sums pass 2^24 in halves, exactly', () => {
    const input = { h: 2, w: 1, c: 1200 };
    const geometry = { kind: 'conv2d' as const, window: unitWindow, groups: 1, outChannels: 2 };
    const weights = new Int8Array(2400).map((_, i) => (i < 1200 ? 127 : -127 + (i % 3)));
    const packed = packWeights(geometry, input, weights);
    expect(packed.parts.length).toBe(2);
    const x = new Int8Array(2400).map((_, i) => (i % 5 === 0 ? -127 : 127));
    const sums = new Convolver().convolve(packed, x, -128, { h: 2, w: 1, c: 2 });
    for (let pixel = 0; pixel < 2; pixel++)
      for (let o = 0; o < 2; o++) {
        let sum = 0;
        for (let i = 0; i < 1200; i++) sum += (x[pixel * 1200 + i] + 128) * weights[o * 1200 + i];
        expect(sums[pixel * 2 + o]).toBe(sum);
      }
  });
});
