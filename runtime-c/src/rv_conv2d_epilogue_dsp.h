/**
 * @file rv_conv2d_epilogue_dsp.h
 * @brief Body of the convolutions with an epilogue for the DSP extension: three pixels at a time as
 * rv_conv2d_dsp.h, but their sums stay in memory (rv_dot_keep), a group of channels after the
 * other.
 */
#ifndef RV_CONV2D_EPILOGUE_DSP_H
#define RV_CONV2D_EPILOGUE_DSP_H

#include "rv_conv2d_dsp.h"
#include "rv_kernels_epilogue.h"

/** The next `pixels` pixels of the list. */
static inline void rv_fields_next(rv_field_list *l, const rv_conv_params *p, const rv_view *out,
                                  const rv_window *w, int32_t pixels, rv_field *at) {
  for (int32_t i = 0; i < pixels; i++) {
    if (l->left == 0) {
      rv_field_row(l, p, out, w, l->y + 1);
    }
    at[i] = l->at;
    l->at.x += p->strideW;
    l->left--;
  }
}

RV_HOT static inline void rv_conv2d_epilogue_dsp(const rv_conv_epilogue_params *params,
                                                 const rv_view *in, const rv_view *out,
                                                 const rv_window *w, void *scratch,
                                                 const rv_dot_blocks *blocks) {
  const rv_conv_params *p = &params->conv;
  const int32_t channels = p->outChannels / p->groups;
  const int32_t pairs = (channels + 1) / 2;
  const int32_t total = w->rows * w->cols;
  const int32_t most = (total >= 3) ? 3 : 1;
  int32_t *sums = (int32_t *)scratch;
  int32_t *line = sums + ((ptrdiff_t)2 * most * pairs);
  int16_t *staged = (int16_t *)(line + ((ptrdiff_t)2 * pairs));
  rv_fields f;
  f.p = p;
  f.in = in;
  f.depth = p->inChannels / p->groups;
  f.inputs = p->kernelH * p->kernelW * f.depth;
  f.span = ((p->kernelW - 1) * p->dilationW) + 1;
  f.denseRows = (p->dilationW == 1) && (f.depth == in->pixelPitch);
  const int32_t staging = 4 * ((f.inputs + 3) / 4); /* int16 of one field */
  f.spare = (int8_t *)(staged + (most * staging));
  const int32_t spareBytes = ((total >= 3) && ((f.depth & 3) == 0)) ? f.depth : staging;
  memset(f.spare, p->inputZeroPoint, (size_t)spareBytes);
  rv_dot_job job;
  rv_dot_begin(&job, blocks, &p->requant, staged, f.inputs);
  rv_dot_begin_slice(&job, 1, 0, sums);
  const int32_t groupWords = pairs * job.pairWords;
  rv_field_list l;
  rv_field_row(&l, p, out, w, w->y);
  int32_t pixels;
  for (int32_t done = 0; done < total; done += pixels) {
    pixels = (total - done >= 3) ? 3 : 1;
    rv_field at[3];
    rv_fields_next(&l, p, out, w, pixels, at);
    if (pixels == 1) {
      f.spare = (int8_t *)(staged + staging);
    }
    const uint32_t *weights = (const uint32_t *)p->weights;
    for (int32_t g = 0; g < p->groups; g++) {
      rv_dot_channels(&job, g * channels, channels, weights);
      weights += groupWords;
      if (pixels == 1) {
        rv_stage_field(&f, at[0], g * f.depth, staged, 1);
      } else if ((f.depth & 3) == 0) {
        rv_stage_three_fields(&f, at, g * f.depth, staged);
      } else {
        for (int32_t i = 0; i < 3; i++) {
          rv_stage_field(&f, at[i], g * f.depth, staged + (2 * i), 3);
        }
      }
      (void)rv_dot_keep(&job, pixels, sums);
      for (int32_t i = 0; i < pixels; i++) {
        const int32_t *from = sums + (2 * i);
        for (int32_t k = 0; k < pairs; k++) {
          line[2 * k] = from[0];
          line[(2 * k) + 1] = from[1];
          from += 2 * pixels;
        }
        const int32_t y = w->y + ((done + i) / w->cols);
        const int32_t x = w->x + ((done + i) % w->cols);
        rv_epilogue_pixel(&params->epilogue, line, g * channels, channels, y, x, in + 1,
                          rv_pixel(out, y, x));
      }
    }
  }
}

#endif /* RV_CONV2D_EPILOGUE_DSP_H */
