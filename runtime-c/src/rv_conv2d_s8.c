/** @file rv_conv2d_s8.c Convolution of any geometry and grouping, plain C. */
#define RV_WEIGHT int8_t
#include "rv_conv2d.h"

void rv_conv2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                  const rv_window *w, void *scratch) {
  rv_conv2d(p, in, out, w, (int8_t *)scratch);
}
