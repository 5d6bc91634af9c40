/** @file rv_conv2d_epilogue_wide_s8_dsp.c Convolution with an epilogue for the DSP extension. */
#include "rv_conv2d_epilogue_dsp.h"

void rv_conv2d_epilogue_wide_s8_dsp(const rv_conv_epilogue_params *p, const rv_view *in,
                                    const rv_view *out, const rv_window *w, void *scratch) {
  rv_conv2d_epilogue_dsp(p, in, out, w, scratch, &rv_dot_wide_s8);
}
