/**
 * @file rv_conv2d_1x1_dsp.h
 * @brief Body of the 1x1 kernels for the DSP extension: the window's pixels as one list, three at a
 * time.
 */
#ifndef RV_CONV2D_1X1_DSP_H
#define RV_CONV2D_1X1_DSP_H

#include "rv_dsp.h"
#include "rv_kernels_dsp.h"

/** Where the next pixel of the list is. */
typedef struct {
  const rv_conv_params *p;
  const rv_view *in;
  const rv_view *out;
  const rv_window *w;
  const int8_t *from;
  int8_t *to;
  ptrdiff_t fromStep;
  ptrdiff_t toStep;
  int32_t y;
  int32_t left; /**< Pixels left in the row. */
} rv_pixel_list;

static inline void rv_list_row(rv_pixel_list *l, int32_t y) {
  l->y = y;
  l->from = rv_pixel(l->in, y * l->p->strideH, l->w->x * l->p->strideW);
  l->to = rv_pixel(l->out, y, l->w->x);
  l->left = l->w->cols;
}

/** Next `pixels` pixels, over the ends of rows where needed. */
static inline void rv_list_next(rv_pixel_list *l, int32_t pixels, const int8_t **from,
                                int8_t **to) {
  for (int32_t i = 0; i < pixels; i++) {
    if (l->left == 0) {
      rv_list_row(l, l->y + 1);
    }
    from[i] = l->from;
    to[i] = l->to;
    l->from += l->fromStep;
    l->to += l->toStep;
    l->left--;
  }
}

/** Next three pixels, in one row mostly. */
static inline void rv_list_three(rv_pixel_list *l, const int8_t **from, int8_t **to) {
  if (l->left < 3) {
    rv_list_next(l, 3, from, to);
    return;
  }
  from[0] = l->from;
  from[1] = from[0] + l->fromStep;
  from[2] = from[1] + l->fromStep;
  to[0] = l->to;
  to[1] = to[0] + l->toStep;
  to[2] = to[1] + l->toStep;
  l->from = from[2] + l->fromStep;
  l->to = to[2] + l->toStep;
  l->left -= 3;
}

RV_HOT static inline void rv_conv2d_1x1_dsp(const rv_conv_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, int16_t *staged,
                                            const rv_dot_blocks *blocks) {
  rv_pixel_list l = {
      p, in, out, w, NULL, NULL, (ptrdiff_t)p->strideW * in->pixelPitch, out->pixelPitch, 0, 0};
  const int8_t *from[3];
  int8_t *to[3];
  rv_dot_job job;
  rv_dot_begin(&job, blocks, &p->requant, staged, p->inChannels);
  rv_dot_channels(&job, 0, p->outChannels, (const uint32_t *)p->weights);
  rv_list_row(&l, w->y);
  int32_t left = w->rows * w->cols;
  for (; left >= 3; left -= 3) {
    rv_list_three(&l, from, to);
    rv_stage_three(from, staged, p->inChannels);
    rv_dot_three(&job, to);
  }
  for (; left > 0; left--) {
    rv_list_next(&l, 1, from, to);
    rv_stage_one(from, staged, p->inChannels);
    rv_dot_one(&job, to);
  }
}

#endif /* RV_CONV2D_1X1_DSP_H */
