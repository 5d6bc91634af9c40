/** Stack below the caller and .text with constants, in bytes, of the plain C kernels: the largest of Cortex-M0, M4 and M55. `npm run measure` writes it. */

import type { FootprintTable } from './footprint-table.js';

export const footprints: FootprintTable = {
  /** [stack, code] of a kernel with every file that it lists, library functions included in the stack. */
  kernels: {
    rv_conv2d_1x1_s8: [392, 3332],
    rv_conv2d_1x1_partial_s8: [368, 2776],
    rv_depthwise_conv2d_s8: [360, 6100],
    rv_conv2d_s8: [432, 4260],
    rv_conv2d_s8w16: [440, 4376],
    rv_conv_transpose2d_s8: [464, 3980],
    rv_conv_transpose2d_s8w16: [480, 4030],
    rv_add_s8: [240, 1116],
    rv_mul_s8: [264, 1204],
    rv_min_max_s8: [112, 644],
    rv_lut_s8: [80, 304],
    rv_prelu_s8: [256, 1320],
    rv_max_pool_s8: [176, 1244],
    rv_average_pool_s8: [336, 2212],
    rv_softmax_s8: [232, 1380],
    rv_log_softmax_s8: [104, 640],
    rv_arg_max_s8: [88, 280],
    rv_copy_s8: [96, 580],
    rv_pad_s8: [112, 860],
    rv_resize_nearest_s8: [80, 410],
    rv_resize_linear_s8: [304, 2200],
    rv_gather_s8: [88, 490],
    rv_transpose_s8: [120, 648],
    rv_depthwise_conv2d_epilogue_s8: [392, 3620],
    rv_conv2d_epilogue_s8: [400, 4960],
    rv_conv2d_epilogue_s8w16: [416, 5060],
    rv_conv_transpose2d_epilogue_s8: [424, 4590],
    rv_conv_transpose2d_epilogue_s8w16: [432, 4670],
    rv_elementwise_s8: [272, 3030],
    rv_pool_sums_s8: [344, 3920],
    rv_float_pixels: [168, 2284],
  },
  /** Code of the files that several kernels list. */
  sharedFiles: {
    'src/rv_epilogue.c': 2690,
  },
};
