/**
 * @file rv_conv2d_epilogue_s8_mve.c Convolution of any geometry and grouping with an epilogue, MVE.
 *
 * A pixel's receptive field is copied, padding included, and multiplied with four output channels
 * at a time, 16 values in one instruction.
 */
#include <string.h>

#include "rv_copy_run.h"
#include "rv_kernels_epilogue.h"

#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
#endif

/** The field of output pixel (y, x), `depth` channels from `channel` on of each tap. */
static void gather(const rv_conv_params *p, const rv_view *in, int32_t y, int32_t x,
                   int32_t channel, int32_t depth, int8_t *field) {
  for (int32_t ky = 0; ky < p->kernelH; ky++) {
    const int8_t *row = rv_row(in, (y * p->strideH) - p->padTop + (ky * p->dilationH));
    for (int32_t kx = 0; kx < p->kernelW; kx++) {
      const int32_t ix = (x * p->strideW) - p->padLeft + (kx * p->dilationW);
      if ((row == NULL) || (ix < 0) || (ix >= in->width)) {
        memset(field, p->inputZeroPoint, (size_t)depth);
      } else {
        rv_copy_run(field, row + ((ptrdiff_t)(ix - in->originX) * in->pixelPitch) + channel, depth);
      }
      field += depth;
    }
  }
}

/** sums[0..3] = bias[0..3] + the products of `bytes` (a multiple of 16) values with four rows of
 * weights. */
static inline void dot4(const int8_t *x, const int8_t *w, int32_t bytes, const int32_t *bias,
                        int32_t *sums) {
#if defined(__ARM_FEATURE_MVE)
  int32_t a0 = bias[0];
  int32_t a1 = bias[1];
  int32_t a2 = bias[2];
  int32_t a3 = bias[3];
  for (const int8_t *end = x + bytes; x != end; x += 16) {
    const int8x16_t v = vld1q_s8(x);
    a0 = vmladavaq_s8(a0, v, vld1q_s8(w));
    a1 = vmladavaq_s8(a1, v, vld1q_s8(w + bytes));
    a2 = vmladavaq_s8(a2, v, vld1q_s8(w + (ptrdiff_t)(2 * bytes)));
    a3 = vmladavaq_s8(a3, v, vld1q_s8(w + (ptrdiff_t)(3 * bytes)));
    w += 16;
  }
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
#else
  for (int32_t c = 0; c < 4; c++) {
    int32_t sum = bias[c];
    for (int32_t i = 0; i < bytes; i++) {
      sum += (int32_t)x[i] * w[(c * bytes) + i];
    }
    sums[c] = sum;
  }
#endif
}

void rv_conv2d_epilogue_s8_mve(const rv_conv_epilogue_params *params, const rv_view *in,
                               const rv_view *out, const rv_window *w, void *scratch) {
  const rv_conv_params *p = &params->conv;
  const int32_t depth = p->inChannels / p->groups;
  const int32_t channels = p->outChannels / p->groups;
  const int32_t quads = (channels + 3) / 4;
  const int32_t taps = p->kernelH * p->kernelW * depth;
  const int32_t bytes = (taps + 15) & ~15;
  int32_t *sums = (int32_t *)scratch;
  int8_t *field = (int8_t *)(sums + (4 * (ptrdiff_t)quads));
  /* Weights are zero behind the field. */
  memset(field + taps, 0, (size_t)(bytes - taps));
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int8_t *weights = (const int8_t *)p->weights;
      const int32_t *bias = p->bias;
      for (int32_t g = 0; g < p->groups; g++) {
        gather(p, in, y, x, g * depth, depth, field);
        for (int32_t q = 0; q < quads; q++) {
          dot4(field, weights, bytes, bias, sums + (4 * (ptrdiff_t)q));
          weights += (ptrdiff_t)4 * bytes;
          bias += 4;
        }
        rv_epilogue_pixel(&params->epilogue, sums, g * channels, channels, y, x, in + 1,
                          rv_pixel(out, y, x));
      }
    }
  }
}
