/** @file rv_conv_transpose2d_s8w16.c Transposed convolution with int16 weights. */
#define RV_WEIGHT int16_t
#include "rv_conv_transpose2d.h"

void rv_conv_transpose2d_s8w16(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                               const rv_window *w, void *scratch) {
  rv_conv_transpose2d(p, in, out, w, (int8_t *)scratch);
}
