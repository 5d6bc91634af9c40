/**
 * @file rv_depthwise_conv2d_epilogue_s8.c
 * @brief Depthwise convolution of any geometry with an epilogue, plain C: tap after tap is added to
 * the sums of all channels of a pixel.
 */
#include "rv_kernels_epilogue.h"

/** sums[c] += x[c] * w[c] */
static inline void add_tap(int32_t *sums, const int8_t *x, const int8_t *w, int32_t channels) {
  for (const int32_t *end = sums + (channels & ~3); sums != end; sums += 4) {
    sums[0] += (int32_t)x[0] * w[0];
    sums[1] += (int32_t)x[1] * w[1];
    sums[2] += (int32_t)x[2] * w[2];
    sums[3] += (int32_t)x[3] * w[3];
    x += 4;
    w += 4;
  }
  for (const int32_t *end = sums + (channels & 3); sums != end;) {
    *sums++ += (int32_t)*x++ * *w++;
  }
}

/** A tap outside the image. */
static void add_padding(int32_t *sums, int32_t zeroPoint, const int8_t *w, int32_t channels) {
  for (const int32_t *end = sums + channels; sums != end;) {
    *sums++ += zeroPoint * *w++;
  }
}

void rv_depthwise_conv2d_epilogue_s8(const rv_conv_epilogue_params *params, const rv_view *in,
                                     const rv_view *out, const rv_window *w, void *scratch) {
  const rv_conv_params *p = &params->conv;
  const int32_t channels = p->outChannels;
  int32_t *sums = (int32_t *)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int32_t top = (y * p->strideH) - p->padTop;
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int32_t left = (x * p->strideW) - p->padLeft;
      const int8_t *weights = (const int8_t *)p->weights;
      for (int32_t c = 0; c < channels; c++) {
        sums[c] = p->bias[c];
      }
      for (int32_t ky = 0; ky < p->kernelH; ky++) {
        const int8_t *row = rv_row(in, top + (ky * p->dilationH));
        for (int32_t kx = 0; kx < p->kernelW; kx++) {
          const int32_t ix = left + (kx * p->dilationW);
          if ((row == NULL) || (ix < 0) || (ix >= in->width)) {
            add_padding(sums, p->inputZeroPoint, weights, channels);
          } else {
            add_tap(sums, row + ((ptrdiff_t)(ix - in->originX) * in->pixelPitch), weights,
                    channels);
          }
          weights += channels;
        }
      }
      rv_epilogue_pixel(&params->epilogue, sums, 0, channels, y, x, in + 1, rv_pixel(out, y, x));
    }
  }
}
