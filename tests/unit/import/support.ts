/** What the importer's tests share: models in a line, and graphs run in the file's own layout. */

import { RivuletError } from '../../../compiler/diagnostics.js';
import type { Diagnostic } from '../../../compiler/diagnostics.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import type { ImportResult } from '../../../compiler/pipeline/import-model.js';
import type { ImportOptions } from '../../../compiler/import/read-model.js';
import type { Graph, GraphIo, Op } from '../../../compiler/ir/graph.js';
import { verifyGraph } from '../../../compiler/ir/verify.js';
import { runFloat } from '../../../compiler/reference/float.js';
import { encodeModel, Random } from '../../models/index.js';
import type { AttributeSpec, ModelSpec, NodeSpec, TensorSpec } from '../../models/index.js';

/** Imports and checks the graph's rules. */
export function load(bytes: Uint8Array, options: ImportOptions = {}): ImportResult {
  const result = importModel({ bytes }, options);
  const problems = verifyGraph(result.graph);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return result;
}

/** The diagnostics of a model that is refused, and its exit code. */
export function refusal(
  bytes: Uint8Array,
  options: ImportOptions = {},
): { exitCode: number; diagnostics: readonly Diagnostic[] } {
  try {
    importModel({ bytes }, options);
  } catch (error) {
    if (error instanceof RivuletError) return { exitCode: error.exitCode, diagnostics: error.diagnostics };
    throw error;
  }
  throw new Error('the model was accepted');
}

/** "E201 conv_1: message" of every error. */
export function errors(bytes: Uint8Array, options: ImportOptions = {}): string[] {
  return refusal(bytes, options)
    .diagnostics.filter((d) => d.severity === 'error')
    .map((d) => `${d.code} ${d.node ?? ''}: ${d.message}`);
}

export const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, AttributeSpec> = {},
  domain = '',
): NodeSpec => ({ op, inputs, outputs: [output], name: `${op}_${output}`, attributes, domain });

export interface SmallModel {
  readonly shape: readonly (number | string)[];
  readonly nodes: readonly NodeSpec[];
  readonly initializers?: Readonly<Record<string, TensorSpec>>;
  readonly opset?: number;
  readonly outputs?: readonly string[];
  readonly type?: 'float' | 'int8' | 'uint8';
  readonly outputType?: 'float' | 'int8' | 'uint8' | 'int64';
  readonly domains?: Readonly<Record<string, number>>;
}

/** One input x, outputs y unless named. */
export function model(m: SmallModel): Uint8Array {
  const spec: ModelSpec = {
    inputs: [{ name: 'x', type: m.type ?? 'float', shape: m.shape }],
    outputs: (m.outputs ?? ['y']).map((name) => ({ name, type: m.outputType ?? 'float', shape: null })),
    nodes: m.nodes,
    initializers: m.initializers ?? {},
    opset: m.opset ?? 13,
    domains: m.domains ?? {},
  };
  return encodeModel(spec);
}

export const kinds = (graph: Graph): Op['kind'][] => graph.nodes.map((n) => n.op.kind);

/** Memory position of each element of the ONNX tensor, in its row-major order. */
export function memoryOrder({ layout }: GraphIo): Int32Array {
  const strides = layout.factors.map((_, i) => layout.factors.slice(i + 1).reduce((a, b) => a * b, 1));
  const sizes = layout.order.map((i) => layout.factors[i]);
  let offsets = [0];
  sizes.forEach((size, k) => {
    offsets = offsets.flatMap((base) => Array.from({ length: size }, (_, i) => base + i * strides[layout.order[k]]));
  });
  return Int32Array.from(offsets);
}

/** Runs a graph on inputs in the ONNX tensors' order; results in that order. */
export function run(graph: Graph, inputs: readonly ArrayLike<number>[]): number[][] {
  const physical = graph.inputs.map((io, k) => {
    const data = new Float32Array(inputs[k].length);
    memoryOrder(io).forEach((at, i) => {
      data[at] = inputs[k][i];
    });
    return data;
  });
  return runFloat(graph, physical).map((data, k) => Array.from(memoryOrder(graph.outputs[k]), (at) => data[at]));
}

export function randomData(n: number, seed = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: n }, () => random.uniform(-1, 1));
}
