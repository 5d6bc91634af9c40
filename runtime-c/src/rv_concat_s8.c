/** @file rv_concat_s8.c Concatenation along one axis, plain C. */
#include <string.h>

#include "rv_kernels.h"

/** Copies `bytes` of one pixel unless they stand in their place already. */
static void copy_pixel(int8_t *to, const int8_t *from, int32_t bytes) {
  if (to != from) {
    memmove(to, from, (size_t)bytes);
  }
}

/** The input that holds position i of the axis. */
static int32_t input_at(const rv_concat_params *p, int32_t i) {
  int32_t k = 0;
  while (i >= p->starts[k + 1]) {
    k++;
  }
  return k;
}

void rv_concat_s8(const rv_concat_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                  void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      int8_t *to = rv_pixel(out, y, x);
      if (p->axis == RV_AXIS_C) {
        for (int32_t i = 0; i < p->inputs; i++) {
          copy_pixel(to + p->starts[i], rv_pixel(&in[i], y, x), p->starts[i + 1] - p->starts[i]);
        }
      } else if (p->axis == RV_AXIS_W) {
        const int32_t i = input_at(p, x);
        copy_pixel(to, rv_pixel(&in[i], y, x - p->starts[i]), p->channels);
      } else {
        const int32_t i = input_at(p, y);
        copy_pixel(to, rv_pixel(&in[i], y - p->starts[i], x), p->channels);
      }
    }
  }
}
