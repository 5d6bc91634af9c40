/** Float networks as moves take them, and what a move must keep. */

import { expect } from 'vitest';
import type { Graph } from '../../../compiler/ir/graph.js';
import { verifyGraph } from '../../../compiler/ir/verify.js';
import { optimise } from '../../../compiler/passes/index.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { exportFloat } from '../../../compiler/redesign/export-float.js';
import { outputsOf, type Outputs, sqnrDb } from '../../../compiler/redesign/score.js';
import { NetworkBuilder, Random } from '../../models/index.js';
import { invertedResidual } from '../../models/networks.js';

export const floatNetwork = (bytes: Uint8Array): Graph => optimise(importModel({ bytes }).graph);

/** What is left of two networks' outputs but float noise: decibels that no difference in meaning reaches. */
export const floatNoiseDb = 90;

export function sameFunction(a: Outputs, b: Outputs): void {
  expect(sqnrDb(a, b)).toBeGreaterThan(floatNoiseDb);
}

/** Nothing is wrong with the graph, and a reader of ONNX infers its shapes and finds its function in the file. */
export function expectSound(graph: Graph, samples: Parameters<typeof outputsOf>[1]): void {
  expect(verifyGraph(graph)).toEqual([]);
  const { graph: read, diagnostics } = importModel({ bytes: exportFloat(graph) });
  expect(diagnostics.filter((d) => d.severity !== 'note')).toEqual([]);
  sameFunction(outputsOf(graph, samples), outputsOf(optimise(read), samples));
}

/** A network of random inverted residuals, kernels and strides. */
export function randomResidualNetwork(seed: number): Graph {
  const random = new Random(seed);
  const net = new NetworkBuilder({ name: `random_${seed}`, seed, format: 'float' });
  const size = random.integer(12, 20);
  let x = net.conv(net.input('image', [3, size, size + random.integer(0, 5)]), {
    out: 4 * random.integer(1, 3),
    kernel: 3,
    stride: 1 + (seed % 2),
    pad: 'same',
    activation: 'relu6',
  });
  for (let i = 0; i < 4; i++) {
    const keeps = random.integer(0, 2) > 0;
    x = invertedResidual(net, x, {
      out: keeps ? x.shape[0] : 4 * random.integer(1, 4),
      expand: random.integer(1, 3),
      kernel: [3, 5, 7][random.integer(0, 2)],
      stride: keeps || i % 2 === 1 ? 1 : 2,
    });
  }
  net.output(net.gemm(net.globalAveragePool(x), 5), 'logits');
  return floatNetwork(net.build());
}
