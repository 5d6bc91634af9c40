/** @file rv_lut_s8_mve.c Table of 256 entries, MVE. */
#include "rv_kernels_mve.h"

#if defined(__ARM_FEATURE_MVE)

#include <arm_mve.h>

/** A tail-predicated loop: all of it works on bytes. */
static void lut_run(const int8_t *table, const int8_t *in, int8_t *out, int32_t n) {
  const uint8x16_t flip = vdupq_n_u8(128);
  __asm volatile(
      "wlstp.8 lr, %[n], 2f\n\t"
      "1: vldrb.8 q0, [%[in]], #16\n\t"
      "veor q0, q0, %q[flip]\n\t"
      "vldrb.u8 q1, [%[table], q0]\n\t"
      "vstrb.8 q1, [%[out]], #16\n\t"
      "letp lr, 1b\n\t"
      "2:"
      : [in] "+r"(in), [out] "+r"(out)
      : [table] "r"(table), [n] "r"(n), [flip] "w"(flip)
      : "q0", "q1", "lr", "memory");
}

#else

static void lut_run(const int8_t *table, const int8_t *in, int8_t *out, int32_t n) {
  for (int32_t i = 0; i < n; i++) {
    out[i] = table[in[i] + 128];
  }
}

#endif

void rv_lut_s8_mve(const rv_lut_params *p, const rv_view *in, const rv_view *out,
                   const rv_window *w, void *scratch) {
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
