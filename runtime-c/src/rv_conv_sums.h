/**
 * @file rv_conv_sums.h
 * @brief Private to the convolutions with an epilogue: dot products of rv_conv_block.h as int32
 * sums. Included after RV_WEIGHT is defined.
 */
#ifndef RV_CONV_SUMS_H
#define RV_CONV_SUMS_H

#include "rv_conv_block.h"
#include "rv_kernels_epilogue.h"

/** Results are rounded by epilogues: the int8 stores of rv_conv_block.h have no other use here. */
static inline void rv_without_stores(void) {
  (void)rv_store;
}

/** Sums of `channels` channels of one patch; `bias` and `w` begin at the first of them. */
static inline void rv_sum_patch(const int32_t *bias, const int8_t *x, const RV_WEIGHT *w,
                                int32_t depth, int32_t channels, int32_t *sums) {
  for (; channels >= 4; channels -= 4) {
    rv_dot_1x4(x, w, depth, bias, sums);
    w += 4 * (ptrdiff_t)depth;
    bias += 4;
    sums += 4;
  }
  for (; channels > 0; channels--) {
    *sums++ = rv_dot_1x1(x, w, depth, *bias++);
    w += depth;
  }
}

#if RV_CONV_PATCHES == 2
/** As rv_sum_patch, of two patches. */
static inline void rv_sum_patch_pair(const int32_t *bias, const int8_t *x0, const int8_t *x1,
                                     const RV_WEIGHT *w, int32_t depth, int32_t channels,
                                     int32_t *sums0, int32_t *sums1) {
  for (; channels >= 4; channels -= 4) {
    int32_t acc[8];
    rv_dot_2x4(x0, x1, w, depth, bias, acc);
    for (int32_t i = 0; i < 4; i++) {
      sums0[i] = acc[i];
      sums1[i] = acc[4 + i];
    }
    w += 4 * (ptrdiff_t)depth;
    bias += 4;
    sums0 += 4;
    sums1 += 4;
  }
  for (; channels > 0; channels--) {
    *sums0++ = rv_dot_1x1(x0, w, depth, *bias);
    *sums1++ = rv_dot_1x1(x1, w, depth, *bias++);
    w += depth;
  }
}
#endif

#endif /* RV_CONV_SUMS_H */
