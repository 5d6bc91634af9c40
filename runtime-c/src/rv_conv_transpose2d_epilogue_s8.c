/** @file rv_conv_transpose2d_epilogue_s8.c Transposed convolution with an epilogue, plain C. */
#define RV_WEIGHT int8_t
#include "rv_conv_transpose2d_epilogue.h"

void rv_conv_transpose2d_epilogue_s8(const rv_conv_epilogue_params *p, const rv_view *in,
                                     const rv_view *out, const rv_window *w, void *scratch) {
  rv_conv_transpose2d_epilogue(p, in, out, w, (int32_t *)scratch);
}
