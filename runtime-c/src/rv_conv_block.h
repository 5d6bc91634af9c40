/**
 * @file rv_conv_block.h
 * @brief Private to the plain C convolutions: dot products of one or two patches with all channels
 * of a group.
 *
 * A patch is `depth` contiguous int8 values. Weights are packed in blocks of four output channels:
 * block b is [depth][4], the one to three channels that remain are [depth] each. Included after
 * RV_WEIGHT is defined as the weights' type (int8_t or int16_t), and RV_CONV_ADDS as 1 where dot
 * products are added to what `acc` holds.
 */
#ifndef RV_CONV_BLOCK_H
#define RV_CONV_BLOCK_H

#include <string.h>

#include "rv_kernels.h"
#include "rv_requantise.h"

/**
 * Patches computed side by side. Two halve the loads of weights, but need more registers than the
 * eight that an ARMv6-M instruction can address.
 */
#if RV_BASELINE_CORE
#define RV_CONV_PATCHES 1
#else
#define RV_CONV_PATCHES 2
#endif

#ifndef RV_CONV_ADDS
#define RV_CONV_ADDS 0
#endif
#define RV_CONV_HELD(acc, i) (RV_CONV_ADDS ? (acc)[i] : 0)

/** What a node's channels have in common when they are requantised. */
typedef struct {
  const rv_channel_requant *r;
  rv_rounder k;
} rv_output;

/** RV_ROUND_EXACT: few nodes need it, and its 64-bit division is large. */
RV_NOINLINE static int8_t rv_exact_output(const rv_channel_requant *r, int32_t acc, int32_t c) {
  return rv_requantise_exact(acc, &r->exact[c], r->zeroPoint, r->clampMin, r->clampMax);
}

/** RV_ROUND_FIXED; `full` where the clamps are int8's own bounds. */
static inline int8_t rv_fixed_output(int32_t acc, int32_t multiplier, rv_rounder k, int full) {
  const int32_t t = rv_multiply_high(acc * k.leftScale, multiplier);
  const int32_t q = rv_saturate((t + k.addend) >> k.shift);
  return (int8_t)(full ? q : rv_clamp(q, k.clampMin, k.clampMax));
}

/**
 * Requantises channels [c, c + n), n >= 1, of one patch or of two, whose accumulators stand four
 * and whose outputs `outStep` bytes apart. A function of its own, so that its constants stay in
 * registers over the loop.
 */
RV_NOINLINE static void rv_store(const rv_output *o, const int32_t *acc, int32_t c, int32_t n,
                                 int8_t *out, ptrdiff_t outStep, int pair) {
  const rv_channel_requant *r = o->r;
  const rv_rounder k = o->k;
  const int full = rv_clamps_nothing(k);
  if (r->rounding == RV_ROUND_FIXED) {
    const int32_t *multiplier = r->multiplier + c;
    do {
      const int32_t m = *multiplier++;
      out[0] = rv_fixed_output(acc[0], m, k, full);
      if (pair) {
        out[outStep] = rv_fixed_output(acc[4], m, k, full);
      }
      acc++;
      out++;
    } while (--n > 0);
  } else if (r->rounding == RV_ROUND_EVEN) {
    const int32_t *multiplier = r->multiplier + c;
    const uint8_t *even = r->even + c;
    do {
      out[0] = rv_requantise_even(acc[0], *multiplier, *even, k);
      RV_OPAQUE(pair);
      if (pair) {
        out[outStep] = rv_requantise_even(acc[4], *multiplier, *even, k);
      }
      multiplier++;
      even++;
      acc++;
      out++;
    } while (--n > 0);
  } else {
    for (const int32_t end = c + n; c < end; c++) {
      out[0] = rv_exact_output(r, acc[0], c);
      if (pair) {
        out[outStep] = rv_exact_output(r, acc[4], c);
      }
      acc++;
      out++;
    }
  }
}

/** acc + one channel of one patch. */
static inline int32_t rv_dot_1x1(const int8_t *x, const RV_WEIGHT *w, int32_t depth, int32_t acc) {
  for (const int8_t *end = x + depth; x != end; x++) {
    acc += (int32_t)*x * *w++;
  }
  return acc;
}

/** acc[4] (+)= bias[4] + four channels of one patch. */
RV_NOINLINE static void rv_dot_1x4(const int8_t *x, const RV_WEIGHT *w, int32_t depth,
                                   const int32_t *bias, int32_t *acc) {
  int32_t a0 = bias[0] + RV_CONV_HELD(acc, 0);
  int32_t a1 = bias[1] + RV_CONV_HELD(acc, 1);
  int32_t a2 = bias[2] + RV_CONV_HELD(acc, 2);
  int32_t a3 = bias[3] + RV_CONV_HELD(acc, 3);
#define RV_STEP()           \
  do {                      \
    const int32_t v = *x++; \
    a0 += v * *w++;         \
    a1 += v * *w++;         \
    a2 += v * *w++;         \
    a3 += v * *w++;         \
  } while (0)
  for (const int8_t *end = x + (depth & ~3); x != end;) {
    RV_STEP();
    RV_STEP();
    RV_STEP();
    RV_STEP();
  }
  for (const int8_t *end = x + (depth & 3); x != end;) {
    RV_STEP();
  }
#undef RV_STEP
  acc[0] = a0;
  acc[1] = a1;
  acc[2] = a2;
  acc[3] = a3;
}

/**
 * Output channels [first, first + channels) of one patch, out[0] being the first; `w` begins at
 * channel `first`.
 */
static inline void rv_conv_patch(const rv_output *o, const int32_t *bias, const int8_t *x,
                                 const RV_WEIGHT *w, int32_t depth, int32_t first, int32_t channels,
                                 int8_t *out) {
  int32_t acc[4];
  int32_t c = first;
  for (; channels >= 4; channels -= 4) {
    rv_dot_1x4(x, w, depth, bias + c, acc);
    rv_store(o, acc, c, 4, out, 0, 0);
    w += 4 * (ptrdiff_t)depth;
    out += 4;
    c += 4;
  }
  for (; channels > 0; channels--) {
    acc[0] = rv_dot_1x1(x, w, depth, bias[c]);
    rv_store(o, acc, c, 1, out, 0, 0);
    w += depth;
    out++;
    c++;
  }
}

#if RV_CONV_PATCHES == 2
/**
 * acc[0..3] (+)= bias[4] + four channels of the patch x0, acc[4..7] the same of x1. Eight
 * accumulators leave just enough registers for the operands: a function of its own keeps the
 * caller's variables out of the loop.
 */
RV_NOINLINE static void rv_dot_2x4(const int8_t *x0, const int8_t *x1, const RV_WEIGHT *w,
                                   int32_t depth, const int32_t *bias, int32_t *acc) {
  int32_t a0 = bias[0] + RV_CONV_HELD(acc, 0);
  int32_t a1 = bias[1] + RV_CONV_HELD(acc, 1);
  int32_t a2 = bias[2] + RV_CONV_HELD(acc, 2);
  int32_t a3 = bias[3] + RV_CONV_HELD(acc, 3);
  int32_t b0 = bias[0] + RV_CONV_HELD(acc, 4);
  int32_t b1 = bias[1] + RV_CONV_HELD(acc, 5);
  int32_t b2 = bias[2] + RV_CONV_HELD(acc, 6);
  int32_t b3 = bias[3] + RV_CONV_HELD(acc, 7);
#define RV_STEP()            \
  do {                       \
    const int32_t u = *x0++; \
    const int32_t v = *x1++; \
    int32_t q = *w++;        \
    a0 += u * q;             \
    b0 += v * q;             \
    q = *w++;                \
    a1 += u * q;             \
    b1 += v * q;             \
    q = *w++;                \
    a2 += u * q;             \
    b2 += v * q;             \
    q = *w++;                \
    a3 += u * q;             \
    b3 += v * q;             \
  } while (0)
  for (const int8_t *end = x0 + (depth & ~3); x0 != end;) {
    RV_STEP();
    RV_STEP();
    RV_STEP();
    RV_STEP();
  }
  for (const int8_t *end = x0 + (depth & 3); x0 != end;) {
    RV_STEP();
  }
#undef RV_STEP
  acc[0] = a0;
  acc[1] = a1;
  acc[2] = a2;
  acc[3] = a3;
  acc[4] = b0;
  acc[5] = b1;
  acc[6] = b2;
  acc[7] = b3;
}

/** As rv_conv_patch, for two patches. */
static inline void rv_conv_patch_pair(const rv_output *o, const int32_t *bias, const int8_t *x0,
                                      const int8_t *x1, const RV_WEIGHT *w, int32_t depth,
                                      int32_t first, int32_t channels, int8_t *out,
                                      ptrdiff_t outStep) {
  int32_t acc[8];
  int32_t c = first;
  for (; channels >= 4; channels -= 4) {
    rv_dot_2x4(x0, x1, w, depth, bias + c, acc);
    rv_store(o, acc, c, 4, out, outStep, 1);
    w += 4 * (ptrdiff_t)depth;
    out += 4;
    c += 4;
  }
  for (; channels > 0; channels--) {
    acc[0] = rv_dot_1x1(x0, w, depth, bias[c]);
    acc[4] = rv_dot_1x1(x1, w, depth, bias[c]);
    rv_store(o, acc, c, 1, out, outStep, 1);
    w += depth;
    out++;
    c++;
  }
}
#endif

#endif /* RV_CONV_BLOCK_H */
