/**
 * @file rv_average_pool.h
 * @brief Private: means over windows, channels in blocks of four; how a block's taps are summed is the kernel's.
 */
#ifndef RV_AVERAGE_POOL_H
#define RV_AVERAGE_POOL_H

#include "rv_pool_window.h"
#include "rv_requantise.h"

/** sums[i] += channel i of all taps, i < n. Unrolled where n is a constant. */
static inline void rv_sum_of_taps(const rv_taps *taps, int32_t channel, int32_t n,
                                  int32_t sums[RV_POOL_BLOCK]) {
  int32_t slot = taps->slot;
  for (int32_t rows = taps->rows; rows > 0; rows--) {
    const int8_t *tap = taps->column + ((ptrdiff_t)slot * taps->rowPitch) + channel;
    for (int32_t columns = taps->columns; columns > 0; columns--) {
      for (int32_t i = 0; i < n; i++) {
        sums[i] += tap[i];
      }
      tap += taps->columnStep;
    }
    slot += taps->slotStep;
    slot -= (slot >= taps->slotEnd) ? taps->slotEnd : 0;
  }
}

/** Roundings that few nodes need, kept out of line. */
RV_NOINLINE static int8_t rv_rounded_mean(int32_t acc, const rv_requant *r) {
  return rv_requantise_scalar(acc, r, rv_scalar_rounder(r));
}

/** sums[i] += channel i of all taps, for a block of four channels. */
typedef void (*rv_sum_block)(const rv_taps *taps, int32_t channel, int32_t sums[RV_POOL_BLOCK]);

static inline void rv_average_pool_pixel(const rv_average_pool_params *p, const rv_taps *taps,
                                         const rv_requant *r, int8_t *out,
                                         rv_sum_block sum_block) {
  const rv_rounder k = rv_scalar_rounder(r);
  const int32_t offset = -taps->rows * taps->columns * p->inputZeroPoint;
  int32_t n;
  for (int32_t c = 0; c < p->channels; c += n) {
    int32_t sums[RV_POOL_BLOCK] = {offset, offset, offset, offset};
    n = rv_min(p->channels - c, RV_POOL_BLOCK);
    if (n == RV_POOL_BLOCK) {
      sum_block(taps, c, sums);
    } else {
      rv_sum_of_taps(taps, c, n, sums);
    }
    for (int32_t i = 0; i < n; i++) {
      out[c + i] = (r->rounding == RV_ROUND_FIXED) ? rv_requantise_fixed(sums[i], r->multiplier, k)
                                                   : rv_rounded_mean(sums[i], r);
    }
  }
}

/** The kernel, with its way of summing. */
static inline void rv_average_pool(const rv_average_pool_params *p, const rv_view *in,
                                   const rv_view *out, const rv_window *w,
                                   rv_sum_block sum_block) {
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int32_t top = (y * p->strideH) - p->padTop;
    const rv_span rows = rv_taps_between(top, p->kernelH, p->dilationH, 0, in->height);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int32_t left = (x * p->strideW) - p->padLeft;
      const rv_span columns = rv_taps_between(left, p->kernelW, p->dilationW, 0, in->width);
      rv_taps taps = {NULL, 0, 0, 0, 0, 0, 0, 0};
      if ((rows.count > 0) && (columns.count > 0)) {
        taps = rv_taps_of(in, rows, p->dilationH, columns, p->dilationW);
      }
      rv_average_pool_pixel(p, &taps, rv_mean_requant(p, in, rows, top, columns, left),
                            rv_pixel(out, y, x), sum_block);
    }
  }
}

#endif /* RV_AVERAGE_POOL_H */
