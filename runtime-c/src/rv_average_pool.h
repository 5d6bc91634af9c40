/**
 * @file rv_average_pool.h
 * @brief Private: one output pixel of rv_average_pool_s8 and rv_average_pool_s8_dsp, which differ
 * in RV_SUM_BLOCK(taps, channel, sums): sums[i] += channel i of all taps, for a block of four
 * channels.
 *
 * Each kernel walks its pixels itself: with the walk in here too, compilers kept less in registers
 * and took an instruction more for a tap of four channels, on Cortex-M0 twice as many.
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

static void rv_average_pool_pixel(const rv_average_pool_params *p, const rv_taps *taps,
                                  const rv_requant *r, int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(r);
  const int32_t offset = -taps->rows * taps->columns * p->inputZeroPoint;
  int32_t n;
  for (int32_t c = 0; c < p->channels; c += n) {
    int32_t sums[RV_POOL_BLOCK] = {offset, offset, offset, offset};
    n = rv_min(p->channels - c, RV_POOL_BLOCK);
    if (n == RV_POOL_BLOCK) {
      RV_SUM_BLOCK(taps, c, sums);
    } else {
      rv_sum_of_taps(taps, c, n, sums);
    }
    for (int32_t i = 0; i < n; i++) {
      out[c + i] = (r->rounding == RV_ROUND_FIXED) ? rv_requantise_fixed(sums[i], r->multiplier, k)
                                                   : rv_rounded_mean(sums[i], r);
    }
  }
}

#endif /* RV_AVERAGE_POOL_H */
