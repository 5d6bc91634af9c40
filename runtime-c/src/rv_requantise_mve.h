/**
 * @file rv_requantise_mve.h
 * @brief Private to the MVE kernels: any rounding of rv_requantise.h, four channels at once where it is not exact.
 */
#ifndef RV_REQUANTISE_MVE_H
#define RV_REQUANTISE_MVE_H

#include "rv_requantise.h"

#if defined(__ARM_FEATURE_MVE)

#include <arm_mve.h>

/**
 * Four accumulators, of channels first + step * i for i = 0..3 as far as they are below `end`, to out[step * i].
 * k = rv_channel_rounder(r); r->multiplier is set unless rounding is exact.
 */
void rv_requantise_lanes(const rv_channel_requant *r, rv_rounder k, int32x4_t acc, int32_t first, int32_t step,
                         int32_t end, int8_t *out);

#endif

#endif /* RV_REQUANTISE_MVE_H */
