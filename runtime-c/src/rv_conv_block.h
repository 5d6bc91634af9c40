/**
 * @file rv_conv_block.h
 * @brief Private to the plain C convolutions: dot products of one or two patches with all channels of a group.
 *
 * A patch is `depth` contiguous int8 values. Weights are packed in blocks of four output channels: block b is
 * [depth][4], the one to three channels that remain are [depth] each. Included after RV_WEIGHT is defined as the
 * weights' type (int8_t or int16_t).
 */
#ifndef RV_CONV_BLOCK_H
#define RV_CONV_BLOCK_H

#include <string.h>

#include "rv_kernels.h"
#include "rv_requantise.h"

/**
 * Patches computed side by side. Two halve the loads of weights, but need more registers than the eight that an
 * ARMv6-M instruction can address.
 */
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
#define RV_CONV_PATCHES 1
#else
#define RV_CONV_PATCHES 2
#endif

/** The roundings that few nodes need, kept out of line. */
RV_NOINLINE static void rv_store_rounded(const rv_channel_requant *r, const int32_t *acc, int32_t c, int32_t n,
                                         int8_t *out) {
  const rv_rounder k = rv_channel_rounder(r);
  for (int32_t i = 0; i < n; i++) {
    out[c + i] = rv_requantise_channel(acc[i], r, c + i, k);
  }
}

/** Requantises `n` channels from c on. */
static inline void rv_store_channels(const rv_channel_requant *r, rv_rounder k, const int32_t *acc, int32_t c,
                                     int32_t n, int8_t *out) {
  if (r->rounding == RV_ROUND_FIXED) {
    for (int32_t i = 0; i < n; i++) {
      out[c + i] = rv_requantise_fixed(acc[i], r->multiplier[c + i], k);
    }
  } else {
    rv_store_rounded(r, acc, c, n, out);
  }
}

/** acc[4] += four channels of one patch. */
static inline void rv_dot_1x4(const int8_t *x, const RV_WEIGHT *w, int32_t depth, int32_t *acc) {
  int32_t a0 = acc[0];
  int32_t a1 = acc[1];
  int32_t a2 = acc[2];
  int32_t a3 = acc[3];
  for (const int8_t *end = x + depth; x != end; x++) {
    const int32_t v = *x;
    a0 += v * w[0];
    a1 += v * w[1];
    a2 += v * w[2];
    a3 += v * w[3];
    w += 4;
  }
  acc[0] = a0;
  acc[1] = a1;
  acc[2] = a2;
  acc[3] = a3;
}

/** acc + one channel of one patch. */
static inline int32_t rv_dot_1x1(const int8_t *x, const RV_WEIGHT *w, int32_t depth, int32_t acc) {
  for (const int8_t *end = x + depth; x != end; x++) {
    acc += (int32_t)*x * *w++;
  }
  return acc;
}

/** Output channels [first, first + channels) of one patch; `w` begins at channel `first`. */
static inline void rv_conv_patch(const rv_channel_requant *r, rv_rounder k, const int32_t *bias, const int8_t *x,
                                 const RV_WEIGHT *w, int32_t depth, int32_t first, int32_t channels, int8_t *out) {
  int32_t acc[4];
  int32_t n;
  for (int32_t c = first; c < first + channels; c += n) {
    n = rv_min(first + channels - c, 4);
    for (int32_t i = 0; i < n; i++) {
      acc[i] = bias[c + i];
    }
    if (n == 4) {
      rv_dot_1x4(x, w, depth, acc);
      w += 4 * (ptrdiff_t)depth;
    } else {
      for (int32_t i = 0; i < n; i++) {
        acc[i] = rv_dot_1x1(x, w, depth, acc[i]);
        w += depth;
      }
    }
    rv_store_channels(r, k, acc, c, n, out);
  }
}

#if RV_CONV_PATCHES == 2
/**
 * acc[0..3] += four channels of the patch x0, acc[4..7] += the same of x1. Eight accumulators leave just enough
 * registers for the operands: a function of its own keeps the caller's variables out of the loop.
 */
RV_NOINLINE static void rv_dot_2x4(const int8_t *x0, const int8_t *x1, const RV_WEIGHT *w, int32_t depth,
                                   int32_t *acc) {
  int32_t a0 = acc[0];
  int32_t a1 = acc[1];
  int32_t a2 = acc[2];
  int32_t a3 = acc[3];
  int32_t b0 = acc[4];
  int32_t b1 = acc[5];
  int32_t b2 = acc[6];
  int32_t b3 = acc[7];
#define RV_STEP()             \
  do {                        \
    const int32_t u = *x0++;  \
    const int32_t v = *x1++;  \
    int32_t q = *w++;         \
    a0 += u * q;              \
    b0 += v * q;              \
    q = *w++;                 \
    a1 += u * q;              \
    b1 += v * q;              \
    q = *w++;                 \
    a2 += u * q;              \
    b2 += v * q;              \
    q = *w++;                 \
    a3 += u * q;              \
    b3 += v * q;              \
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
static inline void rv_conv_patch_pair(const rv_channel_requant *r, rv_rounder k, const int32_t *bias,
                                      const int8_t *x0, const int8_t *x1, const RV_WEIGHT *w, int32_t depth,
                                      int32_t first, int32_t channels, int8_t *out0, int8_t *out1) {
  int32_t acc[8];
  int32_t n;
  for (int32_t c = first; c < first + channels; c += n) {
    n = rv_min(first + channels - c, 4);
    for (int32_t i = 0; i < n; i++) {
      acc[i] = bias[c + i];
      acc[4 + i] = acc[i];
    }
    if (n == 4) {
      rv_dot_2x4(x0, x1, w, depth, acc);
      w += 4 * (ptrdiff_t)depth;
    } else {
      for (int32_t i = 0; i < n; i++) {
        acc[i] = rv_dot_1x1(x0, w, depth, acc[i]);
        acc[4 + i] = rv_dot_1x1(x1, w, depth, acc[4 + i]);
        w += depth;
      }
    }
    rv_store_channels(r, k, acc, c, n, out0);
    rv_store_channels(r, k, acc + 4, c, n, out1);
  }
}
#endif

#endif /* RV_CONV_BLOCK_H */
