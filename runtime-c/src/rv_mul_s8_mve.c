/** @file rv_mul_s8_mve.c Elementwise product, MVE. */
#include "rv_broadcast.h"
#include "rv_kernels_mve.h"
#include "rv_requantise_mve.h"

#if defined(__ARM_FEATURE_MVE)

/** n elements in a row: products of 16-bit differences, even and odd ones apart. */
static void mul_run(const rv_mul_params *p, const int8_t *a, const int8_t *b, int8_t *out, int32_t n) {
  const rv_requant *r = &p->requant;
  const rv_rounder k = rv_scalar_rounder(r);
  for (; n > 0; n -= 8) {
    const mve_pred16_t lanes = vctp16q((uint32_t)n);
    const int16x8_t x = vsubq_n_s16(vldrbq_z_s16(a, lanes), p->zeroPointA);
    const int16x8_t y = vsubq_n_s16(vldrbq_z_s16(b, lanes), p->zeroPointB);
    const int32x4_t even = rv_requantise_same(r, k, vmullbq_int_s16(x, y));
    const int32x4_t odd = rv_requantise_same(r, k, vmulltq_int_s16(x, y));
    vstrbq_p_s16(out, vmovntq_s32(vreinterpretq_s16_s32(even), odd), lanes);
    a += 8;
    b += 8;
    out += 8;
  }
}

#else

static void mul_run(const rv_mul_params *p, const int8_t *a, const int8_t *b, int8_t *out, int32_t n) {
  const rv_requant *r = &p->requant;
  const rv_rounder k = rv_scalar_rounder(r);
  for (int32_t i = 0; i < n; i++) {
    out[i] = rv_requantise_scalar((a[i] - p->zeroPointA) * (b[i] - p->zeroPointB), r, k);
  }
}

#endif

void rv_mul_s8_mve(const rv_mul_params *p, const rv_view *a, const rv_view *b, const rv_view *out, const rv_window *w,
                   void *scratch) {
  (void)scratch;
  const rv_runs runs = rv_row_runs(a, p->broadcastA, b, p->broadcastB, out, p->channels, w->cols);
  const int32_t pitchA = rv_operand_pitch(a, p->broadcastA);
  const int32_t pitchB = rv_operand_pitch(b, p->broadcastB);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *fromA = rv_operand(a, p->broadcastA, y, w->x);
    const int8_t *fromB = rv_operand(b, p->broadcastB, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t i = 0; i < runs.runs; i++) {
      mul_run(p, fromA + ((ptrdiff_t)i * pitchA), fromB + ((ptrdiff_t)i * pitchB),
              to + ((ptrdiff_t)i * out->pixelPitch), runs.length);
    }
  }
}
