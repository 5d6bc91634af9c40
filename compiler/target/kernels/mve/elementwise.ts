/** Add, Mul, tables and pooling for MVE: the plain kernels' parameters and order, sixteen or eight elements at once. */

import type { Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import type { CallShape, Kernel } from '../../kernel.js';
import { channelByChannel, windowSpan } from '../c/access.js';
import { elementwiseKernels as plainElementwise } from '../c/elementwise.js';
import { poolKernels as plainPools } from '../c/pool.js';
import { broadcastCode, inputShape, opOf, outputShape } from '../c/structs.js';

const plain = (id: string): Kernel => [...plainElementwise, ...plainPools].find((k) => k.id === id)!;

const headers = ['include/rv_kernels_mve.h', 'include/rv_requantise.h'];

/** RV_BROADCAST_C */
const repeatsChannels = (node: Int8Node, graph: Int8Graph): boolean =>
  node.inputs.some((_, i) => (broadcastCode(inputShape(node, graph, i), outputShape(node, graph)) & 4) !== 0);

/** `perElement` instructions for each element, `perRow` for each row, or pixel of a repeated operand. */
function elementwiseCost(node: Int8Node, graph: Int8Graph, call: CallShape, perElement: number, perRow: number): number {
  const repeated = node.inputs.some((_, i) => inputShape(node, graph, i).w !== outputShape(node, graph).w);
  const runs = call.rows * (repeated ? call.cols : 1);
  return 60 + call.rows * 40 + runs * perRow + call.rows * call.cols * outputShape(node, graph).c * perElement;
}

const add: Kernel = {
  ...plain('rv_add_s8'),
  id: 'rv_add_s8_mve',
  isa: 'mve',
  files: ['src/rv_add_s8_mve.c', 'src/rv_broadcast.h', ...headers],
  accepts: (node, graph) =>
    node.op.kind === 'add' && node.op.rounding === 'fixed' && node.op.shift >= 16 && !repeatsChannels(node, graph),
  instructions: (node, graph, call) => elementwiseCost(node, graph, call, 2.25, 25),
  stackBytes: 152,
  codeBytes: 710,
};

const mul: Kernel = {
  ...plain('rv_mul_s8'),
  id: 'rv_mul_s8_mve',
  isa: 'mve',
  files: ['src/rv_mul_s8_mve.c', 'src/rv_requantise_mve.h', 'src/rv_broadcast.h', ...headers],
  accepts: (node, graph) => node.op.kind === 'mul' && node.op.requant.rounding !== 'exact' && !repeatsChannels(node, graph),
  instructions: (node, graph, call) => elementwiseCost(node, graph, call, 4.4, 25),
  stackBytes: 144,
  codeBytes: 760,
};

const lut: Kernel = {
  ...plain('rv_lut_s8'),
  id: 'rv_lut_s8_mve',
  isa: 'mve',
  files: ['src/rv_lut_s8_mve.c', ...headers],
  instructions: (node, graph, call) => elementwiseCost(node, graph, call, 0.6, 10),
  stackBytes: 64,
  codeBytes: 440,
};

/** Channels `block` at a time, all taps of a pixel before the next channels. */
function pool(kind: 'maxPool' | 'averagePool', block: number, kernel: Kernel, perTap: number, perBlock: number): Kernel {
  return {
    ...kernel,
    isa: 'mve',
    accesses(node, graph, _input, y, rows) {
      const { window } = opOf(node, kind);
      const input = inputShape(node, graph);
      return channelByChannel(outputShape(node, graph), y, rows, block, (oy, ox) => windowSpan(window, input, oy, ox));
    },
    instructions(node, graph, call) {
      const { window: w } = opOf(node, kind);
      const blocks = Math.ceil(outputShape(node, graph).c / block);
      return 60 + call.rows * call.cols * (110 + blocks * (perBlock + w.kernelH * (8 + w.kernelW * perTap)));
    },
  };
}

const maxPool = pool('maxPool', 16, {
  ...plain('rv_max_pool_s8'),
  id: 'rv_max_pool_s8_mve',
  files: ['src/rv_max_pool_s8_mve.c', 'src/rv_pool_window.h', ...headers],
  stackBytes: 80,
  codeBytes: 610,
}, 6, 16);

const averagePool = pool('averagePool', 8, {
  ...plain('rv_average_pool_s8'),
  id: 'rv_average_pool_s8_mve',
  files: ['src/rv_average_pool_s8_mve.c', 'src/rv_pool_window.h', 'src/rv_requantise_mve.h', ...headers],
  accepts: (node) => node.op.kind === 'averagePool' && node.op.requants.every((r) => r.rounding !== 'exact'),
  stackBytes: 192,
  codeBytes: 1280,
}, 6, 50);

export const elementwiseKernels: readonly Kernel[] = [add, mul, lut, maxPool, averagePool];
