/**
 * @file rv_depthwise_conv2d_s8.c
 * @brief Depthwise convolution of any geometry and channel multiplier, plain C.
 *
 * Four input channels at a time: their rows are staged, padding included, in a ring of rows [x][4]
 * in the scratch buffer, so that no tap is tested for being inside the image and an output row may
 * be written over input rows that are staged already (in place over a whole plane).
 */
#include <string.h>

#include "rv_kernels.h"
#include "rv_requantise.h"

enum {
  GROUP = 4, /* Input channels staged together. */
  BLOCK = 4  /* Outputs computed together, so that a weight is loaded once for them. */
};

/** The staged rows of one channel group. */
typedef struct {
  int8_t *rows;
  int32_t rowBytes;
  int32_t ringRows; /**< (kernelH - 1) * dilationH + 1 */
  int32_t left;     /**< Input column staged first; may be negative. */
  int32_t columns;  /**< Input columns that the call reads. */
} staging;

/** Stages input row y (padding outside the image), channels [channel, channel + n). */
static void stage_row(const rv_conv_params *p, const rv_view *in, const staging *s, int32_t slot,
                      int32_t y, int32_t channel, int32_t n) {
  int8_t *to = s->rows + (ptrdiff_t)slot * s->rowBytes;
  const int8_t *row = rv_row(in, y);
  const int32_t before = rv_clamp(-s->left, 0, s->columns);
  const int32_t inside = rv_clamp(in->width - s->left, before, s->columns);
  if ((row == NULL) || (before > 0) || (inside * GROUP < s->rowBytes)) {
    memset(to, p->inputZeroPoint, (size_t)s->rowBytes);
  }
  if (row == NULL) {
    return;
  }
  const int32_t pitch = in->pixelPitch;
  const int8_t *from = row + ((ptrdiff_t)(s->left + before - in->originX) * pitch) + channel;
  to += (ptrdiff_t)before * GROUP;
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

/** One output row of the channels that were staged. */
typedef struct {
  const int8_t *rows; /**< Slot 0 of the ring. */
  int32_t rowBytes;
  int32_t ringRows;
  int32_t firstSlot; /**< Slot of the row that ky = 0 reads. */
  int32_t cols;
  int8_t *out; /**< First pixel, channel 0. */
  int32_t outPitch;
  int32_t firstChannel; /**< Output channels [firstChannel, endChannel). */
  int32_t endChannel;
  int32_t multiple; /**< Output channels of an input channel. */
} row_job;

/** Bytes into a staged pixel of the input channel that output channel c reads. */
static inline int32_t staged_channel(const row_job *j, int32_t c) {
  return (j->multiple == 1) ? c - j->firstChannel : (c - j->firstChannel) / j->multiple;
}

static inline int32_t next_slot(const row_job *j, int32_t slot, int32_t dilation) {
  const int32_t next = slot + dilation;
  return (next >= j->ringRows) ? next - j->ringRows : next;
}

/** Any geometry in RV_ROUND_EXACT, one output at a time. */
RV_NOINLINE static void row_exact(const rv_conv_params *p, const row_job *j) {
  const rv_channel_requant *r = &p->requant;
  const int32_t tapStep = p->dilationW * GROUP;
  for (int32_t c = j->firstChannel; c < j->endChannel; c++) {
    const int8_t *weights = (const int8_t *)p->weights + ((ptrdiff_t)c * p->kernelH * p->kernelW);
    int8_t *out = j->out + c;
    ptrdiff_t x = staged_channel(j, c);
    for (int32_t i = 0; i < j->cols; i++) {
      const int8_t *weight = weights;
      int32_t acc = p->bias[c];
      int32_t slot = j->firstSlot;
      for (int32_t ky = 0; ky < p->kernelH; ky++) {
        const int8_t *tap = j->rows + ((ptrdiff_t)slot * j->rowBytes) + x;
        for (int32_t kx = p->kernelW; kx > 0; kx--) {
          acc += (int32_t)*weight++ * *tap;
          tap += tapStep;
        }
        slot = next_slot(j, slot, p->dilationH);
      }
      *out = rv_requantise_exact(acc, &r->exact[c], r->zeroPoint, r->clampMin, r->clampMax);
      out += j->outPitch;
      x += (ptrdiff_t)p->strideW * GROUP;
    }
  }
}

/** 1 where the channel's ties go to even. */
static inline uint8_t even_of(const rv_channel_requant *r, int32_t c) {
  return (uint8_t)((r->rounding == RV_ROUND_EVEN) ? r->even[c] : 0u);
}

/** Requantises n <= BLOCK outputs of a channel, outPitch apart. Not RV_ROUND_EXACT. */
static inline void store_block(const int32_t acc[BLOCK], int32_t n, int32_t multiplier, int even,
                               rv_rounder k, int8_t *out, ptrdiff_t outPitch) {
  int32_t q[BLOCK];
  for (int32_t i = 0; i < BLOCK; i++) {
    q[i] = rv_multiply_high(acc[i] * k.leftScale, multiplier);
  }
  RV_OPAQUE(even);
  if (even) {
    for (int32_t i = 0; i < BLOCK; i++) {
      q[i] += ((q[i] >> k.shift) & 1) - 1;
    }
  }
  for (int32_t i = 0; i < BLOCK; i++) {
    q[i] = rv_saturate((q[i] + k.addend) >> k.shift);
  }
  int limited = !rv_clamps_nothing(k);
  RV_OPAQUE(limited);
  if (limited) {
    for (int32_t i = 0; i < BLOCK; i++) {
      q[i] = rv_clamp(q[i], k.clampMin, k.clampMax);
    }
  }
  out[0] = (int8_t)q[0];
  for (int32_t i = 1; (i < BLOCK) && (i < n); i++) {
    out += outPitch;
    *out = (int8_t)q[i];
  }
}

/**
 * Outputs from a block to the next, `left` outputs before the row's end: the last block begins
 * early, to end there.
 */
static inline int32_t next_step(int32_t left) {
  return ((left > BLOCK) && (left < 2 * BLOCK)) ? left - BLOCK : BLOCK;
}

/**
 * acc[i] += the taps of output i, `x` bytes into the staged rows. Unrolled where kernelW and the
 * steps are constants.
 */
static inline void add_taps(const rv_conv_params *p, const row_job *j, const int8_t *weights,
                            ptrdiff_t x, int32_t kernelW, int32_t tapStep, int32_t outputStep,
                            int32_t acc[BLOCK]) {
  const ptrdiff_t ringBytes = (ptrdiff_t)j->ringRows * j->rowBytes;
  const ptrdiff_t rowStep = (ptrdiff_t)p->dilationH * j->rowBytes;
  ptrdiff_t row = (ptrdiff_t)j->firstSlot * j->rowBytes;
  const int8_t *staged = j->rows + x;
  for (const int8_t *end = weights + (p->kernelH * kernelW); weights != end;) {
    const int8_t *tap = staged + row;
    for (int32_t kx = 0; kx < kernelW; kx++) {
      const int32_t weight = *weights++;
      acc[0] += weight * tap[0];
      acc[1] += weight * tap[outputStep];
      acc[2] += weight * tap[2 * outputStep];
      acc[3] += weight * tap[3 * outputStep];
      RV_FINISH_TAP(acc);
      tap += tapStep;
    }
    row += rowStep;
    row -= (row >= ringBytes) ? ringBytes : 0;
  }
}

/** Any geometry. Not RV_ROUND_EXACT. */
static inline void walk_row(const rv_conv_params *p, const row_job *j, int32_t kernelW,
                            int32_t tapStep, int32_t outputStep) {
  const rv_rounder k = rv_channel_rounder(&p->requant);
  const int32_t n = rv_min(j->cols, BLOCK);
  for (int32_t c = j->firstChannel; c < j->endChannel; c++) {
    const int8_t *weights = (const int8_t *)p->weights + ((ptrdiff_t)c * p->kernelH * kernelW);
    const int32_t bias = p->bias[c];
    int8_t *out = j->out + c;
    ptrdiff_t x = staged_channel(j, c);
    for (int32_t left = j->cols; left > 0;) {
      int32_t acc[BLOCK] = {bias, bias, bias, bias};
      add_taps(p, j, weights, x, kernelW, tapStep, outputStep, acc);
      store_block(acc, n, p->requant.multiplier[c], even_of(&p->requant, c), k, out, j->outPitch);
      const int32_t step = next_step(left);
      x += (ptrdiff_t)step * outputStep;
      out += (ptrdiff_t)step * j->outPitch;
      left -= step;
    }
  }
}

/** acc[i] += three taps of a row. */
static inline void add_three_taps(const int8_t *x, const int8_t *weights, int32_t outputStep,
                                  int32_t acc[BLOCK]) {
  for (int32_t kx = 0; kx < 3; kx++) {
    const int32_t weight = weights[kx];
    for (int32_t i = 0; i < BLOCK; i++) {
      acc[i] += weight * x[(i * outputStep) + (kx * GROUP)];
    }
  }
  RV_FINISH_ROW(acc);
}

static inline int32_t three_taps(const int8_t *x, const int8_t *weights) {
  return (weights[0] * x[0]) + (weights[1] * x[GROUP]) + (weights[2] * x[2 * GROUP]);
}

/**
 * 3x3 without dilation: the distances of the three rows are known before the loop. Not
 * RV_ROUND_EXACT.
 */
static inline void walk_row_3x3(const rv_conv_params *p, const row_job *j, int32_t outputStep) {
  const rv_rounder k = rv_channel_rounder(&p->requant);
  const int32_t second = next_slot(j, j->firstSlot, 1);
  const ptrdiff_t row1 = (ptrdiff_t)(second - j->firstSlot) * j->rowBytes;
  const ptrdiff_t row2 = (ptrdiff_t)(next_slot(j, second, 1) - j->firstSlot) * j->rowBytes;
  const int8_t *rows = j->rows + ((ptrdiff_t)j->firstSlot * j->rowBytes);
  const int32_t n = rv_min(j->cols, BLOCK);
  const ptrdiff_t outPitch = j->outPitch;
  for (int32_t c = j->firstChannel; c < j->endChannel; c++) {
    const int8_t *weights = (const int8_t *)p->weights + ((ptrdiff_t)c * 9);
    const int8_t *x = rows + staged_channel(j, c);
    const int32_t bias = p->bias[c];
    const int32_t multiplier = p->requant.multiplier[c];
    const uint8_t even = even_of(&p->requant, c);
    int8_t *out = j->out + c;
    for (int32_t left = j->cols; left > 0;) {
      if (left == 1) {
        const int32_t acc = bias + three_taps(x, weights) + three_taps(x + row1, weights + 3) +
                            three_taps(x + row2, weights + 6);
        *out = rv_requantise_even(acc, multiplier, even, k);
        break;
      }
      int32_t acc[BLOCK] = {bias, bias, bias, bias};
      add_three_taps(x, weights, outputStep, acc);
      add_three_taps(x + row1, weights + 3, outputStep, acc);
      add_three_taps(x + row2, weights + 6, outputStep, acc);
      store_block(acc, n, multiplier, even, k, out, outPitch);
      const int32_t step = (left == BLOCK + 1) ? BLOCK : next_step(left);
      x += step * outputStep;
      out += step * outPitch;
      left -= step;
    }
  }
}

/* The common kernels, unrolled; a baseline core saves the flash. */
RV_NOINLINE static void row_3x3_stride1(const rv_conv_params *p, const row_job *j) {
  walk_row_3x3(p, j, GROUP);
}

#if !RV_BASELINE_CORE
RV_NOINLINE static void row_3x3_stride2(const rv_conv_params *p, const row_job *j) {
  walk_row_3x3(p, j, 2 * GROUP);
}

RV_NOINLINE static void row_5_stride1(const rv_conv_params *p, const row_job *j) {
  walk_row(p, j, 5, GROUP, GROUP);
}

RV_NOINLINE static void row_7_stride1(const rv_conv_params *p, const row_job *j) {
  walk_row(p, j, 7, GROUP, GROUP);
}

#endif

RV_NOINLINE static void row_any(const rv_conv_params *p, const row_job *j) {
  walk_row(p, j, p->kernelW, p->dilationW * GROUP, p->strideW * GROUP);
}

typedef void (*row_function)(const rv_conv_params *p, const row_job *j);

static row_function row_function_of(const rv_conv_params *p) {
  if (p->requant.rounding != RV_ROUND_EXACT) {
    const int square3 =
        (p->kernelW == 3) && (p->kernelH == 3) && (p->dilationW == 1) && (p->dilationH == 1);
    if (square3 && (p->strideW == 1)) {
      return row_3x3_stride1;
    }
#if !RV_BASELINE_CORE
    if (square3 && (p->strideW == 2)) {
      return row_3x3_stride2;
    }
    if ((p->dilationW == 1) && (p->strideW == 1) && (p->kernelW == 5)) {
      return row_5_stride1;
    }
    if ((p->dilationW == 1) && (p->strideW == 1) && (p->kernelW == 7)) {
      return row_7_stride1;
    }
#endif
    return row_any;
  }
  return row_exact;
}

void rv_depthwise_conv2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                            const rv_window *w, void *scratch) {
  const row_function compute = row_function_of(p);
  const int32_t reach = ((p->kernelW - 1) * p->dilationW) + 1;
  staging s;
  s.rows = (int8_t *)scratch;
  s.left = (w->x * p->strideW) - p->padLeft;
  s.columns = ((w->cols - 1) * p->strideW) + reach;
  /* A whole block of outputs is computed even where fewer are stored. */
  s.rowBytes = (((rv_max(w->cols, BLOCK) - 1) * p->strideW) + reach) * GROUP;
  s.ringRows = ((p->kernelH - 1) * p->dilationH) + 1;
  if (p->inChannels < GROUP) {
    /* Lanes that no channel stages: what is planned is written all the same. */
    memset(s.rows, 0, (size_t)(s.ringRows * s.rowBytes));
  }
  row_job j;
  j.rows = s.rows;
  j.rowBytes = s.rowBytes;
  j.ringRows = s.ringRows;
  j.cols = w->cols;
  j.outPitch = out->pixelPitch;
  j.multiple = p->outChannels / p->inChannels;
  for (int32_t group = 0; group < p->inChannels; group += GROUP) {
    const int32_t n = rv_min(p->inChannels - group, GROUP);
    int32_t slot = 0;                                 /* of the row staged next */
    int32_t staged = (w->y * p->strideH) - p->padTop; /* rows below this one are staged */
    j.firstChannel = group * j.multiple;
    j.endChannel = (group + n) * j.multiple;
    for (int32_t y = w->y; y < w->y + w->rows; y++) {
      const int32_t first = (y * p->strideH) - p->padTop;
      /* A stride beyond the kernel skips rows. */
      staged = rv_max(staged, first);
      for (; staged < first + s.ringRows; staged++) {
        stage_row(p, in, &s, slot, staged, group, n);
        slot = (slot + 1 == s.ringRows) ? 0 : slot + 1;
      }
      j.firstSlot = slot;
      j.out = rv_pixel(out, y, w->x);
      compute(p, &j);
    }
  }
}
