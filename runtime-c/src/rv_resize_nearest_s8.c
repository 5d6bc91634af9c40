/** @file rv_resize_nearest_s8.c Nearest-neighbour resize by index tables, plain C. */
#include <string.h>

#include "rv_kernels.h"

void rv_resize_nearest_s8(const rv_resize_params *p, const rv_view *in, const rv_view *out,
                          const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      memmove(rv_pixel(out, y, x), rv_pixel(in, p->rows0[y], p->columns0[x]), (size_t)p->channels);
    }
  }
}
