/** @file rv_conv_transpose2d_s8.c Transposed convolution of any geometry and grouping, plain C. */
#define RV_WEIGHT int8_t
#include "rv_conv_transpose2d.h"

void rv_conv_transpose2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                            const rv_window *w, void *scratch) {
  rv_conv_transpose2d(p, in, out, w, (int8_t *)scratch);
}
