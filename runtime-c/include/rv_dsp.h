/**
 * @file rv_dsp.h
 * @brief What the kernels for the DSP extension (Cortex-M4, M7, M33) share: block products and
 * requantisation.
 *
 * Hot loops are naked functions, so that no compiler option changes their registers. Each has a C
 * twin with the same inputs, outputs and packing: a package built for a DSP core also runs on a
 * host.
 *
 * int16 pairs are made from four int8 by SXTB16: elements 0 and 2 are the first pair, 1 and 3 the
 * second.
 */
#ifndef RV_DSP_H
#define RV_DSP_H

#include <string.h>

#include "rv_kernels.h"
#include "rv_requantise.h"

/** @brief 1: assembly. Defined as 0, the C twins are compiled for any core. */
#ifndef RV_DSP
#if defined(__ARM_FEATURE_DSP) && defined(__ARM_ARCH_PROFILE) && defined(__GNUC__)
#if (__ARM_FEATURE_DSP == 1) && (__ARM_ARCH_PROFILE == 'M')
#define RV_DSP 1
#endif
#endif
#endif
#ifndef RV_DSP
#define RV_DSP 0
#endif

#if RV_DSP && defined(__clang__)
/* A naked function is one string of assembly, longer than C99 promises to take. */
#pragma clang diagnostic ignored "-Woverlength-strings"
#endif

/**
 * @brief 1: Cortex-M7, which issues two instructions a cycle and takes other forms of some loops.
 * Compilers tell it by its floating-point unit, which has double precision where Cortex-M4's has
 * not; define it as 1 for one that has not.
 */
#ifndef RV_M7
#if defined(__ARM_ARCH_7EM__) && defined(__ARM_FP)
#if (__ARM_FP & 8) != 0
#define RV_M7 1
#endif
#endif
#endif
#ifndef RV_M7
#define RV_M7 0
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Four bytes at any address, little endian. */
static inline uint32_t rv_load32(const void *p) {
  uint32_t x;
  memcpy(&x, p, sizeof x);
  return x;
}

static inline void rv_store32(void *p, uint32_t x) {
  memcpy(p, &x, sizeof x);
}

/** @brief (low of a, low of b) */
static inline uint32_t rv_low_low(uint32_t a, uint32_t b) {
#if RV_DSP
  uint32_t pair;
  __asm("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
#else
  return (a & 0xFFFFu) | (b << 16);
#endif
}

/** @brief (high of a, high of b) */
static inline uint32_t rv_high_high(uint32_t a, uint32_t b) {
#if RV_DSP
  uint32_t pair;
  __asm("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(b), "r"(a));
  return pair;
#else
  return (a >> 16) | (b & 0xFFFF0000u);
#endif
}

/** @brief Low half and high half of a pair of int16. */
static inline int32_t rv_low(uint32_t pair) {
  return (int16_t)(pair & 0xFFFFu);
}

static inline int32_t rv_high(uint32_t pair) {
  return (int16_t)(pair >> 16);
}

/** @brief Bytes 0 and 2 of x as a pair of int16 (SXTB16). */
static inline uint32_t rv_even_bytes(uint32_t x) {
#if RV_DSP
  uint32_t pair;
  __asm("sxtb16 %0, %1" : "=r"(pair) : "r"(x));
  return pair;
#else
  const int32_t low = (int8_t)(x & 0xFFu);
  const int32_t high = (int8_t)((x >> 16) & 0xFFu);
  return ((uint32_t)low & 0xFFFFu) | ((uint32_t)high << 16);
#endif
}

/** @brief Bytes 1 and 3 of x as a pair of int16. */
static inline uint32_t rv_odd_bytes(uint32_t x) {
#if RV_DSP
  uint32_t pair;
  __asm("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(x));
  return pair;
#else
  return rv_even_bytes(x >> 8);
#endif
}

/** @brief sums + bytes 0 and 2 of x (SXTAB16); each half wraps. */
static inline uint32_t rv_add_even_bytes(uint32_t sums, uint32_t x) {
#if RV_DSP
  uint32_t pair;
  __asm("sxtab16 %0, %1, %2" : "=r"(pair) : "r"(sums), "r"(x));
  return pair;
#else
  const uint32_t pair = rv_even_bytes(x);
  return ((sums + pair) & 0xFFFFu) | (((sums & 0xFFFF0000u) + (pair & 0xFFFF0000u)));
#endif
}

/** @brief sums + bytes 1 and 3 of x. */
static inline uint32_t rv_add_odd_bytes(uint32_t sums, uint32_t x) {
#if RV_DSP
  uint32_t pair;
  __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(pair) : "r"(sums), "r"(x));
  return pair;
#else
  return rv_add_even_bytes(sums, x >> 8);
#endif
}

/** @brief Minus an int8 as both halves. */
static inline uint32_t rv_minus_twice(int32_t zeroPoint) {
  return ((uint32_t)-zeroPoint & 0xFFFFu) * 0x10001u;
}

/** @brief The last 1 to 3 bytes, zeros after them, as a word. */
static inline uint32_t rv_load_tail(const int8_t *p, int32_t n) {
  uint32_t x = (uint8_t)p[0];
  if (n > 1) {
    x |= (uint32_t)(uint8_t)p[1] << 8;
  }
  if (n > 2) {
    x |= (uint32_t)(uint8_t)p[2] << 16;
  }
  return x;
}

/** @brief Requantises accumulators: registers in, registers out (rv_requantise_dsp.c). */
typedef void (*rv_dsp_requantise)(void);

/** @brief Clamps of a node after its fixed rounding. The fields' order is known to assembly. */
typedef struct {
  rv_dsp_requantise fixed; /**< 0: the routine without them */
  void *back;              /**< 4: where it came from */
  int32_t low;             /**< 8 */
  int32_t high;            /**< 12 */
} rv_dsp_clamps;

/** @brief What becomes of a dot product's accumulators. */
enum {
  RV_SUMS_NONE = 0, /**< int8 */
  RV_SUMS_SET = 1,  /**< The sums of a first slice of inputs. */
  RV_SUMS_ADD = 2,  /**< Added to the sums of the slices before. */
  RV_SUMS_LAST = 3  /**< So added, then int8. */
};

/**
 * @brief How accumulators of a convolution become int8.
 *
 * Fast: fixed rounding or ties to even, no left shift. Everything else goes through
 * rv_dsp_round_pairs.
 *
 * Ties to even, fast: a tie is where the sum u = t + addend has n zeros at its end, and it is one
 * too many where the bit above them says that the result without zero point is odd. 1 less is
 * right there, and changes nothing elsewhere. So a channel's mask in the packing is 2^n, or 0 where
 * ties go up: u - (u & mask) / 2^n, with ~u for u where the zero point is odd.
 */
typedef struct {
  rv_dsp_clamps clamps;      /**< First: known to assembly. */
  int32_t *sums;             /**< 16, known to assembly: RV_SUMS_LAST's next sums. */
  rv_dsp_requantise then[2]; /**< 20, 24: how those of one, of three pixels become int8. */
  int32_t keep;              /**< RV_SUMS_* */
  /** 32, known to assembly: -2^(32 - n) where ties go to even; n where rv_dsp_is_plain; or 0. */
  int32_t unit;
  int32_t shift;         /**< 36, known to assembly: n */
  rv_dsp_requantise one; /**< 40, known to assembly: clamps.fixed for one pixel. */
  const rv_channel_requant *requant;
  rv_rounder rounder;
  int32_t fast;     /**< 1: the common case, multipliers in the packing. */
  int32_t masks;    /**< 1: and masks of ties behind them. */
  int32_t channel;  /**< Channel of the next accumulator pair. */
  int32_t channels; /**< One after the last channel. */
  int32_t first;    /**< First of six accumulators that means something: 0, 2 or 4. */
} rv_dsp_rounding;

/** @brief The rounding of r's channels. */
RV_HOT void rv_dsp_begin_rounding(rv_dsp_rounding *rounding, const rv_channel_requant *r);

/** @brief The routine for accumulators first..5 of six; first is 0 or 4. */
RV_HOT rv_dsp_requantise rv_dsp_entry(const rv_dsp_rounding *rounding, int32_t first);

/** @brief 1 where a node clamps within int8's range. */
static inline int rv_clamps_within(const rv_channel_requant *r) {
  return (r->clampMin != -128) || (r->clampMax != 127);
}

/** @brief 1 where accumulators are but multiplied, shifted and saturated. */
static inline int rv_dsp_is_plain(const rv_dsp_rounding *rounding) {
  return (rounding->fast != 0) && (rounding->masks == 0) && !rv_clamps_within(rounding->requant);
}

#if RV_DSP
/* Register r limited to low..high. */
#define RV_CLAMP(r, low, high) \
  "cmp " r ", " low            \
  "\n"                         \
  "it lt\n"                    \
  "movlt " r ", " low          \
  "\n"                         \
  "cmp " r ", " high           \
  "\n"                         \
  "it gt\n"                    \
  "movgt " r ", " high "\n"
#endif

/** @brief acc[i], channels alternating from rounding->channel, becomes int8; then the channel moves
 * on by two. */
RV_HOT void rv_dsp_round_pairs(int32_t *acc, rv_dsp_rounding *rounding);

/** @brief One pass of a pixel block over pairs of output channels. The order of the fields is known
 * to assembly. */
typedef struct {
  int8_t *out;                  /**< First channel of pixel 0; or the sums, see rv_dot_keep. */
  int32_t step1;                /**< Bytes from pixel 0 to pixel 1 of the output. */
  int32_t step2;                /**< Bytes from pixel 0 to pixel 2 of the output. */
  const int16_t *x;             /**< Staged pixels, 4-byte aligned. */
  const int8_t *outEnd;         /**< out + 2 * pairs */
  const int16_t *loopEnd;       /**< Where a loop over the inputs ends. */
  int32_t addend;               /**< Zero point and half a step, before the shift. */
  rv_dsp_requantise requantise; /**< On M7 NULL where rv_dsp_is_plain. */
  const uint32_t *weights;      /**< Stream of channel pairs, see rv_dot_blocks. */
  rv_dsp_rounding *rounding;
  int32_t steps; /**< Inputs / 4, padding included, >= 1. */
} rv_dot;

/**
 * @brief Products of staged pixels with pairs of output channels.
 *
 * x of three pixels: for each 4 inputs the three pixels' first pairs, then their second pairs
 * (rv_widen3); of one pixel: pairs in order (rv_widen1).
 *
 * weights: for each pair of channels a, b
 *   for each 4 inputs two words, elements 0 and 2 of both channels, then 1 and 3;
 *   after the first two words int32 start a, int32 start b;
 *   at the end int32 multiplier a, int32 multiplier b; where ties go to even, fast, int32 mask a,
 *   int32 mask b.
 */
typedef struct {
  void (*three)(const rv_dot *d);
  void (*one)(const rv_dot *d);
  /** As three, where rv_dsp_is_plain, n <= RV_DOT_PLAIN_SHIFT, and no sums are kept. */
  void (*plain)(const rv_dot *d);
} rv_dot_blocks;

/** @brief Zero point and half a step, times 2^8 more, stay within int32 beside a product. */
enum { RV_DOT_PLAIN_SHIFT = 14 };

/**
 * @brief Blocks for summed words: halves [a0 + 256 b0, a2 + 256 b2], starts bias a and bias a + 256
 * bias b mod 2^32.
 *
 * A word's SXTB16 gives channel a's weights; the word itself sums a + 256 b. So b costs no
 * widening: b = (sum - a) / 256, exact where b fits 24 bits, which the compiler proves.
 */
extern const rv_dot_blocks rv_dot_s8;

/** @brief Blocks for separate bytes [a0, b0, a2, b2], starts bias a and bias b: any weights and
 * biases. */
extern const rv_dot_blocks rv_dot_wide_s8;

/** @brief A convolution over staged pixels: what its calls have in common. */
typedef struct {
  const rv_dot_blocks *blocks;
  void (*pixels)(const rv_dot *d); /**< The block for three pixels. */
  rv_dot three;
  rv_dot one;
  rv_dsp_rounding rounding;
  const uint32_t *weights;
  int32_t pairWords; /**< Of one channel pair in the stream. */
  int32_t firstChannel;
  int32_t channels;
} rv_dot_job;

/** @brief Starts a job over pixels of `inputs` inputs that will be staged at `staged`. */
RV_HOT void rv_dot_begin(rv_dot_job *job, const rv_dot_blocks *blocks, const rv_channel_requant *r,
                         const int16_t *staged, int32_t inputs);

/** @brief Chooses output channels [first, first + channels) and their stream. */
RV_HOT void rv_dot_channels(rv_dot_job *job, int32_t first, int32_t channels,
                            const uint32_t *weights);

/** @brief The last of an odd number of channels, for `pixels` pixels. */
RV_HOT void rv_dot_last_channel(rv_dot_job *job, int32_t pixels, int8_t *const *out);

/** @brief The chosen channels of three staged pixels; out[i] is pixel i's first of them. */
static inline void rv_dot_three(rv_dot_job *job, int8_t *const *out) {
  rv_dot *d = &job->three;
  const int32_t even = job->channels & ~1;
  if (even > 0) {
    job->rounding.first = 0;
    job->rounding.channel = job->firstChannel;
    d->out = out[0];
    d->outEnd = out[0] + even;
    d->step1 = (int32_t)(out[1] - out[0]);
    d->step2 = (int32_t)(out[2] - out[0]);
    job->pixels(d);
  }
  if (even != job->channels) {
    rv_dot_last_channel(job, 3, out);
  }
}

/** @brief The chosen channels of one staged pixel. */
static inline void rv_dot_one(rv_dot_job *job, int8_t *const *out) {
  rv_dot *d = &job->one;
  const int32_t even = job->channels & ~1;
  if (even > 0) {
    job->rounding.first = 4;
    job->rounding.channel = job->firstChannel;
    d->out = out[0];
    d->outEnd = out[0] + even;
    job->blocks->one(d);
  }
  if (even != job->channels) {
    rv_dot_last_channel(job, 1, out);
  }
}

/**
 * @brief Makes a job one over a slice of inputs, the first one, the last one, or between.
 *
 * Sums stand in the order of the calls: for three pixels six words for each pair of channels, a and
 * b of pixel 0, of pixel 1 and of pixel 2; for one pixel two words.
 */
RV_HOT void rv_dot_begin_slice(rv_dot_job *job, int32_t first, int32_t last, int32_t *sums);

/** @brief Of all slices but the last one, instead of rv_dot_three and rv_dot_one: sums of staged
 * pixels. Returns their end. */
RV_HOT int32_t *rv_dot_keep(rv_dot_job *job, int32_t pixels, int32_t *sums);

/** @brief Stages 4 * n inputs of three pixels; n >= 1. Returns the end. */
int16_t *rv_widen3(const int8_t *p0, const int8_t *p1, const int8_t *p2, int16_t *to, int32_t n);

/** @brief Rows of a receptive field. The order of the fields is known to assembly. */
typedef struct {
  int32_t words; /**< Inputs of a row / 4, >= 1. */
  int32_t rows;  /**< >= 1 */
  int32_t skip;  /**< Bytes from a row's last input to the next row's first. */
} rv_widen_rows;

/** @brief As rv_widen3, row by row, three fields that begin `step` bytes apart. */
RV_HOT void rv_widen3_rows(const int8_t *from, int32_t step, int16_t *to,
                           const rv_widen_rows *rows);

/** @brief Stages 4 * n inputs of one pixel: pairs (0, 2), (1, 3), (4, 6) ... Returns the end. */
RV_HOT int16_t *rv_widen1(const int8_t *from, int16_t *to, int32_t n);

/** @brief Stages the last inputs % 4 inputs of `pixels` (1 or 3) pixels, from byte `at` on, and
 * zeros after them. */
RV_HOT void rv_widen_tail(const int8_t *const *pixel, int32_t pixels, int32_t at, int16_t *to,
                          int32_t tail);

/** @brief Stages `inputs` neighbouring inputs of three pixels, zeros to a multiple of 4. */
static inline void rv_stage_three(const int8_t *const *pixel, int16_t *to, int32_t inputs) {
  if (inputs >= 4) {
    to = rv_widen3(pixel[0], pixel[1], pixel[2], to, inputs / 4);
  }
  if ((inputs & 3) != 0) {
    rv_widen_tail(pixel, 3, inputs & ~3, to, inputs & 3);
  }
}

/** @brief Stages `inputs` neighbouring inputs of one pixel, zeros to a multiple of 4. */
static inline void rv_stage_one(const int8_t *const *pixel, int16_t *to, int32_t inputs) {
  to = rv_widen1(pixel[0], to, inputs / 4);
  if ((inputs & 3) != 0) {
    rv_widen_tail(pixel, 1, inputs & ~3, to, inputs & 3);
  }
}

#ifdef __cplusplus
}
#endif

#endif /* RV_DSP_H */
