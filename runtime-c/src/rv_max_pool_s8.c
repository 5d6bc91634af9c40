/** @file rv_max_pool_s8.c Maximum over a window, plain C. */
#include "rv_pool_window.h"
#include "rv_requantise.h"

/** best[i] = maximum of channel i of all taps, i < n. Unrolled where n is a constant. */
static inline void max_of_taps(const rv_taps *taps, int32_t channel, int32_t n,
                               int32_t best[RV_POOL_BLOCK]) {
  int32_t slot = taps->slot;
  for (int32_t rows = taps->rows; rows > 0; rows--) {
    const int8_t *tap = taps->column + ((ptrdiff_t)slot * taps->rowPitch) + channel;
    for (int32_t columns = taps->columns; columns > 0; columns--) {
      for (int32_t i = 0; i < n; i++) {
        best[i] = rv_max(best[i], tap[i]);
      }
      tap += taps->columnStep;
    }
    slot += taps->slotStep;
    slot -= (slot >= taps->slotEnd) ? taps->slotEnd : 0;
  }
}

static void max_pool_pixel(const rv_max_pool_params *p, const rv_taps *taps, int8_t *out) {
  int32_t n;
  for (int32_t c = 0; c < p->channels; c += n) {
    int32_t best[RV_POOL_BLOCK] = {-128, -128, -128, -128};
    n = rv_min(p->channels - c, RV_POOL_BLOCK);
    if (n == RV_POOL_BLOCK) {
      max_of_taps(taps, c, RV_POOL_BLOCK, best);
    } else {
      max_of_taps(taps, c, n, best);
    }
    for (int32_t i = 0; i < n; i++) {
      out[c + i] = (int8_t)rv_clamp(best[i], p->clampMin, p->clampMax);
    }
  }
}

void rv_max_pool_s8(const rv_max_pool_params *p, const rv_view *in, const rv_view *out,
                    const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const rv_span rows =
        rv_taps_between((y * p->strideH) - p->padTop, p->kernelH, p->dilationH, 0, in->height);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const rv_span columns =
          rv_taps_between((x * p->strideW) - p->padLeft, p->kernelW, p->dilationW, 0, in->width);
      if ((rows.count > 0) && (columns.count > 0)) {
        const rv_taps taps = rv_taps_of(in, rows, p->dilationH, columns, p->dilationW);
        max_pool_pixel(p, &taps, to);
      } else {
        for (int32_t c = 0; c < p->channels; c++) {
          to[c] = p->clampMin;
        }
      }
      to += out->pixelPitch;
    }
  }
}
