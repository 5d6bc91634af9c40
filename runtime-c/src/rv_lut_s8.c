/** @file rv_lut_s8.c Elementwise function of one tensor by table, plain C. */
#include "rv_kernels.h"

void rv_lut_s8(const rv_lut_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
               void *scratch) {
  (void)scratch;
  const int8_t *middle = p->table + 128;
  const int dense = (in->pixelPitch == p->channels) && (out->pixelPitch == p->channels);
  const int32_t runs = dense ? 1 : w->cols;
  const int32_t length = dense ? w->cols * p->channels : p->channels;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from = rv_pixel(in, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t i = 0; i < runs; i++) {
      for (int32_t c = 0; c < length; c++) {
        to[c] = middle[from[c]];
      }
      from += in->pixelPitch;
      to += out->pixelPitch;
    }
  }
}
