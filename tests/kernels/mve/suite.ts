/** Random cases for the MVE kernels. */

import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { conv1x1 } from '../harness/graphs/conv.js';
import { convGraph } from '../harness/nodes.js';
import type { Random } from '../harness/random.js';
import type { SuiteEntry } from '../harness/suite.js';

/** Every number of blocks, every remainder of lanes, and requantisations that take the fast path. */
export function dotShapes(r: Random, i: number): Int8Graph {
  const input = { h: r.int(1, 4), w: r.int(1, 6), c: [r.int(1, 16), r.int(17, 32), r.int(33, 48), r.int(49, 190)][i % 4] };
  const output = { ...input, c: r.int(1, 40) };
  return fast(r, convGraph(r, { input, output, window: unitWindow, groups: 1, rounding: 'fixed' }));
}

/** The same graph without left shift and clamps, and with a shift that the fast path takes. */
export function fast(r: Random, graph: Int8Graph): Int8Graph {
  const [node] = graph.nodes;
  if (node.op.kind !== 'conv2d') throw new Error('a convolution is expected');
  const shift = r.int(1, 9);
  const { bias, weights } = node.op;
  const depth = weights.length / bias.length;
  const multipliers = Int32Array.from(bias, (b, o) => {
    const bound = Array.from(weights.subarray(o * depth, (o + 1) * depth)).reduce((sum, v) => sum + 128 * Math.abs(v), Math.abs(b));
    // Accumulators up to the bound spread over some hundreds of codes, the far ends saturate.
    const scale = Math.min(0.24, r.int(100, 900) / Math.max(1, bound));
    return (r.chance(0.2) ? -1 : 1) * Math.min(2 ** 31 - 1, Math.max(1, Math.round(scale * 2 ** (32 + shift))));
  });
  const requant = { ...node.op.requant, rounding: 'fixed' as const, even: null, exact: null, leftShift: 0, shift, clampMin: -128, clampMax: 127, multipliers };
  return { ...graph, nodes: [{ ...node, op: { ...node.op, requant } }] };
}

export const mveSuite: readonly SuiteEntry[] = [
  { id: 'rv_conv2d_1x1_s8_mve', count: 40, make: conv1x1 },
  { id: 'rv_conv2d_1x1_s8_mve', count: 60, make: dotShapes },
];
