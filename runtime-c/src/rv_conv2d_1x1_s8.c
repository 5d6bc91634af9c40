/** @file rv_conv2d_1x1_s8.c Pointwise convolution and fully connected layer, plain C. */
#define RV_WEIGHT int8_t
#include "rv_conv_block.h"

/** `pixels` pixels in one run, inStep and outStep bytes apart. */
static void run(const rv_conv_params *p, const rv_output *o, const int8_t *in, ptrdiff_t inStep,
                int8_t *out, ptrdiff_t outStep, int32_t pixels) {
  const int8_t *w = (const int8_t *)p->weights;
#if RV_CONV_PATCHES == 2
  for (; pixels >= 2; pixels -= 2) {
    rv_conv_patch_pair(o, p->bias, in, in + inStep, w, p->inChannels, 0, p->outChannels, out,
                       outStep);
    in += 2 * inStep;
    out += 2 * outStep;
  }
#endif
  for (; pixels > 0; pixels--) {
    rv_conv_patch(o, p->bias, in, w, p->inChannels, 0, p->outChannels, out);
    in += inStep;
    out += outStep;
  }
}

void rv_conv2d_1x1_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                      const rv_window *w, void *scratch) {
  (void)scratch;
  const rv_output o = {&p->requant, rv_channel_rounder(&p->requant)};
  const ptrdiff_t inStep = (ptrdiff_t)p->strideW * in->pixelPitch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from = rv_pixel(in, y * p->strideH, w->x * p->strideW);
    run(p, &o, from, inStep, rv_pixel(out, y, w->x), out->pixelPitch, w->cols);
  }
}
