/**
 * @file rv_conv2d_epilogue.h
 * @brief Private: the body of rv_conv2d_epilogue_s8 and rv_conv2d_epilogue_s8w16, which differ in
 * RV_WEIGHT and in name. As rv_conv2d.h, with the sums of one or two pixels kept until all of their
 * channels are complete.
 */
#ifndef RV_CONV2D_EPILOGUE_H
#define RV_CONV2D_EPILOGUE_H

#include "rv_conv2d.h"
#include "rv_conv_sums.h"

static inline void rv_conv2d_epilogue(const rv_conv_epilogue_params *params, const rv_view *in,
                                      const rv_view *out, const rv_window *w, int32_t *sums) {
  const rv_conv_params *p = &params->conv;
  const int32_t depth = p->inChannels / p->groups;
  const int32_t channels = p->outChannels / p->groups;
  const int32_t taps = p->kernelH * p->kernelW * depth;
  int32_t *second = sums + p->outChannels;
  int8_t *patches = (int8_t *)(sums + ((ptrdiff_t)p->outChannels * rv_min(w->cols, 2)));
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    int32_t pixels;
    for (int32_t x = w->x; x < w->x + w->cols; x += pixels) {
      pixels = rv_min(w->x + w->cols - x, 2);
      const RV_WEIGHT *weights = (const RV_WEIGHT *)p->weights;
      for (int32_t c = 0; c < p->outChannels; c += channels) {
        rv_gather_patches(p, in, y, x, pixels, (c / channels) * depth, depth, patches);
#if RV_CONV_PATCHES == 2
        if (pixels == 2) {
          rv_sum_patch_pair(p->bias + c, patches, patches + taps, weights, taps, channels, sums + c,
                            second + c);
        } else
#endif
        {
          for (int32_t i = 0; i < pixels; i++) {
            rv_sum_patch(p->bias + c, patches + ((ptrdiff_t)i * taps), weights, taps, channels,
                         ((i == 0) ? sums : second) + c);
          }
        }
        weights += (ptrdiff_t)channels * taps;
      }
      for (int32_t i = 0; i < pixels; i++) {
        rv_epilogue_pixel(&params->epilogue, (i == 0) ? sums : second, 0, p->outChannels, y, x + i,
                          in + 1, rv_pixel(out, y, x + i));
      }
    }
  }
}

#endif /* RV_CONV2D_EPILOGUE_H */
