/** Whether a graph is ready for integers. */

import type { Diagnostic } from '../diagnostics.js';
import type { Graph } from '../ir/graph.js';
import { errorDiagnostic } from './problems.js';

/**
 * One E401 for a network in floating point, E401s by node for floating-point weights within a quantised one; empty
 * for a graph that can be lowered to integers.
 */
export function requireQuantised(graph: Graph): Diagnostic[] {
  const isFloat = (id: number): boolean => graph.values.get(id)?.dtype === 'float32';
  if (graph.nodes.some((n) => isFloat(n.output)) || graph.inputs.some((io) => isFloat(io.value))) {
    return [errorDiagnostic('E401', `the network '${graph.name}' is in floating point; int8 C needs a quantised one`, undefined,
      'Quantise it to int8 first, e.g. with onnxruntime.quantization.quantize_static (QDQ format).')];
  }
  return graph.nodes
    .filter(({ op }) => (op.kind === 'conv2d' || op.kind === 'convTranspose2d') && op.weights.kind === 'float')
    .map((n) => errorDiagnostic('E401', 'its weights are in floating point', n.name, 'Quantise weights as well as activations.'));
}
