/**
 * @file rv_depthwise_conv2d_epilogue_s8_mve.c Depthwise convolution of any geometry with an
 * epilogue, MVE: four channels of a pixel at a time, tap after tap.
 */
#include "rv_kernels_epilogue.h"

#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
#endif

/** sums[0..n) += the tap's products, n <= 4. Padding: x is NULL. */
#if defined(__ARM_FEATURE_MVE)
static inline int32x4_t add_tap(int32x4_t sums, const int8_t *x, int32_t zeroPoint, const int8_t *w,
                                mve_pred16_t live) {
  const int32x4_t weights = vldrbq_z_s32(w, live);
  return (x == NULL) ? vmlaq_n_s32(sums, weights, zeroPoint)
                     : vaddq_s32(sums, vmulq_s32(weights, vldrbq_z_s32(x, live)));
}
#endif

/** The sums of channels [c, c + n), n <= 4, of output pixel (y, x). */
static inline void four(const rv_conv_params *p, const rv_view *in, int32_t top, int32_t left,
                        int32_t c, int32_t n, int32_t *sums) {
  const int8_t *w = (const int8_t *)p->weights + c;
#if defined(__ARM_FEATURE_MVE)
  const mve_pred16_t live = vctp32q((uint32_t)n);
  int32x4_t acc = vldrwq_z_s32(p->bias + c, live);
#else
  for (int32_t i = 0; i < n; i++) {
    sums[i] = p->bias[c + i];
  }
#endif
  for (int32_t ky = 0; ky < p->kernelH; ky++) {
    const int8_t *row = rv_row(in, top + (ky * p->dilationH));
    for (int32_t kx = 0; kx < p->kernelW; kx++) {
      const int32_t ix = left + (kx * p->dilationW);
      const int inside = (row != NULL) && (ix >= 0) && (ix < in->width);
      const int8_t *x = inside ? row + ((ptrdiff_t)(ix - in->originX) * in->pixelPitch) + c : NULL;
#if defined(__ARM_FEATURE_MVE)
      acc = add_tap(acc, x, p->inputZeroPoint, w, live);
#else
      for (int32_t i = 0; i < n; i++) {
        sums[i] += ((x == NULL) ? (int32_t)p->inputZeroPoint : (int32_t)x[i]) * w[i];
      }
#endif
      w += p->outChannels;
    }
  }
#if defined(__ARM_FEATURE_MVE)
  vstrwq_p_s32(sums, acc, live);
#endif
}

void rv_depthwise_conv2d_epilogue_s8_mve(const rv_conv_epilogue_params *params, const rv_view *in,
                                         const rv_view *out, const rv_window *w, void *scratch) {
  const rv_conv_params *p = &params->conv;
  int32_t *sums = (int32_t *)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int32_t top = (y * p->strideH) - p->padTop;
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int32_t left = (x * p->strideW) - p->padLeft;
      for (int32_t c = 0; c < p->outChannels; c += 4) {
        four(p, in, top, left, c, rv_min(p->outChannels - c, 4), sums + c);
      }
      rv_epilogue_pixel(&params->epilogue, sums, 0, p->outChannels, y, x, in + 1,
                        rv_pixel(out, y, x));
    }
  }
}
