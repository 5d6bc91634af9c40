/** @file rv_gather_s8.c Selection by index along one axis (Gather, channel shuffle), plain C. */
#include "rv_copy_run.h"
#include "rv_kernels.h"

void rv_gather_s8(const rv_gather_params *p, const rv_view *in, const rv_view *out,
                  const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int32_t iy = (p->axis == RV_AXIS_H) ? p->indices[y] : y;
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int8_t *from = rv_pixel(in, iy, (p->axis == RV_AXIS_W) ? p->indices[x] : x);
      int8_t *to = rv_pixel(out, y, x);
      if (p->axis == RV_AXIS_C) {
        for (int32_t c = 0; c < p->channels; c++) {
          to[c] = from[p->indices[c]];
        }
      } else {
        rv_copy_run(to, from, p->channels);
      }
    }
  }
}
