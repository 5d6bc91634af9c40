/** Random cases for every plain C kernel. */

import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { type KernelCase, randomCases } from './case.js';
import { conv1x1, depthwise, general, transposed } from './graphs/conv.js';
import {
  convEpilogue,
  depthwiseEpilogue,
  elementwiseEpilogue,
  poolSumsEpilogue,
  transposedEpilogue,
} from './graphs/epilogue.js';
import { add, lut, minMax, mul, prelu } from './graphs/elementwise.js';
import { float } from './graphs/float.js';
import { concat, gather, pad, resize, shuffle, slice, transpose } from './graphs/move.js';
import { argMax, averagePool, globalPool, logSoftmax, maxPool, softmax } from './graphs/pool.js';
import type { Random } from './random.js';

/** A kernel, a maker of nodes that it computes, and how many of them are worth trying. */
export interface SuiteEntry {
  readonly id: string;
  readonly count: number;
  readonly make: (random: Random, i: number) => Int8Graph;
}

export const plainSuite: readonly SuiteEntry[] = [
  { id: 'rv_conv2d_1x1_s8', count: 40, make: conv1x1 },
  { id: 'rv_conv2d_s8', count: 50, make: general(false) },
  { id: 'rv_conv2d_s8w16', count: 15, make: general(true) },
  { id: 'rv_depthwise_conv2d_s8', count: 70, make: depthwise },
  { id: 'rv_conv_transpose2d_s8', count: 35, make: transposed(false) },
  { id: 'rv_conv_transpose2d_s8w16', count: 10, make: transposed(true) },
  { id: 'rv_add_s8', count: 60, make: add },
  { id: 'rv_mul_s8', count: 40, make: mul },
  { id: 'rv_min_max_s8', count: 25, make: minMax },
  { id: 'rv_lut_s8', count: 20, make: lut },
  { id: 'rv_prelu_s8', count: 25, make: prelu },
  { id: 'rv_max_pool_s8', count: 40, make: maxPool },
  { id: 'rv_average_pool_s8', count: 60, make: averagePool },
  { id: 'rv_average_pool_s8', count: 10, make: globalPool },
  { id: 'rv_softmax_s8', count: 25, make: softmax },
  { id: 'rv_log_softmax_s8', count: 25, make: logSoftmax },
  { id: 'rv_arg_max_s8', count: 20, make: argMax },
  { id: 'rv_copy_s8', count: 30, make: slice },
  { id: 'rv_copy_s8', count: 15, make: concat },
  { id: 'rv_pad_s8', count: 40, make: pad },
  { id: 'rv_resize_nearest_s8', count: 20, make: resize('nearest') },
  { id: 'rv_resize_linear_s8', count: 30, make: resize('linear') },
  { id: 'rv_transpose_s8', count: 30, make: transpose },
  { id: 'rv_gather_s8', count: 20, make: gather },
  { id: 'rv_gather_s8', count: 10, make: shuffle },
  { id: 'rv_conv2d_epilogue_s8', count: 60, make: convEpilogue(false) },
  { id: 'rv_conv2d_epilogue_s8w16', count: 15, make: convEpilogue(true) },
  { id: 'rv_depthwise_conv2d_epilogue_s8', count: 40, make: depthwiseEpilogue },
  { id: 'rv_conv_transpose2d_epilogue_s8', count: 25, make: transposedEpilogue(false) },
  { id: 'rv_conv_transpose2d_epilogue_s8w16', count: 10, make: transposedEpilogue(true) },
  { id: 'rv_elementwise_s8', count: 60, make: elementwiseEpilogue },
  { id: 'rv_pool_sums_s8', count: 40, make: poolSumsEpilogue },
  { id: 'rv_float_pixels', count: 60, make: float },
];

/** `fraction` of the counts, at least one case each. */
export const suiteCases = (random: Random, suite: readonly SuiteEntry[] = plainSuite, fraction = 1): KernelCase[] =>
  suite.flatMap(({ id, count, make }) => randomCases(random, id, Math.ceil(count * fraction), make));
