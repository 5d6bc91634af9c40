/** @file rv_max_pool_s8.c Maximum over a window, plain C. */
#include "rv_pool_window.h"
#include "rv_requantise.h"

void rv_max_pool_s8(const rv_max_pool_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                    void *scratch) {
  (void)scratch;
  const ptrdiff_t columnStep = (ptrdiff_t)p->dilationW * in->pixelPitch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const rv_span rows =
        rv_taps_between((y * p->strideH) - p->padTop, p->kernelH, p->dilationH, 0, in->height);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const rv_span columns =
          rv_taps_between((x * p->strideW) - p->padLeft, p->kernelW, p->dilationW, 0, in->width);
      for (int32_t c = 0; c < p->channels; c++) {
        int32_t best = -128;
        for (int32_t i = 0; (columns.count > 0) && (i < rows.count); i++) {
          const int8_t *from = rv_pixel(in, rows.first + (i * p->dilationH), columns.first) + c;
          for (int32_t j = columns.count; j > 0; j--) {
            best = rv_max(best, *from);
            from += columnStep;
          }
        }
        to[c] = (int8_t)rv_clamp(best, p->clampMin, p->clampMax);
      }
      to += out->pixelPitch;
    }
  }
}
