/**
 * @file rv_conv2d_1x1_slice_dsp.h
 * @brief Body of the 1x1 kernels for the DSP extension that compute one slice of the input
 * channels: `scratch` has the sums of the window, behind them the staged pixels.
 */
#ifndef RV_CONV2D_1X1_SLICE_DSP_H
#define RV_CONV2D_1X1_SLICE_DSP_H

#include "rv_conv2d_1x1_dsp.h"

RV_HOT static inline void rv_conv2d_1x1_slice_dsp(const rv_conv_partial_params *p,
                                                  const rv_view *in, const rv_view *out,
                                                  const rv_window *w, void *scratch,
                                                  const rv_dot_blocks *blocks) {
  const rv_conv_params *conv = &p->conv;
  rv_pixel_list l = {
      conv, in, out, w, NULL, NULL, (ptrdiff_t)conv->strideW * in->pixelPitch, out->pixelPitch,
      0,    0};
  const int8_t *from[3];
  int8_t *to[3];
  rv_dot_job job;
  int32_t left = w->rows * w->cols;
  int32_t *sums = (int32_t *)scratch;
  int16_t *staged = (int16_t *)(sums + ((ptrdiff_t)2 * left * ((conv->outChannels + 1) / 2)));
  rv_dot_begin(&job, blocks, &conv->requant, staged, conv->inChannels);
  rv_dot_channels(&job, 0, conv->outChannels, (const uint32_t *)conv->weights);
  rv_dot_begin_slice(&job, p->first, p->last, sums);
  rv_list_row(&l, w->y);
  for (; left >= 3; left -= 3) {
    rv_list_three(&l, from, to);
    rv_stage_three(from, staged, conv->inChannels);
    if (p->last != 0) {
      rv_dot_three(&job, to);
    } else {
      sums = rv_dot_keep(&job, 3, sums);
    }
  }
  for (; left > 0; left--) {
    rv_list_next(&l, 1, from, to);
    rv_stage_one(from, staged, conv->inChannels);
    if (p->last != 0) {
      rv_dot_one(&job, to);
    } else {
      sums = rv_dot_keep(&job, 1, sums);
    }
  }
}

#endif /* RV_CONV2D_1X1_SLICE_DSP_H */
