/** @file rv_copy_s8.c Strided copy of a part of a tensor (Slice), plain C. */
#include <string.h>

#include "rv_kernels.h"

void rv_copy_s8(const rv_copy_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int8_t *from =
          rv_pixel(in, p->startY + (y * p->stepY), p->startX + (x * p->stepX)) + p->startC;
      int8_t *to = rv_pixel(out, y, x);
      if ((p->stepC == 1) && (p->stepX == 1) && (in->pixelPitch == p->channels) &&
          (out->pixelPitch == p->channels)) {
        /* Pixels without gaps: what remains of the row at once. */
        memmove(to, from, (size_t)(w->x + w->cols - x) * (size_t)p->channels);
        break;
      }
      if (p->stepC == 1) {
        memmove(to, from, (size_t)p->channels);
      } else {
        for (int32_t c = 0; c < p->channels; c++) {
          to[c] = from[(ptrdiff_t)c * p->stepC];
        }
      }
    }
  }
}
