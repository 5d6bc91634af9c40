/** @file rv_depthwise_conv2d_s8_mve.c Depthwise convolution of any filter, MVE. */
#include <string.h>

#include "rv_depthwise_mve.h"
#include "rv_requantise_mve.h"

/** Bytes of the stream of eight channels. */
static ptrdiff_t group_bytes(const rv_depthwise_mve_params *p, int fast) {
  return (fast ? 64 : 32) + ((ptrdiff_t)16 * RV_DEPTHWISE_GROUP * p->blocks);
}

/** Output rows that are computed together: as many as the slots hold the taps of. */
static int32_t batch_rows(const rv_depthwise_mve_params *p, int32_t kernelRows) {
  return (p->slots >= kernelRows + p->conv.strideH) ? 2 : 1;
}

#if RV_MVE

/** Called from the assembler: requantises two pixels. Accumulators: odd channels, then even ones,
 * each [pixel][4]. */
RV_HOT static void general(void *frame, int8_t *out, int8_t *second) {
  const int32_t *acc = (const int32_t *)frame;
  const rv_depthwise_group *g = (const rv_depthwise_group *)(const void *)(acc + 16);
  const rv_rounder k = rv_channel_rounder(g->requant);
  const int32_t end = g->channel + g->channels;
  for (int32_t pixel = 0; pixel < 2; pixel++) {
    rv_requantise_lanes(g->requant, k, vld1q_s32(acc + 8), g->channel, 2, end, out);
    rv_requantise_lanes(g->requant, k, vld1q_s32(acc), g->channel + 1, 2, end, out + 1);
    acc += 4;
    out = second;
  }
}

/** Code for a pair of pixels. */
static int32_t body_of(const rv_depthwise_mve_params *p, ptrdiff_t second) {
  switch (p->blocks) {
    case 1:
      return (second == 1)
                 ? RV_DW_NEAR1
                 : ((second == 2) ? RV_DW_NEAR2 : ((second == 4) ? RV_DW_NEAR4 : RV_DW_BLOCK1));
    case 2:
      return RV_DW_BLOCK2;
    case 4:
      return RV_DW_BLOCK4;
    default:
      return RV_DW_BLOCKS;
  }
}

/** How pairs walk: in two rows one pixel at a time, in one row two, a single one twice. */
static void set_walks(rv_depthwise_group *g, const rv_depthwise_planes *s, const rv_view *out,
                      const rv_window *w) {
  const ptrdiff_t pixel = s->p->conv.strideW * s->p->slots;
  const ptrdiff_t back = RV_DEPTHWISE_GROUP * s->planePitch;
  const ptrdiff_t pitch = out->pixelPitch;
  const int many = w->cols > 1;
  g->two.second = s->p->conv.strideH;
  g->two.pairStep = pixel - back;
  g->two.delta = 0;
  g->two.outStep = pitch;
  g->two.odd = 0;
  g->two.rowBytes = w->cols * pitch;
  g->two.body = body_of(s->p, g->two.second);
  g->one.second = many ? pixel : 0;
  g->one.pairStep = (2 * g->one.second) - back;
  g->one.delta = many ? pitch : 0;
  g->one.outStep = 2 * g->one.delta;
  g->one.odd = many ? (w->cols & 1) : 0;
  g->one.rowBytes = (w->cols >> 1) * g->one.outStep;
  g->one.body = body_of(s->p, g->one.second);
}

/** All that the groups of a call have in common. */
static void set_rows(rv_depthwise_group *g, const rv_depthwise_planes *s, const rv_view *out,
                     const rv_window *w, int fast) {
  const rv_view *in = s->in;
  const rv_conv_params *conv = &s->p->conv;
  const int32_t n = conv->requant.shift;
  const int32_t stagedRows = ((w->rows - 1) * conv->strideH) + s->kernelRows;
  g->rowPitch = in->rowPitch;
  g->pixelPitch = in->pixelPitch;
  g->left = s->left;
  g->right = s->right;
  g->columns = s->columns;
  g->slots = s->p->slots;
  g->zero = conv->inputZeroPoint;
  g->offsets = s->offsets[0];
  g->top = rv_clamp(-s->first, 0, stagedRows);
  g->rowsInside = rv_clamp(in->height - rv_max(s->first, 0), 0, stagedRows - g->top);
  g->strideH = conv->strideH;
  g->extraRows = s->kernelRows - conv->strideH;
  g->batch = batch_rows(s->p, s->kernelRows);
  g->rows = w->rows;
  g->to = s->planes;
  g->x = s->planes;
  g->planeStep = s->planePitch - (16 * (s->p->blocks - 1));
  g->outRowPitch = out->rowPitch;
  set_walks(g, s, out, w);
  g->blocks = s->p->blocks;
  g->addend = (conv->requant.zeroPoint * ((int32_t)2 << n)) + ((int32_t)1 << n) - 2;
  g->shift = 1 - n;
  g->leftShift = conv->requant.leftShift;
  g->requant = fast ? NULL : &conv->requant;
  g->general = general;
}

static void compute(rv_depthwise_planes *s, const rv_view *out, const rv_window *w, int fast) {
  const rv_view *in = s->in;
  const uint8_t *stream = (const uint8_t *)s->p->conv.weights;
  rv_depthwise_group g;
  set_rows(&g, s, out, w, fast);
  /* Addresses of channel 0. Without pixels inside the image no row is read. */
  const int8_t *row =
      (g.rowsInside > 0 && s->inside > 0) ? rv_pixel(in, s->first + g.top, s->x) : in->data;
  const int8_t *rowWrap = in->data + ((ptrdiff_t)(s->x - in->originX) * in->pixelPitch);
  int8_t *outRow = rv_pixel(out, w->y, w->x);
  int8_t *outWrap = out->data + ((ptrdiff_t)(w->x - out->originX) * out->pixelPitch);
  for (int32_t c = 0; c < s->p->conv.outChannels; c += RV_DEPTHWISE_GROUP) {
    g.channel = c;
    g.channels = rv_min(RV_DEPTHWISE_GROUP, s->p->conv.outChannels - c);
    /* Fewer than eight channels are loaded under a mask, pixel by pixel. */
    g.fours = (g.channels == RV_DEPTHWISE_GROUP) ? (s->inside >> 2) : 0;
    g.rest = s->inside - (4 * g.fours);
    g.row = row + c;
    g.rowWrap = rowWrap + c;
    g.rowEnd = (in->ringRows > 0) ? g.rowWrap + ((ptrdiff_t)in->ringRows * in->rowPitch) : NULL;
    g.out = outRow + c;
    g.outWrap = outWrap + c;
    g.outEnd = (out->ringRows > 0) ? g.outWrap + ((ptrdiff_t)out->ringRows * out->rowPitch) : NULL;
    g.stream = stream;
    rv_depthwise_group_mve(&g);
    stream += group_bytes(s->p, fast);
  }
}

#else

static int32_t read32(const uint8_t *from) {
  int32_t value;
  memcpy(&value, from, 4);
  return value;
}

/** Output row i of the window, of the group whose stream is given. */
static void compute_row(const rv_depthwise_planes *s, const rv_view *out, const rv_window *w,
                        const uint8_t *stream, int fast, int32_t i) {
  const rv_conv_params *conv = &s->p->conv;
  const rv_rounder k = rv_channel_rounder(&conv->requant);
  const int32_t taps = 16 * s->p->blocks;
  const ptrdiff_t half = 16 + (4 * (ptrdiff_t)taps);
  for (int32_t c = 0; c < s->channels; c++) {
    const uint8_t *bias = stream + ((c & 1) * half);
    const int8_t *weights = (const int8_t *)bias + 16 + ((c >> 1) * taps);
    const uint8_t *multiplier = stream + (2 * half) + (16 * (c & 1)) + (4 * (c >> 1));
    for (int32_t j = 0; j < w->cols; j++) {
      const int8_t *x =
          s->planes + s->offsets[0][c] + (i * conv->strideH) + (j * conv->strideW * s->p->slots);
      int32_t acc = read32(bias + (4 * (c >> 1)));
      for (int32_t t = 0; t < taps; t++) {
        acc += (int32_t)x[t] * weights[t];
      }
      rv_pixel(out, w->y + i, w->x + j)[s->channel + c] =
          fast ? rv_requantise_fixed(acc, read32(multiplier), k)
               : rv_requantise_channel(acc, &conv->requant, s->channel + c, k);
    }
  }
}

/** In the batches of the assembler, which stages all rows of a batch before it writes. */
static void compute(rv_depthwise_planes *s, const rv_view *out, const rv_window *w, int fast) {
  const uint8_t *stream = (const uint8_t *)s->p->conv.weights;
  const int32_t batch = batch_rows(s->p, s->kernelRows);
  for (s->channel = 0; s->channel < s->p->conv.outChannels; s->channel += RV_DEPTHWISE_GROUP) {
    s->channels = rv_min(RV_DEPTHWISE_GROUP, s->p->conv.outChannels - s->channel);
    s->staged = 0;
    int32_t rows;
    for (int32_t i = 0; i < w->rows; i += rows) {
      rows = rv_min(batch, w->rows - i);
      rv_depthwise_stage(s, ((i + rows - 1) * s->p->conv.strideH) + s->kernelRows);
      for (int32_t row = i; row < i + rows; row++) {
        compute_row(s, out, w, stream, fast, row);
      }
    }
    stream += group_bytes(s->p, fast);
  }
}

#endif

void rv_depthwise_conv2d_s8_mve(const rv_depthwise_mve_params *p, const rv_view *in,
                                const rv_view *out, const rv_window *w, void *scratch) {
  const rv_channel_requant *r = &p->conv.requant;
  const int fast = (r->rounding == RV_ROUND_FIXED) && (r->multiplier == NULL);
  rv_depthwise_planes s;
  rv_depthwise_planes_init(&s, p, in, w, 1, (int8_t *)scratch);
  compute(&s, out, w, fast);
}
