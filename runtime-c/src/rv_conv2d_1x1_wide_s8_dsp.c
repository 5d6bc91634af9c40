/** @file rv_conv2d_1x1_wide_s8_dsp.c As rv_conv2d_1x1_s8_dsp, for weights that do not fit summed
 * words. */
#include "rv_conv2d_1x1_dsp.h"

void rv_conv2d_1x1_wide_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                               const rv_window *w, void *scratch) {
  rv_conv2d_1x1_dsp(p, in, out, w, (int16_t *)scratch, &rv_dot_wide_s8);
}
