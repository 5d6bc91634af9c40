/** The compiler's side of the comparison: a model's int8 tensors through importer, lowering and reference. */

import { importModel } from '../../compiler/pipeline/import-model.js';
import type { Graph, GraphIo } from '../../compiler/ir/graph.js';
import type { Int8Graph } from '../../compiler/ir/int8-graph.js';
import { lowerToInt8 } from '../../compiler/lower/lower.js';
import { runQuantisedExact } from '../../compiler/reference/float.js';
import { runInt8 } from '../../compiler/reference/int8.js';
import { physicalIndices } from '../../compiler/ir/layout.js';

export interface Ours {
  readonly graph: Graph;
  readonly program: Int8Graph;
  /** Codes in the file's own layout (NCHW), uint8 shifted by -128; inputs by position. */
  run(inputs: readonly Int8Array[]): Int8Array[];
  /** The same by exact real arithmetic. */
  runExact(inputs: readonly Int8Array[]): Int8Array[];
}

export function ours(bytes: Uint8Array): Ours {
  const { graph } = importModel({ bytes });
  const program = lowerToInt8(graph).graph;
  const around =
    (run: (inputs: Int8Array[]) => (Int8Array | Int32Array)[]) =>
    (inputs: readonly Int8Array[]): Int8Array[] => {
      const results = run(graph.inputs.map((io, i) => toMemory(io, inputs[i])));
      return results.map((data, i) => toFile(graph.outputs[i], data));
    };
  return {
    graph,
    program,
    run: around((x) => runInt8(program, x)),
    runExact: around((x) => runQuantisedExact(graph, x)),
  };
}

function toMemory(io: GraphIo, data: Int8Array): Int8Array {
  const result = new Int8Array(data.length);
  physicalIndices(io.layout).forEach((at, i) => {
    result[at] = data[i];
  });
  return result;
}

function toFile(io: GraphIo, data: Int8Array | Int32Array): Int8Array {
  return Int8Array.from(physicalIndices(io.layout), (at) => data[at]);
}
