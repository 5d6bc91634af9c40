/** @file rv_max_pool_s8_mve.c Maximum over a window, MVE: sixteen channels at once. */
#include <string.h>

#include "rv_kernels_mve.h"
#include "rv_pool_window.h"
#include "rv_requantise.h"

#if defined(__ARM_FEATURE_MVE)

#include <arm_mve.h>

static void max_pool_pixel(const rv_max_pool_params *p, const rv_taps *taps, int8_t *out) {
  const int8x16_t low = vdupq_n_s8(p->clampMin);
  const int8x16_t high = vdupq_n_s8(p->clampMax);
  for (int32_t c = 0; c < p->channels; c += 16) {
    const mve_pred16_t lanes = vctp8q((uint32_t)(p->channels - c));
    int8x16_t best = vdupq_n_s8(-128);
    int32_t slot = taps->slot;
    for (int32_t rows = taps->rows; rows > 0; rows--) {
      const int8_t *tap = taps->column + ((ptrdiff_t)slot * taps->rowPitch) + c;
      for (int32_t columns = taps->columns; columns > 0; columns--) {
        best = vmaxq_s8(best, vldrbq_z_s8(tap, lanes));
        tap += taps->columnStep;
      }
      slot += taps->slotStep;
      slot -= (slot >= taps->slotEnd) ? taps->slotEnd : 0;
    }
    vstrbq_p_s8(out + c, vminq_s8(vmaxq_s8(best, low), high), lanes);
  }
}

#else

static void max_pool_pixel(const rv_max_pool_params *p, const rv_taps *taps, int8_t *out) {
  /* Sixteen channels are read before they are written, as on MVE: the output may stand over the
   * input. */
  int8_t maxima[16];
  for (int32_t c = 0; c < p->channels; c++) {
    int32_t best = -128;
    int32_t slot = taps->slot;
    for (int32_t row = 0; row < taps->rows; row++) {
      for (int32_t column = 0; column < taps->columns; column++) {
        best = rv_max(
            best,
            taps->column[((ptrdiff_t)slot * taps->rowPitch) + (column * taps->columnStep) + c]);
      }
      slot += taps->slotStep;
      slot -= (slot >= taps->slotEnd) ? taps->slotEnd : 0;
    }
    maxima[c % 16] = (int8_t)rv_clamp(best, p->clampMin, p->clampMax);
    if ((c % 16 == 15) || (c == p->channels - 1)) {
      memcpy(out + (c - (c % 16)), maxima, (size_t)((c % 16) + 1));
    }
  }
}

#endif

void rv_max_pool_s8_mve(const rv_max_pool_params *p, const rv_view *in, const rv_view *out,
                        const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const rv_span rows =
        rv_taps_between((y * p->strideH) - p->padTop, p->kernelH, p->dilationH, 0, in->height);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const rv_span columns =
          rv_taps_between((x * p->strideW) - p->padLeft, p->kernelW, p->dilationW, 0, in->width);
      rv_taps taps = {NULL, 0, 0, 0, 0, 0, 0, 0};
      if ((rows.count > 0) && (columns.count > 0)) {
        taps = rv_taps_of(in, rows, p->dilationH, columns, p->dilationW);
      }
      max_pool_pixel(p, &taps, rv_pixel(out, y, x));
    }
  }
}
