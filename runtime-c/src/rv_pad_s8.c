/**
 * @file rv_pad_s8.c Padding by a constant, by reflection or by the edge, on any axis; negative pads
 * crop. Plain C.
 */
#include <string.h>

#include "rv_copy_run.h"
#include "rv_kernels.h"
#include "rv_requantise.h"

/**
 * Source index of position i; -1 where the constant stands. Reflection does not repeat the border.
 */
static int32_t source(uint8_t mode, int32_t i, int32_t extent) {
  if ((i >= 0) && (i < extent)) {
    return i;
  }
  if (mode == RV_PAD_CONSTANT) {
    return -1;
  }
  if (mode == RV_PAD_EDGE) {
    return rv_clamp(i, 0, extent - 1);
  }
  if (extent == 1) {
    return 0;
  }
  const int32_t period = 2 * (extent - 1);
  const int32_t m = ((i % period) + period) % period;
  return (m < extent) ? m : period - m;
}

void rv_pad_s8(const rv_pad_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
               void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int32_t iy = source(p->mode, y - p->padTop, p->inHeight);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int32_t ix = source(p->mode, x - p->padLeft, p->inWidth);
      int8_t *to = rv_pixel(out, y, x);
      if ((iy < 0) || (ix < 0)) {
        memset(to, p->value, (size_t)p->outChannels);
      } else if ((p->padFront == 0) && (p->outChannels == p->inChannels)) {
        rv_copy_run(to, rv_pixel(in, iy, ix), p->outChannels);
      } else {
        const int8_t *from = rv_pixel(in, iy, ix);
        for (int32_t c = 0; c < p->outChannels; c++) {
          const int32_t ic = source(p->mode, c - p->padFront, p->inChannels);
          to[c] = (ic < 0) ? p->value : from[ic];
        }
      }
    }
  }
}
