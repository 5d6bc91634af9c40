/** @file rv_conv2d_1x1_s8_mve.c Pointwise convolution and fully connected layer, MVE. */
#include "rv_dot_mve.h"
#include "rv_kernels_mve.h"

/** True where `rows` rows from y on follow one another without a gap, `bytes` each. */
static int dense(const rv_view *v, int32_t y, int32_t rows, int32_t bytes) {
  return (rows == 1) || ((v->rowPitch == bytes) &&
                         ((v->ringRows == 0) || ((y % v->ringRows) + rows <= v->ringRows)));
}

/** A run over `count` pixels that lie inStep and outStep bytes apart. */
static void line(rv_dot_run *run, const int8_t *in, int8_t *out, ptrdiff_t inStep,
                 ptrdiff_t outStep, int32_t count) {
  run->in[0] = in;
  run->in[1] = in + inStep;
  run->out[0] = out;
  run->out[1] = out + outStep;
  run->inStep = 2 * inStep;
  run->outStep = (2 * outStep) - run->advance;
  run->pairs = count / 2;
  run->single = count % 2;
  rv_dot_s8_mve(run);
}

void rv_conv2d_1x1_s8_mve(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                          const rv_window *w, void *scratch) {
  (void)scratch;
  rv_dot_run run;
  const ptrdiff_t inStep = (ptrdiff_t)p->strideW * in->pixelPitch;
  const ptrdiff_t outStep = out->pixelPitch;
  (void)rv_dot_prepare(&run, (const uint8_t *)p->weights, p->inChannels, 0, p->outChannels,
                       &p->requant);
  int32_t y = w->y;
  if ((p->strideH == 1) && (p->strideW == 1) && dense(in, y, w->rows, w->cols * in->pixelPitch) &&
      dense(out, y, w->rows, w->cols * out->pixelPitch)) {
    line(&run, rv_pixel(in, y, w->x), rv_pixel(out, y, w->x), inStep, outStep, w->rows * w->cols);
    return;
  }
  /* Pairs of pixels one above the other, so that an odd width costs nothing. */
  for (; y + 1 < w->y + w->rows; y += 2) {
    run.in[0] = rv_pixel(in, y * p->strideH, w->x * p->strideW);
    run.in[1] = rv_pixel(in, (y + 1) * p->strideH, w->x * p->strideW);
    run.out[0] = rv_pixel(out, y, w->x);
    run.out[1] = rv_pixel(out, y + 1, w->x);
    run.inStep = inStep;
    run.outStep = outStep - run.advance;
    run.pairs = w->cols;
    run.single = 0;
    rv_dot_s8_mve(&run);
  }
  if (y < w->y + w->rows) {
    line(&run, rv_pixel(in, y * p->strideH, w->x * p->strideW), rv_pixel(out, y, w->x), inStep,
         outStep, w->cols);
  }
}
