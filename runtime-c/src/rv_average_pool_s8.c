/** @file rv_average_pool_s8.c Mean over a window, plain C. */
#include "rv_average_pool.h"

static inline void sum_four(const rv_taps *taps, int32_t channel, int32_t sums[RV_POOL_BLOCK]) {
  rv_sum_of_taps(taps, channel, RV_POOL_BLOCK, sums);
}

void rv_average_pool_s8(const rv_average_pool_params *p, const rv_view *in, const rv_view *out,
                        const rv_window *w, void *scratch) {
  (void)scratch;
  rv_average_pool(p, in, out, w, sum_four);
}
