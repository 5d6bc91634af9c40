/** @file rv_add_s8_mve.c Elementwise weighted sum (Add, Sub), fixed rounding with a shift of at
 * least 16, MVE. */
#include "rv_broadcast.h"
#include "rv_kernels_mve.h"
#include "rv_requantise.h"

#if defined(__ARM_FEATURE_MVE)

#include <arm_mve.h>

/**
 * n elements in a row. Eight at a time: even and odd ones widened to 32 bits, the upper halves of
 * the sums shifted on in 16 bits. The sums fit int32, so nothing is lost between the two shifts.
 */
static void add_run(const rv_add_params *p, const int8_t *a, const int8_t *b, int8_t *out,
                    int32_t n) {
  const int32_t multiplierB = p->multiplierB;
  const int32_t addend = p->addend + (((int32_t)1 << p->shift) >> 1);
  const int32_t shift = 16 - p->shift;
  const int16x8_t zeroPoint = vdupq_n_s16(p->zeroPoint);
  const int32x4_t multiplierA = vdupq_n_s32(p->multiplierA);
  const int16x8_t low = vdupq_n_s16(p->clampMin);
  const int16x8_t high = vdupq_n_s16(p->clampMax);
  const int32_t eights = n >> 3;
  __asm volatile(
      "wls lr, %[eights], 2f\n\t"
      "1: vldrb.s16 q0, [%[a]], #8\n\t"
      "vldrb.s16 q1, [%[b]], #8\n\t"
      "vmovlb.s16 q2, q0\n\t"
      "vmovlt.s16 q0, q0\n\t"
      "vmlas.s32 q2, %q[ma], %[add]\n\t"
      "vmlas.s32 q0, %q[ma], %[add]\n\t"
      "vmovlb.s16 q3, q1\n\t"
      "vmovlt.s16 q1, q1\n\t"
      "vmla.s32 q2, q3, %[mb]\n\t"
      "vmla.s32 q0, q1, %[mb]\n\t"
      "vshrnb.i32 q2, q2, #16\n\t"
      "vshrnt.i32 q2, q0, #16\n\t"
      "vshl.s16 q2, %[shift]\n\t"
      "vadd.i16 q2, q2, %q[zp]\n\t"
      "vmax.s16 q2, q2, %q[low]\n\t"
      "vmin.s16 q2, q2, %q[high]\n\t"
      "vstrb.16 q2, [%[out]], #8\n\t"
      "le lr, 1b\n\t"
      "2:"
      : [a] "+l"(a), [b] "+l"(b), [out] "+l"(out)
      : [eights] "r"(eights), [add] "r"(addend), [mb] "r"(multiplierB), [shift] "r"(shift),
        [zp] "w"(zeroPoint), [ma] "w"(multiplierA), [low] "w"(low), [high] "w"(high)
      : "q0", "q1", "q2", "q3", "lr", "memory");
  if ((n & 7) != 0) {
    const mve_pred16_t lanes = vctp16q((uint32_t)(n & 7));
    const int16x8_t x = vldrbq_z_s16(a, lanes);
    const int16x8_t y = vldrbq_z_s16(b, lanes);
    const int32x4_t even =
        vmlaq_n_s32(vmlasq_n_s32(vmovlbq_s16(x), multiplierA, addend), vmovlbq_s16(y), multiplierB);
    const int32x4_t odd =
        vmlaq_n_s32(vmlasq_n_s32(vmovltq_s16(x), multiplierA, addend), vmovltq_s16(y), multiplierB);
    int16x8_t q = vshrntq_n_s32(vshrnbq_n_s32(vdupq_n_s16(0), even, 16), odd, 16);
    q = vaddq_s16(vshlq_r_s16(q, shift), zeroPoint);
    vstrbq_p_s16(out, vminq_s16(vmaxq_s16(q, low), high), lanes);
  }
}

#else

static void add_run(const rv_add_params *p, const int8_t *a, const int8_t *b, int8_t *out,
                    int32_t n) {
  const int32_t half = ((int32_t)1 << p->shift) >> 1;
  for (int32_t i = 0; i < n; i++) {
    const int32_t t = (a[i] * p->multiplierA) + (b[i] * p->multiplierB) + p->addend;
    out[i] = (int8_t)rv_clamp(((t + half) >> p->shift) + p->zeroPoint, p->clampMin, p->clampMax);
  }
}

#endif

void rv_add_s8_mve(const rv_add_params *p, const rv_view *a, const rv_view *b, const rv_view *out,
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
      add_run(p, fromA + ((ptrdiff_t)i * pitchA), fromB + ((ptrdiff_t)i * pitchB),
              to + ((ptrdiff_t)i * out->pixelPitch), runs.length);
    }
  }
}
