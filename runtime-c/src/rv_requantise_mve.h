/**
 * @file rv_requantise_mve.h
 * @brief Private to the MVE kernels: any rounding of rv_requantise.h, four channels at once where
 * it is not exact.
 */
#ifndef RV_REQUANTISE_MVE_H
#define RV_REQUANTISE_MVE_H

#include "rv_requantise.h"

#if defined(__ARM_FEATURE_MVE)

#include <arm_mve.h>

/**
 * Four accumulators, of channels first + step * i for i = 0..3 as far as they are below `end`, to
 * out[step * i]. k = rv_channel_rounder(r); r->multiplier is set unless rounding is exact.
 */
RV_HOT void rv_requantise_lanes(const rv_channel_requant *r, rv_rounder k, int32x4_t acc,
                                int32_t first, int32_t step, int32_t end, int8_t *out);

/** Four results of a scalar requantisation, clamped; not for exact rounding. k =
 * rv_scalar_rounder(r). */
static inline int32x4_t rv_requantise_same(const rv_requant *r, rv_rounder k, int32x4_t acc) {
  int32x4_t t = vmulhq_s32(vshlq_r_s32(acc, r->leftShift), vdupq_n_s32(r->multiplier));
  if (r->rounding == RV_ROUND_EVEN) {
    const int32x4_t odd = vandq_s32(vshlq_r_s32(t, -k.shift), vdupq_n_s32(1));
    t = vaddq_s32(t, vsubq_n_s32(odd, 1));
  }
  t = vshlq_r_s32(vaddq_n_s32(t, k.addend), -k.shift);
  return vminq_s32(vmaxq_s32(t, vdupq_n_s32(k.clampMin)), vdupq_n_s32(k.clampMax));
}

#endif

#endif /* RV_REQUANTISE_MVE_H */
