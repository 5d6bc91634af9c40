/** @file rv_conv2d_s8_dsp.c Convolution of any geometry and grouping for the DSP extension. */
#include "rv_conv2d_dsp.h"

void rv_conv2d_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                      const rv_window *w, void *scratch) {
  rv_conv2d_dsp(p, in, out, w, (int16_t *)scratch, &rv_dot_s8);
}
