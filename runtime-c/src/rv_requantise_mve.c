/** @file rv_requantise_mve.c Requantisation of four channels, MVE. */
#include "rv_requantise_mve.h"

#if defined(__ARM_FEATURE_MVE)

void rv_requantise_lanes(const rv_channel_requant *r, rv_rounder k, int32x4_t acc, int32_t first,
                         int32_t step, int32_t end, int8_t *out) {
  if (r->rounding == RV_ROUND_EXACT) {
    int32_t values[4];
    vst1q_s32(values, acc);
    for (int32_t i = 0; (i < 4) && (first + (step * i) < end); i++) {
      out[step * i] = rv_requantise_exact(values[i], &r->exact[first + (step * i)], r->zeroPoint,
                                          k.clampMin, k.clampMax);
    }
    return;
  }
  const uint32x4_t lanes = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)step);
  const mve_pred16_t live = vcmpgtq_s32(vdupq_n_s32(end - first), vreinterpretq_s32_u32(lanes));
  int32x4_t t = vmulhq_s32(vshlq_r_s32(acc, r->leftShift),
                           vldrwq_gather_shifted_offset_z_s32(r->multiplier + first, lanes, live));
  if (r->rounding == RV_ROUND_EVEN) {
    const int32x4_t even =
        vreinterpretq_s32_u32(vldrbq_gather_offset_z_u32(r->even + first, lanes, live));
    t = vsubq_s32(vaddq_s32(t, vandq_s32(even, vshlq_r_s32(t, -k.shift))), even);
  }
  t = vshlq_r_s32(vaddq_n_s32(t, k.addend), -k.shift);
  t = vminq_s32(vmaxq_s32(t, vdupq_n_s32(k.clampMin)), vdupq_n_s32(k.clampMax));
  vstrbq_scatter_offset_p_s32(out, lanes, t, live);
}

#else

/** ISO C forbids an empty translation unit. */
typedef int rv_requantise_mve_is_in_the_twins;

#endif
