/** @file rv_conv2d_1x1_partial_wide_s8_dsp.c As rv_conv2d_1x1_partial_s8_dsp, for weights that do
 * not fit summed words. */
#include "rv_conv2d_1x1_slice_dsp.h"

void rv_conv2d_1x1_partial_wide_s8_dsp(const rv_conv_partial_params *p, const rv_view *in,
                                       const rv_view *out, const rv_window *w, void *scratch) {
  rv_conv2d_1x1_slice_dsp(p, in, out, w, scratch, &rv_dot_wide_s8);
}
