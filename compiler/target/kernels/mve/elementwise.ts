/** Add, Mul, tables and pooling for MVE: the plain kernels' parameters and order, sixteen or eight elements at once. */

import type { Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import type { CallShape, Kernel } from '../../kernel.js';
import { channelByChannel, windowSpan } from '../c/access.js';
import { broadcastCode, inputShape, opOf, outputShape } from '../c/structs.js';
import { type Given, mveForm } from './form.js';

/** RV_BROADCAST_C */
const repeatsChannels = (node: Int8Node, graph: Int8Graph): boolean =>
  node.inputs.some((_, i) => (broadcastCode(inputShape(node, graph, i), outputShape(node, graph)) & 4) !== 0);

/** `perElement` instructions for each element, `perRow` for each row, or pixel of a repeated operand. */
function elementwiseCost(node: Int8Node, graph: Int8Graph, call: CallShape, perElement: number, perRow: number): number {
  const repeated = node.inputs.some((_, i) => inputShape(node, graph, i).w !== outputShape(node, graph).w);
  const runs = call.rows * (repeated ? call.cols : 1);
  return 60 + call.rows * 40 + runs * perRow + call.rows * call.cols * outputShape(node, graph).c * perElement;
}

const add = mveForm('rv_add_s8', ['src/rv_broadcast.h'], {
  accepts: (node, graph) =>
    node.op.kind === 'add' && node.op.rounding === 'fixed' && node.op.shift >= 16 && !repeatsChannels(node, graph),
  instructions: (node, graph, call) => elementwiseCost(node, graph, call, 2.35, 35),
});

const mul = mveForm('rv_mul_s8', ['src/rv_requantise_mve.h', 'src/rv_broadcast.h'], {
  accepts: (node, graph) => node.op.kind === 'mul' && node.op.requant.rounding !== 'exact' && !repeatsChannels(node, graph),
  instructions: (node, graph, call) => elementwiseCost(node, graph, call, 2.4, 55),
});

const lut = mveForm('rv_lut_s8', [], {
  instructions: (node, graph, call) => elementwiseCost(node, graph, call, 0.35, 15),
});

/** Instructions for each pixel; for each block of its channels; for each row and each tap of those. */
interface PoolCost {
  readonly pixel: number;
  readonly block: number;
  readonly row: number;
  readonly tap: number;
}

/** Channels `block` at a time, all taps of a pixel before the next channels. */
const poolOf = (kind: 'maxPool' | 'averagePool', block: number, cost: PoolCost): Given => ({
  accesses(node, graph, _input, y, rows) {
    const { window } = opOf(node, kind);
    const input = inputShape(node, graph);
    return channelByChannel(outputShape(node, graph), y, rows, block, (oy, ox) => windowSpan(window, input, oy, ox));
  },
  instructions(node, graph, call) {
    const { window: w } = opOf(node, kind);
    const blocks = Math.ceil(outputShape(node, graph).c / block);
    // The rows of a mean over the whole width are one.
    const rows = kind === 'averagePool' && w.kernelW === inputShape(node, graph).w ? 1 : w.kernelH;
    return 40 + call.rows * call.cols * (cost.pixel + blocks * (cost.block + rows * cost.row + w.kernelH * w.kernelW * cost.tap));
  },
});

const maxPool = mveForm('rv_max_pool_s8', ['src/rv_pool_window.h'], poolOf('maxPool', 16, { pixel: 95, block: 16, row: 8, tap: 6 }));

const averagePool = mveForm('rv_average_pool_s8', ['src/rv_pool_window.h', 'src/rv_requantise_mve.h'], {
  ...poolOf('averagePool', 8, { pixel: 215, block: 57, row: 36, tap: 5 }),
  accepts: (node) => node.op.kind === 'averagePool' && node.op.requants.every((r) => r.rounding !== 'exact'),
});

export const elementwiseKernels: readonly Kernel[] = [add, mul, lut, maxPool, averagePool];
