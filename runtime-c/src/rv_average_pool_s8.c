/** @file rv_average_pool_s8.c Mean over a window, plain C. */
#define RV_SUM_BLOCK(taps, channel, sums) rv_sum_of_taps((taps), (channel), RV_POOL_BLOCK, (sums))
#include "rv_average_pool.h"

void rv_average_pool_s8(const rv_average_pool_params *p, const rv_view *in, const rv_view *out,
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
      rv_average_pool_pixel(p, &taps, rv_mean_requant(p, in, rows, top, columns, left),
                            rv_pixel(out, y, x));
    }
  }
}
