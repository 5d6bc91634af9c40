/** @file rv_conv2d_image1_s8_dsp.c 3x3 convolution of one channel for the DSP extension. */
#define RV_IMAGE_DEPTH 1
#include "rv_conv2d_image_dsp.h"

void rv_conv2d_image1_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                             const rv_window *w, void *scratch) {
  rv_conv2d_image_dsp(p, in, out, w, (int16_t *)scratch);
}
