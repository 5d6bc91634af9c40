/** @file rv_resize_nearest_s8.c Nearest-neighbour resize by index tables, plain C. */
#include "rv_copy_run.h"
#include "rv_kernels.h"

void rv_resize_nearest_s8(const rv_resize_params *p, const rv_view *in, const rv_view *out,
                          const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *row = rv_out_row(in, p->rows0[y]);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int32_t column = p->columns0[x] - in->originX;
      rv_copy_run(to, row + ((ptrdiff_t)column * in->pixelPitch), p->channels);
      to += out->pixelPitch;
    }
  }
}
