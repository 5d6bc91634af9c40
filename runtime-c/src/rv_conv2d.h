/**
 * @file rv_conv2d.h
 * @brief Private: the body of rv_conv2d_s8 and rv_conv2d_s8w16, which differ in RV_WEIGHT and in name.
 *
 * One or two output pixels' receptive fields are copied side by side into the scratch buffer, padding included, and
 * multiplied with all channels of the group. The copy costs one load and one store for an input value that is then
 * used for every output channel, and leaves no border cases in the inner loop.
 */
#ifndef RV_CONV2D_H
#define RV_CONV2D_H

#include "rv_conv_block.h"

/** Copies n >= 0 bytes; short runs do not pay for a call of memcpy. */
static inline void rv_copy_run(int8_t *to, const int8_t *from, int32_t n) {
  for (; n >= 4; n -= 4) {
    memcpy(to, from, 4);
    to += 4;
    from += 4;
  }
  for (; n > 0; n--) {
    *to++ = *from++;
  }
}

/** The receptive field of output pixel (y, x) over `depth` input channels from `channel` on, taps outside as padding. */
static inline void rv_gather_patch(const rv_conv_params *p, const rv_view *in, int32_t y, int32_t x, int32_t channel,
                                   int32_t depth, int8_t *patch) {
  const int32_t left = (x * p->strideW) - p->padLeft;
  const int32_t right = left + ((p->kernelW - 1) * p->dilationW);
  const int32_t runBytes = p->kernelW * depth;
  const int contiguous =
      (left >= 0) && (right < in->width) && (p->dilationW == 1) && (in->pixelPitch == depth);
  int32_t iy = (y * p->strideH) - p->padTop;
  for (int32_t ky = 0; ky < p->kernelH; ky++) {
    if ((iy < 0) || (iy >= in->height)) {
      memset(patch, p->inputZeroPoint, (size_t)runBytes);
      patch += runBytes;
    } else if (contiguous) {
      rv_copy_run(patch, rv_pixel(in, iy, left) + channel, runBytes);
      patch += runBytes;
    } else {
      const int8_t *row = rv_out_row(in, iy) + channel;
      for (int32_t ix = left; ix <= right; ix += p->dilationW) {
        if ((ix < 0) || (ix >= in->width)) {
          memset(patch, p->inputZeroPoint, (size_t)depth);
        } else {
          rv_copy_run(patch, row + (ptrdiff_t)(ix - in->originX) * in->pixelPitch, depth);
        }
        patch += depth;
      }
    }
    iy += p->dilationH;
  }
}

static inline void rv_conv2d(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                             int8_t *patch) {
  const rv_rounder k = rv_channel_rounder(&p->requant);
  const int32_t depth = p->inChannels / p->groups;
  const int32_t channels = p->outChannels / p->groups;
  const int32_t taps = p->kernelH * p->kernelW * depth;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    int8_t *to = rv_pixel(out, y, w->x);
    int32_t x = w->x;
    while (x < w->x + w->cols) {
      const int pair = (RV_CONV_PATCHES == 2) && (x + 1 < w->x + w->cols);
      const RV_WEIGHT *weights = (const RV_WEIGHT *)p->weights;
      for (int32_t g = 0; g < p->groups; g++) {
        rv_gather_patch(p, in, y, x, g * depth, depth, patch);
#if RV_CONV_PATCHES == 2
        if (pair) {
          rv_gather_patch(p, in, y, x + 1, g * depth, depth, patch + taps);
          rv_conv_patch_pair(&p->requant, k, p->bias, patch, patch + taps, weights, taps, g * channels, channels, to,
                             to + out->pixelPitch);
        } else
#endif
        {
          rv_conv_patch(&p->requant, k, p->bias, patch, weights, taps, g * channels, channels, to);
        }
        weights += (ptrdiff_t)channels * taps;
      }
      to += pair ? 2 * (ptrdiff_t)out->pixelPitch : out->pixelPitch;
      x += pair ? 2 : 1;
    }
  }
}

#endif /* RV_CONV2D_H */
