/**
 * @file rv_copy_run_mve.h
 * @brief Private to the MVE kernels that move data: n bytes, sixteen at a time, upwards.
 */
#ifndef RV_COPY_RUN_MVE_H
#define RV_COPY_RUN_MVE_H

#include <stdint.h>

static inline void rv_copy_run_mve(const int8_t *from, int8_t *to, int32_t n) {
#if defined(__ARM_FEATURE_MVE)
  __asm volatile(
      "wlstp.8 lr, %[n], 2f\n\t"
      "1: vldrb.8 q0, [%[from]], #16\n\t"
      "vstrb.8 q0, [%[to]], #16\n\t"
      "letp lr, 1b\n\t"
      "2:"
      : [from] "+r"(from), [to] "+r"(to)
      : [n] "r"(n)
      : "q0", "lr", "memory");
#else
  for (int32_t i = 0; i < n; i++) {
    to[i] = from[i];
  }
#endif
}

#endif /* RV_COPY_RUN_MVE_H */
