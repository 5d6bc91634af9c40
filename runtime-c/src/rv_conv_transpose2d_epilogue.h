/**
 * @file rv_conv_transpose2d_epilogue.h
 * @brief Private: the body of rv_conv_transpose2d_epilogue_s8 and
 * rv_conv_transpose2d_epilogue_s8w16. The walk of rv_conv_transpose2d.h, phase by phase along a
 * row.
 */
#ifndef RV_CONV_TRANSPOSE2D_EPILOGUE_H
#define RV_CONV_TRANSPOSE2D_EPILOGUE_H

#include "rv_conv_sums.h"
#include "rv_conv_transpose2d.h"

static inline void rv_conv_transpose2d_epilogue(const rv_conv_epilogue_params *params,
                                                const rv_view *in, const rv_view *out,
                                                const rv_window *w, int32_t *sums) {
  const rv_conv_params *p = &params->conv;
  const int32_t depth = p->inChannels / p->groups;
  const int32_t channels = p->outChannels / p->groups;
  int8_t *patch = (int8_t *)(sums + p->outChannels);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const RV_WEIGHT *weights = (const RV_WEIGHT *)p->weights;
    const int32_t phaseY = (y + p->padTop) % p->strideH;
    for (int32_t q = 0; q < phaseY; q++) {
      weights += (ptrdiff_t)rv_phase_taps(q, p->kernelH, p->strideH, p->dilationH).count *
                 p->kernelW * p->outChannels * depth;
    }
    const rv_taps rows = rv_phase_taps(phaseY, p->kernelH, p->strideH, p->dilationH);
    const int32_t *bias = p->bias + ((ptrdiff_t)phaseY * p->strideW * p->outChannels);
    for (int32_t phaseX = 0; phaseX < p->strideW; phaseX++) {
      const rv_taps columns = rv_phase_taps(phaseX, p->kernelW, p->strideW, p->dilationW);
      const int32_t length = rows.count * columns.count * depth;
      const int32_t late = (w->x + p->padLeft - phaseX) % p->strideW;
      for (int32_t x = w->x + ((p->strideW - late) % p->strideW); x < w->x + w->cols;
           x += p->strideW) {
        for (int32_t g = 0; g < p->groups; g++) {
          rv_gather_taps(p, in, rows, columns, y, x, g * depth, depth, patch);
          rv_sum_patch(bias + (g * channels), patch, weights + ((ptrdiff_t)g * channels * length),
                       length, channels, sums + (g * channels));
        }
        rv_epilogue_pixel(&params->epilogue, sums, 0, p->outChannels, y, x, in + 1,
                          rv_pixel(out, y, x));
      }
      weights += (ptrdiff_t)length * p->outChannels;
      bias += p->outChannels;
    }
  }
}

#endif /* RV_CONV_TRANSPOSE2D_EPILOGUE_H */
