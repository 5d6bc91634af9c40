/** @file rv_lut_s8_mve.c Table of 256 entries, MVE. */
#include "rv_kernels_mve.h"

#if defined(__ARM_FEATURE_MVE)

#include <arm_mve.h>

static void lut_run(const int8_t *table, const int8_t *in, int8_t *out, int32_t n) {
  const uint8x16_t flip = vdupq_n_u8(128);
  for (; n > 0; n -= 16) {
    const mve_pred16_t lanes = vctp8q((uint32_t)n);
    const uint8x16_t index = veorq_u8(vreinterpretq_u8_s8(vldrbq_z_s8(in, lanes)), flip);
    vstrbq_p_s8(out, vldrbq_gather_offset_s8(table, index), lanes);
    in += 16;
    out += 16;
  }
}

#else

static void lut_run(const int8_t *table, const int8_t *in, int8_t *out, int32_t n) {
  for (int32_t i = 0; i < n; i++) {
    out[i] = table[in[i] + 128];
  }
}

#endif

void rv_lut_s8_mve(const rv_lut_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch) {
  (void)scratch;
  const int dense = (in->pixelPitch == p->channels) && (out->pixelPitch == p->channels);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from = rv_pixel(in, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    if (dense) {
      lut_run(p->table, from, to, w->cols * p->channels);
    } else {
      for (int32_t x = 0; x < w->cols; x++) {
        lut_run(p->table, from, to, p->channels);
        from += in->pixelPitch;
        to += out->pixelPitch;
      }
    }
  }
}
