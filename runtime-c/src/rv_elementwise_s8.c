/** @file rv_elementwise_s8.c An epilogue on the elements of a tensor, plain C. */
#include "rv_kernels_epilogue.h"

void rv_elementwise_s8(const rv_elementwise_params *p, const rv_view *in, const rv_view *out,
                       const rv_window *w, void *scratch) {
  int32_t *sums = (int32_t *)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int8_t *from = rv_pixel(in, y, x);
      if (p->wide != 0) {
        const int32_t *wide = (const int32_t *)(const void *)from;
        for (int32_t c = 0; c < p->channels; c++) {
          sums[c] = wide[c];
        }
      } else {
        for (int32_t c = 0; c < p->channels; c++) {
          sums[c] = (int32_t)from[c] - p->inputZeroPoint;
        }
      }
      rv_epilogue_pixel(&p->epilogue, sums, 0, p->channels, y, x, in + 1, rv_pixel(out, y, x));
    }
  }
}
