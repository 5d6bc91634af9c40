/** @file rv_prelu_s8.c Parametric rectifier with a slope per channel, plain C. */
#include "rv_kernels.h"
#include "rv_requantise.h"

void rv_prelu_s8(const rv_prelu_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch) {
  (void)scratch;
  const rv_rounder positive = rv_scalar_rounder(&p->positive);
  const rv_rounder negative = rv_channel_rounder(&p->negative);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from = rv_pixel(in, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t x = 0; x < w->cols; x++) {
      for (int32_t c = 0; c < p->channels; c++) {
        const int32_t acc = from[c] - p->inputZeroPoint;
        to[c] = (acc >= 0) ? rv_requantise_scalar(acc, &p->positive, positive)
                           : rv_requantise_channel(acc, &p->negative, c, negative);
      }
      from += in->pixelPitch;
      to += out->pixelPitch;
    }
  }
}
