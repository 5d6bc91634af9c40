/** @file rv_copy_s8.c Strided copy of a part of a tensor (Slice, Concat's parts), plain C. */
#include "rv_copy_run.h"
#include "rv_kernels.h"

void rv_copy_s8(const rv_copy_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                void *scratch) {
  (void)scratch;
  /* Pixels without gaps are one run. */
  const int whole = (p->stepX == 1) && (p->stepC == 1) && (in->pixelPitch == p->channels) &&
                    (out->pixelPitch == p->channels);
  const int32_t runs = whole ? 1 : w->cols;
  const int32_t length = whole ? w->cols * p->channels : p->channels;
  const ptrdiff_t step = (ptrdiff_t)p->stepX * in->pixelPitch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from =
        rv_pixel(in, p->startY + (y * p->stepY), p->startX + (w->x * p->stepX)) + p->startC;
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t i = 0; i < runs; i++) {
      if (p->stepC == 1) {
        rv_copy_run(to, from, length);
      } else {
        for (int32_t c = 0; c < length; c++) {
          to[c] = from[(ptrdiff_t)c * p->stepC];
        }
      }
      from += step;
      to += out->pixelPitch;
    }
  }
}
