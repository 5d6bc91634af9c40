/** @file rv_arg_max_s8.c Index of the largest channel of each pixel, plain C. */
#include <string.h>

#include "rv_kernels.h"

void rv_arg_max_s8(const rv_arg_max_params *p, const rv_view *in, const rv_view *out,
                   const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int8_t *from = rv_pixel(in, y, x);
      int32_t best = 0;
      for (int32_t c = 1; c < p->channels; c++) {
        if ((from[c] > from[best]) || ((from[c] == from[best]) && (p->lastIndex != 0u))) {
          best = c;
        }
      }
      memcpy(rv_pixel(out, y, x), &best, sizeof best);
    }
  }
}
