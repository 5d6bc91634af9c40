/** @file rv_resize_nearest_s8_mve.c Nearest-neighbour resize by index tables, MVE. */
#include "rv_copy_run_mve.h"
#include "rv_kernels_mve.h"

void rv_resize_nearest_s8_mve(const rv_resize_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                              void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *row = rv_out_row(in, p->rows0[y]);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      rv_copy_run_mve(row + ((ptrdiff_t)(p->columns0[x] - in->originX) * in->pixelPitch), to, p->channels);
      to += out->pixelPitch;
    }
  }
}
