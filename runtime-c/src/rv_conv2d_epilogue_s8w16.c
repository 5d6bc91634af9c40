/** @file rv_conv2d_epilogue_s8w16.c Convolution of any geometry and grouping with an epilogue,
 * plain C. */
#define RV_WEIGHT int16_t
#include "rv_conv2d_epilogue.h"

void rv_conv2d_epilogue_s8w16(const rv_conv_epilogue_params *p, const rv_view *in,
                              const rv_view *out, const rv_window *w, void *scratch) {
  rv_conv2d_epilogue(p, in, out, w, (int32_t *)scratch);
}
