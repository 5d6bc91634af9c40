/** Stack below the caller and .text with constants, in bytes, of the DSP kernels: the largest of Cortex-M4, M7 and M33. `npm run measure` writes it. */

import type { FootprintTable } from './footprint-table.js';

export const footprints: FootprintTable = {
  /** [stack, code] of a kernel with every file that it lists, library functions included in the stack. */
  kernels: {
    rv_depthwise_conv2d_line_s8_dsp: [448, 2700],
    rv_depthwise_conv2d_k3s1_s8_dsp: [576, 4808],
    rv_depthwise_conv2d_k3s2_s8_dsp: [576, 4516],
    rv_depthwise_conv2d_k5s1_s8_dsp: [576, 4796],
    rv_depthwise_conv2d_k5s2_s8_dsp: [576, 4808],
    rv_depthwise_conv2d_k7s1_s8_dsp: [576, 5296],
    rv_depthwise_conv2d_k7s2_s8_dsp: [576, 5296],
    rv_conv2d_1x1_s8_dsp: [648, 6464],
    rv_conv2d_1x1_wide_s8_dsp: [648, 5800],
    rv_conv2d_1x1_partial_s8_dsp: [656, 7008],
    rv_conv2d_1x1_partial_wide_s8_dsp: [656, 6352],
    rv_conv2d_image1_s8_dsp: [736, 7284],
    rv_conv2d_image2_s8_dsp: [736, 7224],
    rv_conv2d_colour_s8_dsp: [736, 7304],
    rv_conv2d_image4_s8_dsp: [736, 7420],
    rv_conv2d_s8_dsp: [816, 9828],
    rv_conv2d_wide_s8_dsp: [816, 9308],
    rv_add_s8_dsp: [152, 1280],
    rv_mul_s8_dsp: [112, 900],
    rv_lut_s8_dsp: [64, 480],
    rv_resize_linear_s8_dsp: [372, 2980],
    rv_max_pool_s8_dsp: [112, 1200],
    rv_average_pool_s8_dsp: [336, 2050],
    rv_conv2d_epilogue_s8_dsp: [768, 11568],
    rv_conv2d_epilogue_wide_s8_dsp: [768, 11052],
  },
  /** Code of the files that several kernels list. */
  sharedFiles: {
    'src/rv_depthwise_dsp.c': 1868,
    'src/rv_depthwise_requantise_dsp.c': 1068,
    'src/rv_depthwise_row_dsp.c': 0,
    'src/rv_depthwise_stage_dsp.c': 608,
    'src/rv_dot_pixels_dsp.c': 1096,
    'src/rv_dot_s8_dsp.c': 1956,
    'src/rv_dot_slice_dsp.c': 456,
    'src/rv_dot_wide_s8_dsp.c': 1050,
    'src/rv_epilogue.c': 1896,
    'src/rv_requantise_dsp.c': 2320,
  },
};
