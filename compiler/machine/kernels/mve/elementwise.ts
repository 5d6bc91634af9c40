/** Add, Mul, tables, pooling and Softmax for MVE: the plain kernels' parameters and order, sixteen or eight elements at once. */

import type { Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import type { Kernel } from '../../kernel.js';
import { channelByChannel, windowSpan } from '../c/access.js';
import { broadcastCode, inputShape, opOf, outputShape } from '../c/structs.js';
import type { Given } from '../form.js';
import { elementwiseFeatures, poolFeatures, softmaxFeatures } from './features.js';
import { mveForm } from './form.js';

/** RV_BROADCAST_C */
const repeatsChannels = (node: Int8Node, graph: Int8Graph): boolean =>
  node.inputs.some((_, i) => (broadcastCode(inputShape(node, graph, i), outputShape(node, graph)) & 4) !== 0);

const add = mveForm('rv_add_s8', ['src/rv_broadcast.h'], {
  accepts: (node, graph) =>
    node.op.kind === 'add' && node.op.rounding === 'fixed' && node.op.shift >= 16 && !repeatsChannels(node, graph),
  ...costOf('rv_add_s8_mve', elementwiseFeatures(8)),
});

const mul = mveForm('rv_mul_s8', ['src/rv_requantise_mve.h', 'src/rv_broadcast.h'], {
  accepts: (node, graph) =>
    node.op.kind === 'mul' && node.op.requant.rounding !== 'exact' && !repeatsChannels(node, graph),
  ...costOf('rv_mul_s8_mve', elementwiseFeatures(8)),
});

const lut = mveForm('rv_lut_s8', [], {
  ...costOf('rv_lut_s8_mve', elementwiseFeatures(16)),
});

/** Channels `block` at a time, all taps of a pixel before the next channels. */
const poolOf = (id: string, kind: 'maxPool' | 'averagePool', block: number): Given => ({
  accesses(node, graph, _input, y, rows, only) {
    const { window } = opOf(node, kind);
    const input = inputShape(node, graph);
    return channelByChannel(
      outputShape(node, graph),
      y,
      rows,
      block,
      (oy, ox) => windowSpan(window, input, oy, ox),
      only,
    );
  },
  ...costOf(id, poolFeatures(block)),
});

const maxPool = mveForm('rv_max_pool_s8', ['src/rv_pool_window.h'], poolOf('rv_max_pool_s8_mve', 'maxPool', 16));

const averagePool = mveForm('rv_average_pool_s8', ['src/rv_pool_window.h', 'src/rv_requantise_mve.h'], {
  ...poolOf('rv_average_pool_s8_mve', 'averagePool', 8),
  accepts: (node) => node.op.kind === 'averagePool' && node.op.requants.every((r) => r.rounding !== 'exact'),
});

const softmax = mveForm('rv_softmax_s8', ['src/rv_softmax.h', 'src/rv_requantise_mve.h'], {
  accepts: (node) => node.op.kind === 'softmax' && node.op.requant.rounding !== 'exact',
  ...costOf('rv_softmax_s8_mve', softmaxFeatures),
});

export const elementwiseKernels: readonly Kernel[] = [add, mul, lut, maxPool, averagePool, softmax];
