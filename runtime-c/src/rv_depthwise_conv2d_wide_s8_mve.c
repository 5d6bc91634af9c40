/** @file rv_depthwise_conv2d_wide_s8_mve.c Depthwise convolution of wide images, MVE: eight outputs
 * of a channel at once. */
#include <string.h>

#include "rv_depthwise_mve.h"
#include "rv_requantise.h"

#if RV_MVE
#include <arm_mve.h>
#endif

/** Rows of a block (as a power of two) when `left` are still to be computed. */
static int32_t log2_rows(int32_t kernel, int32_t left) {
  switch (kernel) {
    case RV_DW_3S1:
      return (left >= 3) ? 2 : left - 1;
    case RV_DW_5S2:
      return 0;
    case RV_DW_7S2:
      return 1;
    default:
      return (left >= 2) ? 1 : 0;
  }
}

#if RV_MVE

/** Lanes of a block: its shape, and which of its outputs exist. */
static void set_block(rv_depthwise_rows *a, const rv_view *out, int32_t log2Rows, int32_t rows,
                      int32_t cols) {
  static const uint16_t outputs[8] = {0, 4, 1, 5, 2, 6, 3, 7};
  const uint16x8_t output = vld1q_u16(outputs);
  const uint16x8_t column = vshlq_r_u16(output, -log2Rows);
  const uint16x8_t row = vandq_u16(output, vdupq_n_u16((uint16_t)((1 << log2Rows) - 1)));
  vst1q_u16(a->offsets, vmlaq_n_u16(vmulq_n_u16(column, (uint16_t)out->pixelPitch), row,
                                    (uint16_t)out->rowPitch));
  const int32_t log2Cols = 3 - log2Rows;
  a->outStep = out->pixelPitch * (1 << log2Cols);
  a->full = cols >> log2Cols;
  a->partial = (cols & ((1 << log2Cols) - 1)) << log2Rows;
  a->fullMask = vcmphiq_u16(vdupq_n_u16((uint16_t)rows), row);
  a->partialMask = a->fullMask & vcmphiq_u16(vdupq_n_u16((uint16_t)a->partial), output);
}

/** The rows of one group. */
static void compute(rv_depthwise_planes *s, const rv_view *out, const rv_window *w) {
  const rv_conv_params *conv = &s->p->conv;
  const int32_t n = conv->requant.shift;
  const ptrdiff_t channelBytes = (16 * s->p->blocks) + 8;
  rv_depthwise_rows a;
  int32_t shape = -1;
  a.planePitch = s->planePitch;
  a.addend = (conv->requant.zeroPoint * ((int32_t)2 << n)) + ((int32_t)1 << n) - 2;
  a.shift = 1 - n;
  a.leftScale = (int32_t)1 << conv->requant.leftShift;
  a.blocks = s->p->blocks;
  a.stream = (const uint8_t *)conv->weights + s->channel * channelBytes;
  a.end = a.stream + s->channels * channelBytes;
  int32_t rows;
  for (int32_t i = 0; i < w->rows; i += rows) {
    rows = w->rows - i;
    if (out->ringRows > 0) {
      rows = rv_min(rows, out->ringRows - ((w->y + i) % out->ringRows));
    }
    int32_t log2Rows = log2_rows(s->p->kernel, rows);
    if (((1 << log2Rows) - 1) * out->rowPitch + 7 * out->pixelPitch > 65535) {
      log2Rows = (s->p->kernel == RV_DW_7S2) ? 1 : 0;
      rows = 1;
    }
    rows = rv_min(rows, 1 << log2Rows);
    rv_depthwise_stage(s, ((i + rows - 1) * conv->strideH) + conv->kernelH);
    if (shape != (8 * log2Rows) + rows) {
      shape = (8 * log2Rows) + rows;
      set_block(&a, out, log2Rows, rows, w->cols);
      a.body = RV_DEPTHWISE_BODY(s->p->kernel, log2Rows);
    }
    a.x = s->planes + (i * conv->strideH);
    a.out = rv_pixel(out, w->y + i, w->x) + s->channel;
    rv_depthwise_rows_mve(&a);
  }
}

#else

static int32_t read32(const uint8_t *from) {
  int32_t value;
  memcpy(&value, from, 4);
  return value;
}

/** Output row i of the window. */
static void compute_row(const rv_depthwise_planes *s, const rv_view *out, const rv_window *w,
                        int32_t i) {
  const rv_conv_params *conv = &s->p->conv;
  const uint32_t leftScale = (uint32_t)1 << conv->requant.leftShift;
  const int32_t taps = 16 * s->p->blocks;
  rv_rounder k = rv_channel_rounder(&conv->requant);
  k.leftScale = 1;
  for (int32_t c = 0; c < s->channels; c++) {
    const uint8_t *stream =
        (const uint8_t *)conv->weights + ((ptrdiff_t)(s->channel + c) * (taps + 8));
    for (int32_t j = 0; j < w->cols; j++) {
      const int8_t *x =
          s->planes + s->offsets[0][c] + (i * conv->strideH) + (j * conv->strideW * s->p->slots);
      int32_t sum = 0;
      for (int32_t t = 0; t < taps; t++) {
        sum += (int32_t)x[t] * (int8_t)stream[t];
      }
      const uint32_t acc = ((uint32_t)sum * leftScale) + (uint32_t)read32(stream + taps);
      rv_pixel(out, w->y + i, w->x + j)[s->channel + c] =
          rv_requantise_fixed((int32_t)acc, read32(stream + taps + 4), k);
    }
  }
}

/** In the batches of the assembler, which stages all rows of a batch before it writes. */
static void compute(rv_depthwise_planes *s, const rv_view *out, const rv_window *w) {
  int32_t rows;
  for (int32_t i = 0; i < w->rows; i += rows) {
    const int32_t left = w->rows - i;
    rows = rv_min(left, 1 << log2_rows(s->p->kernel, left));
    rv_depthwise_stage(s, ((i + rows - 1) * s->p->conv.strideH) + s->p->conv.kernelH);
    for (int32_t row = i; row < i + rows; row++) {
      compute_row(s, out, w, row);
    }
  }
}

#endif

void rv_depthwise_conv2d_wide_s8_mve(const rv_depthwise_mve_params *p, const rv_view *in,
                                     const rv_view *out, const rv_window *w, void *scratch) {
  rv_depthwise_planes s;
  rv_depthwise_planes_init(&s, p, in, w, 0, (int8_t *)scratch);
  for (s.channel = 0; s.channel < p->conv.outChannels; s.channel += RV_DEPTHWISE_GROUP) {
    s.channels = rv_min(RV_DEPTHWISE_GROUP, p->conv.outChannels - s.channel);
    s.staged = 0;
    compute(&s, out, w);
  }
}
