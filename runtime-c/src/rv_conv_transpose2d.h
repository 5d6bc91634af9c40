/**
 * @file rv_conv_transpose2d.h
 * @brief Private: the body of rv_conv_transpose2d_s8 and rv_conv_transpose2d_s8w16.
 *
 * The taps that reach output pixel (y, x) depend on its phase alone,
 *   phaseY = (y + padTop) % strideH, phaseX = (x + padLeft) % strideW,
 * so weights and biases are packed phase by phase, and a pixel is a small convolution over the taps
 * of its phase:
 *   weights  [phaseY][phaseX][groups][channel blocks as in rv_conv_block.h], depth = taps of the
 *            phase (ky, then kx) times input channels of the group
 *   bias     [phaseY][phaseX][outChannels], with what the taps of the other phases add (they read
 *            the zero point)
 */
#ifndef RV_CONV_TRANSPOSE2D_H
#define RV_CONV_TRANSPOSE2D_H

#include "rv_conv_block.h"
#include "rv_copy_run.h"

/**
 * The `count` taps first, first + step, ... of one axis: (phase - k * dilation) % stride == 0.
 */
typedef struct {
  int32_t first;
  int32_t step;
  int32_t count;
} rv_taps;

static inline rv_taps rv_phase_taps(int32_t phase, int32_t kernel, int32_t stride,
                                    int32_t dilation) {
  rv_taps taps = {0, 1, 0};
  for (int32_t k = 0; k < kernel; k++) {
    if (((phase - (k * dilation)) % stride) == 0) {
      if (taps.count == 0) {
        taps.first = k;
      } else if (taps.count == 1) {
        taps.step = k - taps.first;
      }
      taps.count++;
    }
  }
  return taps;
}

/**
 * Input values that output pixel (y, x) reads, `depth` channels from `channel` on of each tap;
 * padding outside.
 */
static inline void rv_gather_taps(const rv_conv_params *p, const rv_view *in, rv_taps rows,
                                  rv_taps columns, int32_t y, int32_t x, int32_t channel,
                                  int32_t depth, int8_t *patch) {
  for (int32_t i = 0; i < rows.count; i++) {
    const int32_t iy =
        (y + p->padTop - ((rows.first + (i * rows.step)) * p->dilationH)) / p->strideH;
    for (int32_t j = 0; j < columns.count; j++) {
      const int32_t ix =
          (x + p->padLeft - ((columns.first + (j * columns.step)) * p->dilationW)) / p->strideW;
      if ((iy < 0) || (iy >= in->height) || (ix < 0) || (ix >= in->width)) {
        memset(patch, p->inputZeroPoint, (size_t)depth);
      } else {
        rv_copy_run(patch, rv_pixel(in, iy, ix) + channel, depth);
      }
      patch += depth;
    }
  }
}

static inline void rv_conv_transpose2d(const rv_conv_params *p, const rv_view *in,
                                       const rv_view *out, const rv_window *w, int8_t *patch) {
  const rv_output o = {&p->requant, rv_channel_rounder(&p->requant)};
  const int32_t depth = p->inChannels / p->groups;
  const int32_t channels = p->outChannels / p->groups;
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
          rv_conv_patch(&o, bias, patch, weights + ((ptrdiff_t)g * channels * length), length,
                        g * channels, channels, rv_pixel(out, y, x) + (g * channels));
        }
      }
      weights += (ptrdiff_t)length * p->outChannels;
      bias += p->outChannels;
    }
  }
}

#endif /* RV_CONV_TRANSPOSE2D_H */
