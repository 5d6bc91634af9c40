/**
 * Stack below the caller and .text (with constants) of the MVE kernels on Cortex-M55, arm-none-eabi-gcc 12.2 -O3, the
 * assembly and library functions included in the stack. A kernel's code counts the files that it shares with others.
 * tests/kernels/mve/footprint.test.ts measures them and says what changed.
 */

import type { Kernel } from '../../kernel.js';

/** Stack and code, in bytes. */
type Row = readonly [number, number];

const rows: Readonly<Record<string, Row>> = {
  rv_conv2d_1x1_s8_mve: [928, 8080],
  rv_conv2d_1x1_partial_s8_mve: [1064, 11400],
  rv_conv2d_s8_mve: [992, 8880],
  rv_depthwise_conv2d_wide_s8_mve: [520, 4620],
  rv_depthwise_conv2d_line_s8_mve: [248, 1600],
  rv_depthwise_conv2d_s8_mve: [1136, 7420],
  rv_conv2d_epilogue_s8_mve: [408, 3520],
  rv_depthwise_conv2d_epilogue_s8_mve: [312, 3300],
  rv_add_s8_mve: [160, 710],
  rv_mul_s8_mve: [168, 940],
  rv_lut_s8_mve: [48, 290],
  rv_max_pool_s8_mve: [80, 610],
  rv_average_pool_s8_mve: [208, 1390],
  rv_softmax_s8_mve: [168, 920],
  rv_resize_linear_s8_mve: [440, 2350],
};

/** .text of the files that several kernels list. */
export const sharedFileBytes: Readonly<Record<string, number>> = {
  'src/rv_dot_s8_mve.c': 712,
  'src/rv_dot_short_mve.c': 2300,
  'src/rv_dot_long_mve.c': 2620,
  'src/rv_requantise_mve.c': 1664,
  'src/rv_depthwise_stage_mve.c': 1330,
  'src/rv_epilogue.c': 2650,
};

export function footprintOf(
  id: string,
  files: readonly string[],
): Pick<Kernel, 'stackBytes' | 'codeBytes' | 'sharedCode'> {
  const [stackBytes, codeBytes] = rows[id];
  return {
    stackBytes,
    codeBytes,
    sharedCode: Object.fromEntries(files.filter((f) => f in sharedFileBytes).map((f) => [f, sharedFileBytes[f]])),
  };
}
