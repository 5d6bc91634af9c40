/**
 * @file rv_conv2d_s8w16.c Convolution with int16 weights (asymmetric uint8 weights, zero point
 * subtracted).
 */
#define RV_WEIGHT int16_t
#include "rv_conv2d.h"

void rv_conv2d_s8w16(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                     const rv_window *w, void *scratch) {
  rv_conv2d(p, in, out, w, (int8_t *)scratch);
}
