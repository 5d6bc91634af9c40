/**
 * The instruction-cost model. What a call does is counted by its kernel in a few named features (multiply-accumulates
 * of an inner loop, rows, blocks of pixels, bytes staged, requantised outputs ...); each feature has a weight in
 * instructions, for each kernel and core, in measured/instruction-weights.ts. `npm run measure` counts them under QEMU.
 */

import type { Int8Graph, Int8Node } from '../ir/int8-graph.js';
import type { Core } from './core.js';
import type { Features } from './cost-features.js';
import { costWeights } from './measured/instruction-weights.js';
import type { CallShape } from './kernel.js';

/** Instructions of work that was counted as `features`. Throws where the core's weights were never measured. */
export function instructionsOf(id: string, features: Features, core: Core): number {
  const weights = costWeights[id]?.[core.costs];
  if (weights === undefined)
    throw new Error(`no instruction costs of ${id} on ${core.id}: npm run measure counts them`);
  let sum = 0;
  for (const name in features) sum += features[name] * (weights[name] ?? 0);
  return sum;
}

/** The two members of a Kernel that say what its calls cost. */
export const costOf = (id: string, features: (node: Int8Node, graph: Int8Graph, call: CallShape) => Features) => ({
  features,
  instructions: (node: Int8Node, graph: Int8Graph, call: CallShape, core: Core): number =>
    instructionsOf(id, features(node, graph, call), core),
});
