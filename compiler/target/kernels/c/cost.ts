/** Weights of the cost model for the plain C kernels, and how their estimates are made. */

import type { Core } from '../../core.js';
import { type CostClass, costClass, instructionsOf, type Weights, type Work } from '../../cost.js';

const noWork: Work = { macs: 0, outputs: 0, copied: 0, loops: 0 };

/** mac, output, copy, loop, call */
type Row = readonly [number, number, number, number, number];

const rows: Readonly<Record<string, Readonly<Record<'m0' | 'm3', Row>>>> = {
  rv_conv2d_1x1_s8: { m0: [5, 34, 0, 30, 150], m3: [2.15, 20, 0, 20, 100] },
  rv_conv2d_s8: { m0: [5, 34, 6, 60, 150], m3: [2.15, 20, 2.2, 60, 100] },
  rv_conv2d_s8w16: { m0: [5, 34, 6, 60, 150], m3: [2.15, 20, 2.2, 60, 100] },
  rv_depthwise_conv2d_s8: { m0: [5, 34, 5, 60, 150], m3: [2.3, 15, 1.6, 60, 150] },
  rv_conv_transpose2d_s8: { m0: [5, 34, 6, 60, 150], m3: [2.3, 20, 3, 60, 150] },
  rv_conv_transpose2d_s8w16: { m0: [5, 34, 6, 60, 150], m3: [2.3, 20, 3, 60, 150] },
  rv_add_s8: { m0: [0, 24, 0, 60, 60], m3: [0, 16, 0, 50, 50] },
  rv_mul_s8: { m0: [0, 38, 0, 60, 60], m3: [0, 17, 0, 50, 50] },
  rv_min_max_s8: { m0: [0, 12, 0, 60, 60], m3: [0, 9, 0, 50, 50] },
  rv_lut_s8: { m0: [0, 7, 0, 40, 50], m3: [0, 5, 0, 30, 40] },
  rv_prelu_s8: { m0: [0, 50, 0, 30, 80], m3: [0, 22, 0, 20, 60] },
  rv_max_pool_s8: { m0: [7, 30, 0, 60, 50], m3: [5, 24, 0, 50, 40] },
  rv_average_pool_s8: { m0: [4, 50, 0, 100, 50], m3: [2.5, 24, 0, 90, 40] },
  rv_softmax_s8: { m0: [0, 80, 0, 300, 50], m3: [0, 32, 0, 200, 40] },
  rv_arg_max_s8: { m0: [0, 9, 0, 30, 50], m3: [0, 7, 0, 30, 40] },
  rv_copy_s8: { m0: [0, 3, 0, 60, 40], m3: [0, 1.5, 0, 50, 40] },
  rv_pad_s8: { m0: [0, 3, 0, 70, 40], m3: [0, 1.5, 0, 60, 40] },
  rv_resize_nearest_s8: { m0: [0, 3, 0, 50, 40], m3: [0, 1.5, 0, 50, 40] },
  rv_resize_linear_s8: { m0: [0, 60, 0, 120, 60], m3: [0, 32, 0, 100, 60] },
  rv_transpose_s8: { m0: [0, 16, 0, 20, 60], m3: [0, 14, 0, 20, 60] },
  rv_gather_s8: { m0: [0, 7, 0, 40, 40], m3: [0, 5, 0, 40, 40] },
};

/** Instructions of one call of a plain C kernel. Cores with a DSP extension run its code as an M3 does. */
export function estimate(id: string, work: Partial<Work>, core: Core): number {
  const [mac, output, copy, loop, call] = rows[id][columnOf(costClass(core))];
  const weights: Weights = { mac, output, copy, loop, call };
  return instructionsOf({ ...noWork, ...work }, weights);
}

const columnOf = (c: CostClass): 'm0' | 'm3' => (c === 'm0' ? 'm0' : 'm3');
