/**
 * @file rv_conv2d.h
 * @brief Private: the body of rv_conv2d_s8 and rv_conv2d_s8w16, which differ in RV_WEIGHT and in
 * name.
 *
 * One or two output pixels' receptive fields are copied side by side into the scratch buffer,
 * padding included, and multiplied with all channels of the group. The copy costs one load and one
 * store for an input value that is then used for every output channel, and leaves no border cases
 * in the inner loop.
 */
#ifndef RV_CONV2D_H
#define RV_CONV2D_H

#include "rv_conv_block.h"
#include "rv_copy_run.h"

/**
 * The receptive fields of output pixels (y, x) .. (y, x + pixels - 1) over `depth` input channels
 * from `channel` on, one after the other, taps outside the image as padding.
 */
RV_NOINLINE static void rv_gather_patches(const rv_conv_params *p, const rv_view *in, int32_t y,
                                          int32_t x, int32_t pixels, int32_t channel, int32_t depth,
                                          int8_t *patches) {
  const int32_t runBytes = p->kernelW * depth;
  const int32_t patchBytes = p->kernelH * runBytes;
  const int32_t left = (x * p->strideW) - p->padLeft;
  const int32_t reach = (p->kernelW - 1) * p->dilationW;
  const int gapless = (p->dilationW == 1) && (in->pixelPitch == depth);
  const ptrdiff_t origin = channel - ((ptrdiff_t)in->originX * in->pixelPitch);
  int32_t iy = (y * p->strideH) - p->padTop;
  for (int32_t ky = 0; ky < p->kernelH; ky++) {
    const int8_t *row = rv_row(in, iy);
    int8_t *to = patches;
    int32_t first = left;
    for (int32_t i = 0; i < pixels; i++) {
      if (row == NULL) {
        memset(to, p->inputZeroPoint, (size_t)runBytes);
      } else if (gapless && (first >= 0) && (first + reach < in->width)) {
        rv_copy_run(to, row + (origin + ((ptrdiff_t)first * depth)), runBytes);
      } else {
        int8_t *tap = to;
        for (int32_t ix = first; ix <= first + reach; ix += p->dilationW) {
          if ((ix < 0) || (ix >= in->width)) {
            memset(tap, p->inputZeroPoint, (size_t)depth);
          } else {
            rv_copy_run(tap, row + (origin + ((ptrdiff_t)ix * in->pixelPitch)), depth);
          }
          tap += depth;
        }
      }
      to += patchBytes;
      first += p->strideW;
    }
    patches += runBytes;
    iy += p->dilationH;
  }
}

static inline void rv_conv2d(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                             const rv_window *w, int8_t *patches) {
  const rv_output o = {&p->requant, rv_channel_rounder(&p->requant)};
  const int32_t depth = p->inChannels / p->groups;
  const int32_t channels = p->outChannels / p->groups;
  const int32_t taps = p->kernelH * p->kernelW * depth;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    int8_t *to = rv_pixel(out, y, w->x);
    int32_t pixels;
    for (int32_t x = w->x; x < w->x + w->cols; x += pixels) {
      pixels = rv_min(w->x + w->cols - x, 2);
      const RV_WEIGHT *weights = (const RV_WEIGHT *)p->weights;
      int32_t c = 0;
      for (int32_t g = 0; g < p->groups; g++) {
        rv_gather_patches(p, in, y, x, pixels, g * depth, depth, patches);
#if RV_CONV_PATCHES == 2
        if (pixels == 2) {
          rv_conv_patch_pair(&o, p->bias, patches, patches + taps, weights, taps, c, channels,
                             to + c, out->pixelPitch);
        } else
#endif
        {
          for (int32_t i = 0; i < pixels; i++) {
            rv_conv_patch(&o, p->bias, patches + ((ptrdiff_t)i * taps), weights, taps, c, channels,
                          to + c + ((ptrdiff_t)i * out->pixelPitch));
          }
        }
        weights += (ptrdiff_t)channels * taps;
        c += channels;
      }
      to += (ptrdiff_t)pixels * out->pixelPitch;
    }
  }
}

#endif /* RV_CONV2D_H */
