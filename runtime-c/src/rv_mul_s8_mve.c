/** @file rv_mul_s8_mve.c Elementwise product, MVE. */
#include "rv_broadcast.h"
#include "rv_kernels_mve.h"
#include "rv_requantise_mve.h"

#if defined(__ARM_FEATURE_MVE)

/** Products of 16-bit differences, even and odd ones apart; at most eight of them. */
static void mul_eight(const rv_mul_params *p, rv_rounder k, const int8_t *a, const int8_t *b,
                      int8_t *out, int32_t n) {
  const rv_requant *r = &p->requant;
  const mve_pred16_t lanes = vctp16q((uint32_t)n);
  const int16x8_t x = vsubq_n_s16(vldrbq_z_s16(a, lanes), p->zeroPointA);
  const int16x8_t y = vsubq_n_s16(vldrbq_z_s16(b, lanes), p->zeroPointB);
  const int32x4_t even = rv_requantise_same(r, k, vmullbq_int_s16(x, y));
  const int32x4_t odd = rv_requantise_same(r, k, vmulltq_int_s16(x, y));
  vstrbq_p_s16(out, vmovntq_s32(vreinterpretq_s16_s32(even), odd), lanes);
}

/**
 * `eights` times eight elements, fixed rounding: (floor(2 * acc * M / 2^32) + zeroPoint * 2^(n+1) +
 * 2^n) >> (n + 1). Floors nest, and saturation only meets results that the clamps saturate anyway.
 */
static void mul_fixed(const rv_mul_params *p, const int8_t *a, const int8_t *b, int8_t *out,
                      int32_t eights) {
  const rv_requant *r = &p->requant;
  const int32_t addend = (r->zeroPoint * ((int32_t)2 << r->shift)) + ((int32_t)1 << r->shift);
  const int32_t shift = -1 - r->shift;
  const int32_t left = r->leftShift;
  const int16x8_t zeroA = vdupq_n_s16(p->zeroPointA);
  const int16x8_t zeroB = vdupq_n_s16(p->zeroPointB);
  const int32x4_t multiplier = vdupq_n_s32(r->multiplier);
  const int16x8_t low = vdupq_n_s16(r->clampMin);
  const int16x8_t high = vdupq_n_s16(r->clampMax);
  __asm volatile(
      "wls lr, %[eights], 2f\n\t"
      "1: vldrb.s16 q0, [%[a]], #8\n\t"
      "vldrb.s16 q1, [%[b]], #8\n\t"
      "vsub.i16 q0, q0, %q[za]\n\t"
      "vsub.i16 q1, q1, %q[zb]\n\t"
      "vmullb.s16 q2, q0, q1\n\t"
      "vmullt.s16 q0, q0, q1\n\t"
      "vshl.s32 q2, %[left]\n\t"
      "vshl.s32 q0, %[left]\n\t"
      "vqdmlash.s32 q2, %q[m], %[add]\n\t"
      "vqdmlash.s32 q0, %q[m], %[add]\n\t"
      "vshl.s32 q2, %[shift]\n\t"
      "vshl.s32 q0, %[shift]\n\t"
      "vqmovnb.s32 q2, q2\n\t"
      "vqmovnt.s32 q2, q0\n\t"
      "vmax.s16 q2, q2, %q[low]\n\t"
      "vmin.s16 q2, q2, %q[high]\n\t"
      "vstrb.16 q2, [%[out]], #8\n\t"
      "le lr, 1b\n\t"
      "2:"
      : [a] "+l"(a), [b] "+l"(b), [out] "+l"(out)
      : [eights] "r"(eights), [add] "r"(addend), [shift] "r"(shift), [left] "r"(left),
        [za] "w"(zeroA), [zb] "w"(zeroB), [m] "w"(multiplier), [low] "w"(low), [high] "w"(high)
      : "q0", "q1", "q2", "lr", "memory");
}

/** n elements in a row. */
static void mul_run(const rv_mul_params *p, const int8_t *a, const int8_t *b, int8_t *out,
                    int32_t n) {
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  int32_t i = 0;
  if (p->requant.rounding == RV_ROUND_FIXED) {
    mul_fixed(p, a, b, out, n >> 3);
    i = n & ~7;
  }
  for (; i < n; i += 8) {
    mul_eight(p, k, a + i, b + i, out + i, n - i);
  }
}

#else

static void mul_run(const rv_mul_params *p, const int8_t *a, const int8_t *b, int8_t *out,
                    int32_t n) {
  const rv_requant *r = &p->requant;
  const rv_rounder k = rv_scalar_rounder(r);
  for (int32_t i = 0; i < n; i++) {
    out[i] = rv_requantise_scalar((a[i] - p->zeroPointA) * (b[i] - p->zeroPointB), r, k);
  }
}

#endif

void rv_mul_s8_mve(const rv_mul_params *p, const rv_view *a, const rv_view *b, const rv_view *out,
                   const rv_window *w, void *scratch) {
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
