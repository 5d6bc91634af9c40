/** @file rv_prelu_s8.c Parametric rectifier with a slope per channel, plain C. */
#include "rv_kernels.h"
#include "rv_requantise.h"

/** Roundings that few nodes need, kept out of line. */
RV_NOINLINE static int8_t rounded_output(const rv_prelu_params *p, int32_t acc, int32_t c) {
  return (acc >= 0) ? rv_requantise_scalar(acc, &p->positive, rv_scalar_rounder(&p->positive))
                    : rv_requantise_channel(acc, &p->negative, c, rv_channel_rounder(&p->negative));
}

void rv_prelu_s8(const rv_prelu_params *p, const rv_view *in, const rv_view *out,
                 const rv_window *w, void *scratch) {
  (void)scratch;
  const rv_rounder positive = rv_scalar_rounder(&p->positive);
  const rv_rounder negative = rv_channel_rounder(&p->negative);
  const int fixed =
      (p->positive.rounding == RV_ROUND_FIXED) && (p->negative.rounding == RV_ROUND_FIXED);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from = rv_pixel(in, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t x = 0; x < w->cols; x++) {
      for (int32_t c = 0; c < p->channels; c++) {
        const int32_t acc = from[c] - p->inputZeroPoint;
        if (!fixed) {
          to[c] = rounded_output(p, acc, c);
        } else if (acc >= 0) {
          to[c] = rv_requantise_fixed(acc, p->positive.multiplier, positive);
        } else {
          to[c] = rv_requantise_fixed(acc, p->negative.multiplier[c], negative);
        }
      }
      from += in->pixelPitch;
      to += out->pixelPitch;
    }
  }
}
