/** Stack below the caller and .text with constants, in bytes, of the DSP kernels on Cortex-M4 (M7 and M33 differ by a few bytes). `npm run measure` writes it; sources.ts says of which code. */

import type { FootprintTable } from './footprint-table.js';

export const footprints: FootprintTable = {
  /** [stack, code] of a kernel with every file that it lists, library functions included in the stack. */
  kernels: {
    rv_depthwise_conv2d_k3s1_s8_dsp: [584, 4760],
    rv_depthwise_conv2d_k3s2_s8_dsp: [584, 4780],
    rv_depthwise_conv2d_k5s1_s8_dsp: [584, 5220],
    rv_depthwise_conv2d_k5s2_s8_dsp: [584, 5240],
    rv_depthwise_conv2d_k7s1_s8_dsp: [584, 5720],
    rv_depthwise_conv2d_k7s2_s8_dsp: [584, 5720],
    rv_depthwise_conv2d_line_s8_dsp: [448, 2700],
    rv_conv2d_1x1_s8_dsp: [648, 5800],
    rv_conv2d_1x1_wide_s8_dsp: [648, 5450],
    rv_conv2d_1x1_partial_s8_dsp: [656, 6300],
    rv_conv2d_1x1_partial_wide_s8_dsp: [656, 5950],
    rv_conv2d_image1_s8_dsp: [728, 6660],
    rv_conv2d_image2_s8_dsp: [728, 6580],
    rv_conv2d_colour_s8_dsp: [720, 6750],
    rv_conv2d_image4_s8_dsp: [720, 6860],
    rv_conv2d_s8_dsp: [784, 8720],
    rv_conv2d_wide_s8_dsp: [784, 8340],
    rv_conv2d_epilogue_s8_dsp: [740, 10800],
    rv_conv2d_epilogue_wide_s8_dsp: [740, 10420],
    rv_add_s8_dsp: [152, 1280],
    rv_mul_s8_dsp: [112, 900],
    rv_lut_s8_dsp: [64, 480],
    rv_resize_linear_s8_dsp: [372, 2980],
    rv_max_pool_s8_dsp: [112, 1200],
    rv_average_pool_s8_dsp: [336, 2050],
  },
  /** Code of the files that several kernels list. */
  sharedFiles: {
    'src/rv_depthwise_dsp.c': 1870,
    'src/rv_depthwise_row_dsp.c': 0,
    'src/rv_depthwise_stage_dsp.c': 570,
    'src/rv_depthwise_requantise_dsp.c': 1090,
    'src/rv_requantise_dsp.c': 2350,
    'src/rv_dot_pixels_dsp.c': 860,
    'src/rv_dot_s8_dsp.c': 1420,
    'src/rv_dot_slice_dsp.c': 430,
    'src/rv_dot_wide_s8_dsp.c': 1050,
    'src/rv_epilogue.c': 1900,
  },
};
