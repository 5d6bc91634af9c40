/**
 * @file rv_depthwise_conv2d_s8.c
 * @brief Depthwise convolution of any geometry and channel multiplier, plain C.
 *
 * Four input channels at a time: their rows are staged, padding included, in a ring of rows [x][4] in the scratch
 * buffer, so that no tap is tested for being inside the image and an output row may be written over input rows that
 * are staged already (in place over a whole plane).
 */
#include <string.h>

#include "rv_kernels.h"
#include "rv_requantise.h"

enum { GROUP = 4 };

/** The staged rows of one channel group. */
typedef struct {
  int8_t *rows;
  int32_t rowBytes;
  int32_t ringRows; /**< (kernelH - 1) * dilationH + 1 */
  int32_t left;     /**< Input column staged first; may be negative. */
  int32_t columns;
} staging;

/** Stages input row y (padding outside the image), channels [channel, channel + n). */
static void stage_row(const rv_conv_params *p, const rv_view *in, const staging *s, int32_t slot, int32_t y,
                      int32_t channel, int32_t n) {
  int8_t *to = s->rows + (ptrdiff_t)slot * s->rowBytes;
  const int8_t *row = rv_row(in, y);
  if (row == NULL) {
    memset(to, p->inputZeroPoint, (size_t)s->rowBytes);
    return;
  }
  const int32_t before = rv_clamp(-s->left, 0, s->columns);
  const int32_t inside = rv_clamp(in->width - s->left, before, s->columns);
  const int32_t pitch = in->pixelPitch;
  memset(to, p->inputZeroPoint, (size_t)before * GROUP);
  memset(to + (ptrdiff_t)inside * GROUP, p->inputZeroPoint, (size_t)(s->columns - inside) * GROUP);
  to += (ptrdiff_t)before * GROUP;
  const int8_t *from = row + ((ptrdiff_t)(s->left + before - in->originX) * pitch) + channel;
  if (n == GROUP) {
    for (int32_t i = before; i < inside; i++) {
      memcpy(to, from, GROUP);
      to += GROUP;
      from += pitch;
    }
  } else {
    for (int32_t i = before; i < inside; i++) {
      for (int32_t c = 0; c < n; c++) {
        to[c] = from[c];
      }
      to += GROUP;
      from += pitch;
    }
  }
}

/** One output row of one channel. */
typedef struct {
  const int8_t *rows; /**< Slot 0 of the ring, at the channel. */
  const int8_t *weights;
  int8_t *out;
  int32_t rowBytes;
  int32_t ringRows;
  int32_t firstSlot; /**< Slot of the row that ky = 0 reads. */
  int32_t kernelH;
  int32_t dilationH;
  int32_t cols;
  int32_t outPitch;
  int32_t bias;
  int32_t channel;
} row_job;

/** Roundings that few nodes need, kept out of line. */
RV_NOINLINE static void store_rounded(const rv_channel_requant *r, const row_job *j, const int32_t *acc, int32_t n,
                                      int8_t *out) {
  const rv_rounder k = rv_channel_rounder(r);
  for (int32_t i = 0; i < n; i++) {
    *out = rv_requantise_channel(acc[i], r, j->channel, k);
    out += j->outPitch;
  }
}

/** Requantises n neighbouring outputs of one channel. */
static inline void store(const rv_channel_requant *r, rv_rounder k, const row_job *j, const int32_t *acc, int32_t n,
                         int8_t *out) {
  if (r->rounding == RV_ROUND_FIXED) {
    const int32_t multiplier = r->multiplier[j->channel];
    for (int32_t i = 0; i < n; i++) {
      *out = rv_requantise_fixed(acc[i], multiplier, k);
      out += j->outPitch;
    }
  } else {
    store_rounded(r, j, acc, n, out);
  }
}

/** acc[i] += the taps of output i of n, bytes `at` into the staged rows. Unrolled where n and kernelW are constants. */
static inline void add_taps(const row_job *j, ptrdiff_t at, int32_t n, int32_t kernelW, int32_t tapStep,
                            int32_t outputStep, int32_t *acc) {
  const int8_t *weights = j->weights;
  int32_t slot = j->firstSlot;
  for (int32_t ky = 0; ky < j->kernelH; ky++) {
    const int8_t *x = j->rows + ((ptrdiff_t)slot * j->rowBytes) + at;
    for (int32_t kx = 0; kx < kernelW; kx++) {
      const int32_t weight = *weights++;
      for (int32_t i = 0; i < n; i++) {
        acc[i] += weight * x[i * outputStep];
      }
      x += tapStep;
    }
    slot += j->dilationH;
    slot -= (slot >= j->ringRows) ? j->ringRows : 0;
  }
}

/** A whole row, four outputs at a time so that a weight is loaded once for them. */
static inline void output_row(const rv_channel_requant *r, rv_rounder k, const row_job *j, int32_t kernelW,
                              int32_t tapStep, int32_t outputStep) {
  int8_t *out = j->out;
  ptrdiff_t at = 0;
  int32_t x = 0;
  for (; x + 4 <= j->cols; x += 4) {
    int32_t acc[4] = {j->bias, j->bias, j->bias, j->bias};
    add_taps(j, at, 4, kernelW, tapStep, outputStep, acc);
    store(r, k, j, acc, 4, out);
    out += 4 * (ptrdiff_t)j->outPitch;
    at += 4 * (ptrdiff_t)outputStep;
  }
  for (; x < j->cols; x++) {
    int32_t acc = j->bias;
    add_taps(j, at, 1, kernelW, tapStep, outputStep, &acc);
    store(r, k, j, &acc, 1, out);
    out += j->outPitch;
    at += outputStep;
  }
}

/** 3x3: the three rows' addresses are known before the loop over x. */
static inline void output_row_3x3(const rv_channel_requant *r, rv_rounder k, const row_job *j, int32_t outputStep) {
  const int8_t *weights = j->weights;
  const int32_t second = (j->firstSlot + 1 == j->ringRows) ? 0 : j->firstSlot + 1;
  const int32_t third = (second + 1 == j->ringRows) ? 0 : second + 1;
  const int8_t *x0 = j->rows + ((ptrdiff_t)j->firstSlot * j->rowBytes);
  const int8_t *x1 = j->rows + ((ptrdiff_t)second * j->rowBytes);
  const int8_t *x2 = j->rows + ((ptrdiff_t)third * j->rowBytes);
  int8_t *out = j->out;
  int32_t left = j->cols;
#define TAPS(x, w, i)                                                                         \
  ((weights[w] * (x)[(i)*outputStep]) + (weights[(w) + 1] * (x)[((i)*outputStep) + GROUP]) + \
   (weights[(w) + 2] * (x)[((i)*outputStep) + (2 * GROUP)]))
  while (left > 0) {
    const int32_t n = (left >= 4) ? 4 : 1;
    int32_t acc[4] = {j->bias, j->bias, j->bias, j->bias};
    if (n == 4) {
      for (int32_t i = 0; i < 4; i++) {
        acc[i] += TAPS(x0, 0, i);
      }
      for (int32_t i = 0; i < 4; i++) {
        acc[i] += TAPS(x1, 3, i);
      }
      for (int32_t i = 0; i < 4; i++) {
        acc[i] += TAPS(x2, 6, i);
      }
    } else {
      acc[0] += TAPS(x0, 0, 0) + TAPS(x1, 3, 0) + TAPS(x2, 6, 0);
    }
    store(r, k, j, acc, n, out);
    x0 += n * outputStep;
    x1 += n * outputStep;
    x2 += n * outputStep;
    out += (ptrdiff_t)n * j->outPitch;
    left -= n;
  }
#undef TAPS
}

/** Picks the unrolled form of the common kernels. */
static void compute_row(const rv_conv_params *p, rv_rounder k, const row_job *j) {
  const rv_channel_requant *r = &p->requant;
  const int near = (p->dilationW == 1) && (p->dilationH == 1);
  if (near && (p->kernelW == 3) && (p->kernelH == 3) && (p->strideW == 1)) {
    output_row_3x3(r, k, j, GROUP);
  } else if (near && (p->kernelW == 3) && (p->kernelH == 3) && (p->strideW == 2)) {
    output_row_3x3(r, k, j, 2 * GROUP);
  } else if (near && (p->kernelW == 5) && (p->strideW == 1)) {
    output_row(r, k, j, 5, GROUP, GROUP);
  } else if (near && (p->kernelW == 7) && (p->strideW == 1)) {
    output_row(r, k, j, 7, GROUP, GROUP);
  } else {
    output_row(r, k, j, p->kernelW, p->dilationW * GROUP, p->strideW * GROUP);
  }
}

void rv_depthwise_conv2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                            void *scratch) {
  const rv_rounder k = rv_channel_rounder(&p->requant);
  const int32_t multiple = p->outChannels / p->inChannels;
  const int32_t taps = p->kernelH * p->kernelW;
  staging s;
  s.rows = (int8_t *)scratch;
  s.left = (w->x * p->strideW) - p->padLeft;
  s.columns = ((w->cols - 1) * p->strideW) + ((p->kernelW - 1) * p->dilationW) + 1;
  s.rowBytes = s.columns * GROUP;
  s.ringRows = ((p->kernelH - 1) * p->dilationH) + 1;
  row_job j;
  j.rowBytes = s.rowBytes;
  j.ringRows = s.ringRows;
  j.kernelH = p->kernelH;
  j.dilationH = p->dilationH;
  j.cols = w->cols;
  j.outPitch = out->pixelPitch;
  for (int32_t group = 0; group < p->inChannels; group += GROUP) {
    const int32_t n = rv_min(p->inChannels - group, GROUP);
    int32_t slot = 0; /* of the row staged next */
    int32_t staged = (w->y * p->strideH) - p->padTop; /* rows below this one are staged */
    for (int32_t y = w->y; y < w->y + w->rows; y++) {
      const int32_t first = (y * p->strideH) - p->padTop;
      /* A stride beyond the kernel skips rows. */
      staged = rv_max(staged, first);
      for (; staged < first + s.ringRows; staged++) {
        stage_row(p, in, &s, slot, staged, group, n);
        slot = (slot + 1 == s.ringRows) ? 0 : slot + 1;
      }
      j.firstSlot = slot;
      int8_t *to = rv_pixel(out, y, w->x);
      for (int32_t c = 0; c < n; c++) {
        for (int32_t m = 0; m < multiple; m++) {
          j.channel = ((group + c) * multiple) + m;
          j.rows = s.rows + c;
          j.weights = (const int8_t *)p->weights + ((ptrdiff_t)j.channel * taps);
          j.bias = p->bias[j.channel];
          j.out = to + j.channel;
          compute_row(p, k, &j);
        }
      }
    }
  }
}
