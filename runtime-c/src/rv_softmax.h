/** @file rv_softmax.h Private to the softmax kernels: the inverse of a sum of exponentials. */
#ifndef RV_SOFTMAX_H
#define RV_SOFTMAX_H

#include "rv_requantise.h"

/** A sum in (0, 2^31) as d = sum << shift in [2^30, 2^31), and floor(2^61 / d). */
typedef struct {
  uint32_t shift;
  uint32_t inverse;
} rv_inverse;

/**
 * floor(2^61 / d) for d in [2^30, 2^31), in two digits of base 2^16 (Knuth, The Art of Computer
 * Programming 4.3.1, algorithm D): an estimate by the upper half of d is at most 1, then 2, too
 * large. A library's 64-bit division takes four times the instructions.
 */
static inline uint32_t rv_divide_by(uint32_t d) {
  const uint32_t high = d >> 15;
  const uint32_t low = d & 0x7FFFu;
  /* 2^45 = first * d + rest */
  uint32_t first = ((uint32_t)1 << 30) / high;
  uint32_t rest = (((uint32_t)1 << 30) - (first * high)) << 15;
  uint32_t taken = first * low;
  if (rest < taken) {
    first--;
    rest += d;
  }
  rest -= taken;
  /* rest * 2^16 = second * d + something below d */
  uint32_t second = (2u * rest) / high;
  rest = ((2u * rest) - (second * high)) << 15;
  taken = second * low;
  if (rest < taken) {
    second--;
    if (taken - rest > d) {
      second--;
    }
  }
  return (first << 16) + second;
}

static inline rv_inverse rv_inverse_of(uint32_t sum) {
  rv_inverse i;
  i.shift = rv_clz(sum) - 1u;
  i.inverse = rv_divide_by(sum << i.shift);
  return i;
}

#endif /* RV_SOFTMAX_H */
