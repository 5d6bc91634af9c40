/**
 * @file rv_requantise.h
 * @brief The three roundings of rivulet as inline functions: from an int32 accumulator to int8.
 *
 * With acc an int32 accumulator, M a multiplier, n = shift in [1, 22], l = leftShift and zp the
 * output zero point:
 *
 *   fixed  t = floor((acc * 2^l) * M / 2^32);  q = floor((t + 2^(n-1)) / 2^n) + zp
 *   even   t as above, and exact where it matters; e = 1 where ties go to even:
 *          q = floor((t + 2^(n-1) - e + (e & floor(t / 2^n))) / 2^n) + zp
 *   exact  q = roundHalfEven(clamp(acc, accMin, accMax) * numerator / denominator) + zp, in 64 bits
 *
 * and q is clamped to [clampMin, clampMax]. The compiler proves for each node that acc * 2^l and
 * t + zp * 2^n + 2^(n-1) fit int32, so nothing here overflows, and that a * numerator fits int64.
 *
 * Pure C99: the only implementation-defined operation is the right shift of a negative number,
 * which must be arithmetic (checked at compile time). Negative numbers are never shifted left.
 */
#ifndef RV_REQUANTISE_H
#define RV_REQUANTISE_H

#include "rv_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Compile-time proof that >> of a negative int32 and int64 is arithmetic. */
typedef char
    rv_right_shift_is_arithmetic[((((int32_t)-5) >> 1) == -3) && ((((int64_t)-5) >> 1) == -3) ? 1
                                                                                              : -1];

/**
 * @brief x limited to [low, high]. Two steps, which compilers turn into one saturating instruction
 * for constants.
 */
static inline int32_t rv_clamp(int32_t x, int32_t low, int32_t high) {
  const int32_t above = (x < low) ? low : x;
  return (above > high) ? high : above;
}

/** @brief x saturated to int8. */
static inline int32_t rv_saturate(int32_t x) {
#if defined(__ARM_FEATURE_SAT) && defined(__GNUC__)
  /* Compilers see the instruction in rv_clamp(x, -128, 127), but lose it where they keep the bounds
   * in registers. */
  int32_t q;
  __asm__("ssat %0, #8, %1" : "=r"(q) : "r"(x));
  return q;
#else
  return rv_clamp(x, -128, 127);
#endif
}

/** @brief Leading zero bits of x; 32 for 0. */
static inline uint32_t rv_clz(uint32_t x) {
#if defined(__GNUC__)
  return (x == 0u) ? 32u : (uint32_t)__builtin_clz(x);
#else
  uint32_t n = 32u;
  while (x != 0u) {
    x >>= 1;
    n--;
  }
  return n;
#endif
}

/**
 * @brief floor(a * b / 2^32), for all int32 a and b.
 *
 * One instruction (SMMUL, or SMULL) where there is one; on the ARMv6-M and ARMv8-M baseline, which
 * have no long multiply, four 16-bit products whose partial sums all fit int32 (Hacker's Delight,
 * 8-2).
 */
static inline int32_t rv_multiply_high(int32_t a, int32_t b) {
#if RV_BASELINE_CORE
  const int32_t a0 = a & 0xFFFF;
  const int32_t a1 = a >> 16;
  const int32_t b0 = b & 0xFFFF;
  const int32_t b1 = b >> 16;
  const int32_t low = (int32_t)(((uint32_t)a0 * (uint32_t)b0) >> 16);
  const int32_t t = (a1 * b0) + low;
  const int32_t u = (a0 * b1) + (t & 0xFFFF);
  return (a1 * b1) + (t >> 16) + (u >> 16);
#else
  return (int32_t)(((int64_t)a * b) >> 32);
#endif
}

/**
 * @brief What a requantisation has in common for all channels, by value so that a compiler keeps it
 * in registers (int8_t stores may alias any structure in memory).
 */
typedef struct {
  int32_t addend;    /**< zeroPoint * 2^shift + 2^(shift-1) */
  int32_t leftScale; /**< 2^leftShift */
  int32_t shift;
  int32_t clampMin;
  int32_t clampMax;
} rv_rounder;

/** @brief Constants of a per-channel requantisation. */
static inline rv_rounder rv_channel_rounder(const rv_channel_requant *r) {
  rv_rounder k;
  k.addend = ((int32_t)r->zeroPoint * ((int32_t)1 << r->shift)) + (((int32_t)1 << r->shift) >> 1);
  k.leftScale = (int32_t)1 << r->leftShift;
  k.shift = r->shift;
  k.clampMin = r->clampMin;
  k.clampMax = r->clampMax;
  return k;
}

/** @brief Constants of a scalar requantisation. */
static inline rv_rounder rv_scalar_rounder(const rv_requant *r) {
  rv_rounder k;
  k.addend = ((int32_t)r->zeroPoint * ((int32_t)1 << r->shift)) + (((int32_t)1 << r->shift) >> 1);
  k.leftScale = (int32_t)1 << r->leftShift;
  k.shift = r->shift;
  k.clampMin = r->clampMin;
  k.clampMax = r->clampMax;
  return k;
}

/** @brief True where the clamps are int8's own bounds. */
static inline int rv_clamps_nothing(rv_rounder k) {
  return (k.clampMin == -128) && (k.clampMax == 127);
}

/** @brief RV_ROUND_FIXED: one multiply, one shift; ties of the shifted sum go up. */
static inline int8_t rv_requantise_fixed(int32_t acc, int32_t multiplier, rv_rounder k) {
  const int32_t t = rv_multiply_high(acc * k.leftScale, multiplier);
  return (int8_t)rv_clamp((t + k.addend) >> k.shift, k.clampMin, k.clampMax);
}

/** @brief RV_ROUND_EVEN: as fixed, with ties to even where `even` is 1. */
static inline int8_t rv_requantise_even(int32_t acc, int32_t multiplier, uint8_t even,
                                        rv_rounder k) {
  const int32_t t = rv_multiply_high(acc * k.leftScale, multiplier);
  const int32_t e = even;
  return (int8_t)rv_clamp((t + (k.addend - e + (e & (t >> k.shift)))) >> k.shift, k.clampMin,
                          k.clampMax);
}

/** @brief roundHalfEven(dividend / divisor), divisor > 0. */
static inline int64_t rv_divide_half_even(int64_t dividend, int64_t divisor) {
  int64_t quotient = dividend / divisor;
  int64_t remainder = dividend % divisor;
  if (remainder < 0) {
    quotient -= 1;
    remainder += divisor;
  }
  const int64_t rest = divisor - remainder;
  if ((remainder > rest) || ((remainder == rest) && ((quotient & 1) != 0))) {
    quotient += 1;
  }
  return quotient;
}

/**
 * @brief quotient + zeroPoint, clamped; any int64 quotient whose sum with a zero point fits int64.
 */
static inline int8_t rv_clamp_wide(int64_t quotient, int32_t zeroPoint, int32_t clampMin,
                                   int32_t clampMax) {
  const int64_t q = quotient + zeroPoint;
  const int64_t above = (q < clampMin) ? clampMin : q;
  return (int8_t)((above > clampMax) ? clampMax : above);
}

/** @brief RV_ROUND_EXACT: 64-bit rational arithmetic, for the few nodes whose scales need it. */
static inline int8_t rv_requantise_exact(int32_t acc, const rv_exact *x, int32_t zeroPoint,
                                         int32_t clampMin, int32_t clampMax) {
  const int64_t a = rv_clamp(acc, x->accMin, x->accMax);
  return rv_clamp_wide(rv_divide_half_even(a * x->numerator, x->denominator), zeroPoint, clampMin,
                       clampMax);
}

/** @brief Any rounding, for channel c of r. k = rv_channel_rounder(r). */
static inline int8_t rv_requantise_channel(int32_t acc, const rv_channel_requant *r, int32_t c,
                                           rv_rounder k) {
  if (r->rounding == RV_ROUND_FIXED) {
    return rv_requantise_fixed(acc, r->multiplier[c], k);
  }
  if (r->rounding == RV_ROUND_EVEN) {
    return rv_requantise_even(acc, r->multiplier[c], r->even[c], k);
  }
  return rv_requantise_exact(acc, &r->exact[c], r->zeroPoint, r->clampMin, r->clampMax);
}

/**
 * @brief Any rounding of a scalar requantisation; RV_ROUND_EVEN sends every tie to even. k =
 * rv_scalar_rounder(r).
 */
static inline int8_t rv_requantise_scalar(int32_t acc, const rv_requant *r, rv_rounder k) {
  if (r->rounding == RV_ROUND_FIXED) {
    return rv_requantise_fixed(acc, r->multiplier, k);
  }
  if (r->rounding == RV_ROUND_EVEN) {
    return rv_requantise_even(acc, r->multiplier, 1u, k);
  }
  return rv_requantise_exact(acc, r->exact, r->zeroPoint, r->clampMin, r->clampMax);
}

#ifdef __cplusplus
}
#endif

#endif /* RV_REQUANTISE_H */
