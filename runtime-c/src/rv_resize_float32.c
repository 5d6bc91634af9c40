/**
 * @file rv_resize_float32.c
 * @brief Linear resizing of one code in float32 arithmetic, in integers: the same on every core,
 * whatever its floating-point unit and the compiler's options.
 *
 * Numbers are the bits of float32: normal ones and +0, which is all that occurs (the compiler keeps
 * the scales near 1). Every operation rounds to nearest, ties to even, in the order that
 * rv_resize_float32 writes.
 */
#include "rv_resize_linear.h"

#define SIGN 0x80000000u
#define ONE 0x3F800000u

/** The 24 bits of the mantissa of a number that is not 0. */
static inline uint32_t mantissa(uint32_t a) {
  return (a & 0x7FFFFFu) | 0x800000u;
}

/** Of the mantissa's last bit. */
static inline int32_t exponent(uint32_t a) {
  return (int32_t)((a >> 23) & 0xFFu) - 150;
}

/**
 * x * 2^power with the given sign bit, 0 < x < 2^31. Where bits below x are lost, its last bit must
 * be 1 and x at least 2^26.
 */
static inline uint32_t rounded(uint32_t x, int32_t power, uint32_t sign) {
  const int32_t shift = 8 - (int32_t)rv_clz(x);
  uint32_t kept = 0u;
  if (shift <= 0) {
    kept = x << -shift;
  } else {
    kept = (x + (((uint32_t)1 << (shift - 1)) - 1u) + ((x >> shift) & 1u)) >> shift;
  }
  /* The leading bit adds one to the exponent, and so does a carry beyond it. */
  return sign | (((uint32_t)(power + shift + 149) << 23) + kept);
}

/** 1 where some of the last `bits` bits of x are not 0. */
static inline uint32_t lost(uint32_t x, int32_t bits) {
  return ((x & (((uint32_t)1 << bits) - 1u)) != 0u) ? 1u : 0u;
}

RV_NOINLINE static uint32_t product(uint32_t a, uint32_t b) {
  if ((a == 0u) || (b == 0u)) {
    return 0u;
  }
  const uint64_t whole = (uint64_t)mantissa(a) * mantissa(b);
  const uint32_t x = (uint32_t)(whole >> 17) | lost((uint32_t)whole, 17);
  return rounded(x, exponent(a) + exponent(b) + 17, (a ^ b) & SIGN);
}

/** k * b, |k| < 2^8. */
RV_HOT static uint32_t multiple(int32_t k, uint32_t b) {
  if ((k == 0) || (b == 0u)) {
    return 0u;
  }
  const uint32_t whole = mantissa(b) * (uint32_t)((k < 0) ? -k : k);
  const uint32_t sign = (b ^ (uint32_t)k) & SIGN;
  return ((whole >> 31) == 0u) ? rounded(whole, exponent(b), sign)
                               : rounded((whole >> 1) | (whole & 1u), exponent(b) + 1, sign);
}

RV_NOINLINE static uint32_t sum(uint32_t a, uint32_t b) {
  const int aIsLarger = (a & ~SIGN) >= (b & ~SIGN);
  const uint32_t large = aIsLarger ? a : b;
  const uint32_t small = aIsLarger ? b : a;
  if ((small & ~SIGN) == 0u) {
    return large;
  }
  const int32_t distance = exponent(large) - exponent(small);
  const uint32_t fixed = mantissa(large) << 6;
  const uint32_t shifted = mantissa(small) << 6;
  const uint32_t added = (distance > 30) ? 1u : ((shifted >> distance) | lost(shifted, distance));
  const uint32_t total = (((a ^ b) & SIGN) != 0u) ? (fixed - added) : (fixed + added);
  return (total == 0u) ? 0u : rounded(total, exponent(large) - 6, large & SIGN);
}

/** b > 0 */
static uint32_t quotient(uint32_t a, uint32_t b) {
  if (a == 0u) {
    return 0u;
  }
  /* 29 bits behind the point, in steps that fit 32 bits. */
  static const uint8_t steps[4] = {7, 8, 8, 6};
  const uint32_t divisor = mantissa(b);
  uint32_t rest = mantissa(a);
  uint32_t whole = 0u;
  for (int32_t i = 0; i < 4; i++) {
    rest <<= steps[i];
    whole = (whole << steps[i]) + (rest / divisor);
    rest %= divisor;
  }
  return rounded(whole | ((rest != 0u) ? 1u : 0u), exponent(a) - exponent(b) - 29, a & SIGN);
}

/** Towards zero, or to nearest with ties to even; beyond +-1024 something beyond +-1024. */
static int32_t to_integer(uint32_t a, int truncates) {
  const int32_t shift = -exponent(a);
  const uint32_t x = mantissa(a);
  uint32_t whole = (shift > 24) ? 0u : 2048u;
  if ((shift > 12) && (shift <= 24)) {
    const uint32_t half = (uint32_t)1 << (shift - 1);
    const uint32_t rest = x & ((half << 1) - 1u);
    whole = x >> shift;
    if (!truncates && ((rest > half) || ((rest == half) && ((whole & 1u) != 0u)))) {
      whole++;
    }
  }
  return ((a & SIGN) != 0u) ? -(int32_t)whole : (int32_t)whole;
}

static void weigh(const rv_resize_params *p, rv_neighbours *n) {
  const uint32_t row1 = p->rowFloats1[n->row];
  const uint32_t column1 = p->columnFloats1[n->column];
  const uint32_t row0 = sum(ONE, row1 ^ SIGN);
  const uint32_t column0 = sum(ONE, column1 ^ SIGN);
  n->floats[0] = product(column0, row0);
  n->floats[1] = product(column1, row0);
  n->floats[2] = product(column0, row1);
  n->floats[3] = product(column1, row1);
  n->weighed = 1;
}

int8_t rv_resize_float32(const rv_resize_params *p, rv_neighbours *n, int32_t c) {
  const int isWhole = p->rowFloats1 == NULL;
  if (!isWhole && (n->weighed == 0)) {
    weigh(p, n);
  }
  uint32_t total = 0u;
  for (int32_t i = 0; i < 4; i++) {
    const uint32_t value = multiple(n->pixel[i][c] - p->inputZeroPoint, p->inputScale);
    total = sum(total, isWhole ? multiple(n->weight[i], value) : product(n->floats[i], value));
  }
  const uint32_t steps = p->truncates ? total : quotient(total, p->outputScale);
  const int32_t q = to_integer(steps, p->truncates) + p->requant.zeroPoint;
  return (int8_t)rv_clamp(q, p->requant.clampMin, p->requant.clampMax);
}
