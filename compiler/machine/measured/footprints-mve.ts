/** Stack below the caller and .text with constants, in bytes, of the MVE kernels on Cortex-M55. `npm run measure` writes it; sources.ts says of which code. */

import type { FootprintTable } from './footprint-table.js';

export const footprints: FootprintTable = {
  /** [stack, code] of a kernel with every file that it lists, library functions included in the stack. */
  kernels: {
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
  },
  /** Code of the files that several kernels list. */
  sharedFiles: {
    'src/rv_dot_s8_mve.c': 712,
    'src/rv_dot_short_mve.c': 2300,
    'src/rv_dot_long_mve.c': 2620,
    'src/rv_requantise_mve.c': 1664,
    'src/rv_depthwise_stage_mve.c': 1330,
    'src/rv_epilogue.c': 2650,
  },
};
