/** Float test networks, ready to quantise, with inputs. */

import type { Graph } from '../../../compiler/ir/graph.js';
import { valueOfGraph } from '../../../compiler/ir/graph.js';
import { elements } from '../../../compiler/ir/tensor.js';
import { optimise } from '../../../compiler/passes/index.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { prepareForQuantisation } from '../../../compiler/quantise/prepare.js';
import type { RealSample } from '../../../compiler/quantise/quantise-graph.js';
import { Random } from '../../models/index.js';

export const floatGraph = (bytes: Uint8Array): Graph => prepareForQuantisation(optimise(importModel({ bytes }).graph));

/** Smooth inputs, HWC: neighbours are alike, as in images. */
export function samplesFor(graph: Graph, count: number, seed: number, low = -2, high = 2): readonly RealSample[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () =>
    graph.inputs.map((io) => {
      const { shape } = valueOfGraph(graph, io.value);
      const offset = random.uniform(low, high);
      return Float32Array.from({ length: elements(shape) }, () =>
        Math.min(Math.max(0.5 * offset + 0.5 * random.uniform(low, high), low), high),
      );
    }),
  );
}
