/** @file rv_conv2d_1x1_partial_s8.c Pointwise convolution in slices of input channels, plain C. */
#define RV_WEIGHT int8_t
#define RV_CONV_ADDS 1
#include "rv_conv_block.h"

/*
 * The sums stand in the order in which they are made: pixel pair by pixel pair (single pixels on
 * their own), and of a pair for every four channels four of the first pixel and four of the second.
 * The channels that remain are held like four.
 */

/** Sums of four channels of one pixel begin with the first slice. */
static inline void begin(const rv_conv_partial_params *p, int32_t *acc) {
  if (p->first != 0) {
    acc[0] = 0;
    acc[1] = 0;
    acc[2] = 0;
    acc[3] = 0;
  }
}

/** One pixel; returns the end of its sums. */
static int32_t *add_one(const rv_conv_partial_params *p, const rv_output *o, const int8_t *in,
                        int8_t *out, int32_t *acc) {
  const int32_t depth = p->conv.inChannels;
  const int8_t *w = (const int8_t *)p->conv.weights;
  int32_t c = 0;
  for (; c + 4 <= p->conv.outChannels; c += 4) {
    begin(p, acc);
    rv_dot_1x4(in, w, depth, p->conv.bias + c, acc);
    if (p->last != 0) {
      rv_store(o, acc, c, 4, out + c, 0, 0);
    }
    w += 4 * (ptrdiff_t)depth;
    acc += 4;
  }
  const int32_t rest = p->conv.outChannels - c;
  if (rest == 0) {
    return acc;
  }
  begin(p, acc);
  for (int32_t i = 0; i < rest; i++) {
    acc[i] = rv_dot_1x1(in, w, depth, p->conv.bias[c + i] + acc[i]);
    w += depth;
  }
  if (p->last != 0) {
    rv_store(o, acc, c, rest, out + c, 0, 0);
  }
  return acc + 4;
}

#if RV_CONV_PATCHES == 2
/** As add_one, for two pixels inStep and outStep bytes apart. */
static int32_t *add_two(const rv_conv_partial_params *p, const rv_output *o, const int8_t *in,
                        ptrdiff_t inStep, int8_t *out, ptrdiff_t outStep, int32_t *acc) {
  const int32_t depth = p->conv.inChannels;
  const int8_t *w = (const int8_t *)p->conv.weights;
  int32_t c = 0;
  for (; c + 4 <= p->conv.outChannels; c += 4) {
    begin(p, acc);
    begin(p, acc + 4);
    rv_dot_2x4(in, in + inStep, w, depth, p->conv.bias + c, acc);
    if (p->last != 0) {
      rv_store(o, acc, c, 4, out + c, outStep, 1);
    }
    w += 4 * (ptrdiff_t)depth;
    acc += 8;
  }
  const int32_t rest = p->conv.outChannels - c;
  if (rest == 0) {
    return acc;
  }
  begin(p, acc);
  begin(p, acc + 4);
  for (int32_t i = 0; i < rest; i++) {
    acc[i] = rv_dot_1x1(in, w, depth, p->conv.bias[c + i] + acc[i]);
    acc[4 + i] = rv_dot_1x1(in + inStep, w, depth, p->conv.bias[c + i] + acc[4 + i]);
    w += depth;
  }
  if (p->last != 0) {
    rv_store(o, acc, c, rest, out + c, outStep, 1);
  }
  return acc + 8;
}
#endif

void rv_conv2d_1x1_partial_s8(const rv_conv_partial_params *p, const rv_view *in,
                              const rv_view *out, const rv_window *w, void *scratch) {
  const rv_output o = {&p->conv.requant, rv_channel_rounder(&p->conv.requant)};
  const ptrdiff_t inStep = (ptrdiff_t)p->conv.strideW * in->pixelPitch;
  int32_t *acc = (int32_t *)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from = rv_pixel(in, y * p->conv.strideH, w->x * p->conv.strideW);
    int8_t *to = rv_pixel(out, y, w->x);
    int32_t pixels = w->cols;
#if RV_CONV_PATCHES == 2
    for (; pixels >= 2; pixels -= 2) {
      acc = add_two(p, &o, from, inStep, to, out->pixelPitch, acc);
      from += 2 * inStep;
      to += 2 * (ptrdiff_t)out->pixelPitch;
    }
#endif
    for (; pixels > 0; pixels--) {
      acc = add_one(p, &o, from, to, acc);
      from += inStep;
      to += out->pixelPitch;
    }
  }
}
