/** @file rv_average_pool_s8_mve.c Mean over a window, MVE: eight channels at once. */
#include <string.h>

#include "rv_kernels_mve.h"
#include "rv_pool_window.h"
#include "rv_requantise_mve.h"

#if defined(__ARM_FEATURE_MVE)

/** sum + the lanes of `count` taps, at least one, `step` bytes apart. */
static inline int16x8_t sum_taps(int16x8_t sum, const int8_t *tap, ptrdiff_t step, int32_t count,
                                 mve_pred16_t lanes) {
  uint32_t saved; /* VPR is no register that a compiler lets us declare as changed. */
  __asm volatile(
      "vmrs %[saved], p0\n\t"
      "vmsr p0, %[lanes]\n\t"
      "dls lr, %[count]\n\t"
      "1: vpst\n\t"
      "vldrbt.s16 q0, [%[tap]]\n\t"
      "vadd.i16 %q[sum], %q[sum], q0\n\t"
      "add %[tap], %[step]\n\t"
      "le lr, 1b\n\t"
      "vmsr p0, %[saved]"
      : [sum] "+w"(sum), [tap] "+l"(tap), [saved] "=&r"(saved)
      : [count] "r"(count), [step] "r"(step), [lanes] "r"((uint32_t)lanes)
      : "q0", "lr", "memory");
  return sum;
}

/** Taps of which int16 holds the sum. */
enum { RV_TAPS_IN_INT16 = 255 };

static void mean_pixel(const rv_average_pool_params *p, const rv_taps *taps, const rv_requant *r,
                       int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(r);
  const int32_t offset = -taps->rows * taps->columns * p->inputZeroPoint;
  for (int32_t c = 0; c < p->channels; c += 8) {
    const mve_pred16_t lanes = vctp16q((uint32_t)(p->channels - c));
    int32x4_t even = vdupq_n_s32(offset);
    int32x4_t odd = even;
    int16x8_t sum = vdupq_n_s16(0);
    int32_t room = RV_TAPS_IN_INT16;
    int32_t slot = taps->slot;
    for (int32_t rows = taps->rows; rows > 0; rows--) {
      const int8_t *tap = taps->column + ((ptrdiff_t)slot * taps->rowPitch) + c;
      for (int32_t left = taps->columns; left > 0;) {
        const int32_t n = rv_min(left, room);
        left -= n;
        room -= n;
        sum = sum_taps(sum, tap, taps->columnStep, n, lanes);
        tap += n * taps->columnStep;
        if (room == 0) {
          even = vaddq_s32(even, vmovlbq_s16(sum));
          odd = vaddq_s32(odd, vmovltq_s16(sum));
          sum = vdupq_n_s16(0);
          room = RV_TAPS_IN_INT16;
        }
      }
      slot += taps->slotStep;
      slot -= (slot >= taps->slotEnd) ? taps->slotEnd : 0;
    }
    even = rv_requantise_same(r, k, vaddq_s32(even, vmovlbq_s16(sum)));
    odd = rv_requantise_same(r, k, vaddq_s32(odd, vmovltq_s16(sum)));
    vstrbq_p_s16(out + c, vmovntq_s32(vreinterpretq_s16_s32(even), odd), lanes);
  }
}

#else

static void mean_pixel(const rv_average_pool_params *p, const rv_taps *taps, const rv_requant *r,
                       int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(r);
  /* Eight channels are read before they are written, as on MVE: the output may stand over the
   * input. */
  int8_t means[8];
  for (int32_t c = 0; c < p->channels; c++) {
    int32_t sum = 0;
    int32_t slot = taps->slot;
    for (int32_t row = 0; row < taps->rows; row++) {
      for (int32_t column = 0; column < taps->columns; column++) {
        sum += taps->column[((ptrdiff_t)slot * taps->rowPitch) + (column * taps->columnStep) + c] -
               p->inputZeroPoint;
      }
      slot += taps->slotStep;
      slot -= (slot >= taps->slotEnd) ? taps->slotEnd : 0;
    }
    means[c % 8] = rv_requantise_scalar(sum, r, k);
    if ((c % 8 == 7) || (c == p->channels - 1)) {
      memcpy(out + (c - (c % 8)), means, (size_t)((c % 8) + 1));
    }
  }
}

#endif

/** Rows that follow one another without a gap, as in a global mean, are one row. */
static void join_rows(rv_taps *taps) {
  if ((taps->slotStep == 1) && (taps->columns * taps->columnStep == taps->rowPitch) &&
      (taps->slot + taps->rows <= taps->slotEnd)) {
    taps->columns *= taps->rows;
    taps->rows = 1;
  }
}

void rv_average_pool_s8_mve(const rv_average_pool_params *p, const rv_view *in, const rv_view *out,
                            const rv_window *w, void *scratch) {
  (void)scratch;
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
      join_rows(&taps);
      mean_pixel(p, &taps, rv_mean_requant(p, in, rows, top, columns, left), rv_pixel(out, y, x));
    }
  }
}
