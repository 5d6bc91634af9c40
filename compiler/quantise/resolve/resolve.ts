/** What a file says of its quantisation, made a Graph: of codes where the file has any, in floating point otherwise. */

import { ProblemList } from '../../import/problems.js';
import type { RawGraph } from '../../import/raw-graph.js';
import type { Graph } from '../../ir/graph.js';
import { resolveFloat } from './float.js';
import { resolveQuantised } from './quantised.js';
import { spreadQuants } from './spread-quants.js';

/** Whether the file holds quantised tensors. */
export const isQuantised = (raw: RawGraph): boolean => raw.values.some((v) => v.domain === 'codes');

/** What becomes of the parts of a quantised network that the file leaves in floating point. */
export type FloatParts = 'integers' | 'kept';

/**
 * The graph that a file means; problems go to the list. `integers`: everything is made integers, as far as the file's
 * scales say how. `kept`: what the file has in floating point stays so, for calibration to quantise or as a float tail.
 */
export function resolve(raw: RawGraph, problems: ProblemList, floatParts: FloatParts = 'integers'): Graph {
  if (!isQuantised(raw)) return resolveFloat(raw, problems);
  if (floatParts === 'integers') return resolveQuantised(raw, problems);
  const strict = new ProblemList();
  const graph = resolveQuantised(raw, strict);
  const isWhole =
    graph.nodes.every(({ op }) => !('weights' in op) || op.weights.kind === 'quantised') &&
    [...graph.values.values()].every((v) => v.dtype !== 'float32');
  if (!isWhole || strict.list().length > 0) return spreadQuants(resolveFloat(raw, problems));
  return graph;
}
