/** Weights of the cost model for the plain C kernels, and how their estimates are made. */

import type { Core } from '../../core.js';
import { type CostClass, costClass, instructionsOf, type Weights, type Work } from '../../cost.js';

const noWork: Work = { macs: 0, outputs: 0, copied: 0, loops: 0 };

/** mac, output, copy, loop, call */
type Row = readonly [number, number, number, number, number];

const rows: Readonly<Record<string, Readonly<Record<'m0' | 'm3', Row>>>> = {
  rv_conv2d_1x1_s8: { m0: [5.2, 66, 0, 60, 150], m3: [2.1, 20, 0, 40, 100] },
  rv_conv2d_s8: { m0: [5.2, 66, 6, 60, 150], m3: [2.1, 20, 2.2, 50, 100] },
  rv_conv2d_s8w16: { m0: [5.2, 66, 6, 60, 150], m3: [2.1, 20, 2.2, 50, 100] },
  rv_depthwise_conv2d_s8: { m0: [6.5, 50, 6, 120, 150], m3: [2.6, 14, 1.6, 60, 150] },
  rv_conv_transpose2d_s8: { m0: [5.2, 66, 6, 60, 150], m3: [2.3, 24, 3, 60, 150] },
  rv_conv_transpose2d_s8w16: { m0: [5.2, 66, 6, 60, 150], m3: [2.3, 24, 3, 60, 150] },
  rv_add_s8: { m0: [0, 23, 0, 80, 60], m3: [0, 11, 0, 60, 50] },
  rv_mul_s8: { m0: [0, 50, 0, 100, 60], m3: [0, 18, 0, 70, 50] },
  rv_min_max_s8: { m0: [0, 20, 0, 80, 60], m3: [0, 13, 0, 60, 50] },
  rv_lut_s8: { m0: [0, 9, 0, 40, 50], m3: [0, 6, 0, 30, 40] },
  rv_prelu_s8: { m0: [0, 55, 0, 30, 80], m3: [0, 25, 0, 20, 60] },
  rv_max_pool_s8: { m0: [6.5, 32, 0, 120, 50], m3: [5.2, 22, 0, 110, 40] },
  rv_average_pool_s8: { m0: [4.5, 72, 0, 200, 50], m3: [3.3, 38, 0, 170, 40] },
  rv_softmax_s8: { m0: [0, 120, 0, 700, 50], m3: [0, 50, 0, 180, 40] },
  rv_arg_max_s8: { m0: [0, 12, 0, 40, 50], m3: [0, 10, 0, 30, 40] },
  rv_copy_s8: { m0: [0, 5, 0, 80, 40], m3: [0, 4, 0, 60, 40] },
  rv_pad_s8: { m0: [0, 5, 0, 90, 40], m3: [0, 4, 0, 70, 40] },
  rv_resize_nearest_s8: { m0: [0, 5, 0, 80, 40], m3: [0, 4, 0, 60, 40] },
  rv_resize_linear_s8: { m0: [0, 68, 0, 150, 60], m3: [0, 34, 0, 120, 60] },
  rv_transpose_s8: { m0: [0, 33, 0, 20, 60], m3: [0, 22, 0, 20, 60] },
  rv_gather_s8: { m0: [0, 9, 0, 60, 40], m3: [0, 8, 0, 50, 40] },
};

/** Instructions of one call of a plain C kernel. Cores with a DSP extension run its code as an M3 does. */
export function estimate(id: string, work: Partial<Work>, core: Core): number {
  const [mac, output, copy, loop, call] = rows[id][columnOf(costClass(core))];
  const weights: Weights = { mac, output, copy, loop, call };
  return instructionsOf({ ...noWork, ...work }, weights);
}

const columnOf = (c: CostClass): 'm0' | 'm3' => (c === 'm0' ? 'm0' : 'm3');
