/**
 * @file rv_dot_mve.h
 * @brief Private to the MVE convolutions: dot products of vectors with all output channels,
 * requantised.
 *
 * A vector is `depth` contiguous int8 values: a pixel, or a receptive field. The packed stream of
 * the output channels is a sequence of groups: groups of 16 while 16 channels are left, then groups
 * of 8 while more than 4 are left, then one of 4. A group of 16, 8 or 4 lanes consists of 4, 2 or 1
 * quads:
 *
 *   for each quad   int32 bias[4]; then for each 16 values of depth: int8 weights[4][16], zero
 * beyond depth then            int32 multiplier[4] for each quad, left out where requantisation
 * takes the general path
 *
 * Lane i of quad q is channel 4i + {0, 2, 1, 3}[q] of a group of 16, 2i + q of one of 8, i of one
 * of 4: the order in which two narrowing steps leave channels contiguous. Channels that do not
 * exist are zero.
 */
#ifndef RV_DOT_MVE_H
#define RV_DOT_MVE_H

#include "rv_types.h"

/** True where MVE code is compiled; its C twin otherwise. */
#if defined(__ARM_FEATURE_MVE)
#define RV_MVE 1
#else
#define RV_MVE 0
#endif

/**
 * A run: pairs of vectors, then perhaps one more. The fast requantisation (fixed rounding, no left
 * shift, shift <= 9, no clamps) computes t = floor((2 * acc * M + addend * 2^32) / 2^32) with
 * VQDMLASH, then (t + 2) >> (n + 1) in steps of 2 and n - 1 bits. Floors nest, and saturation only
 * meets results that the narrowing saturates anyway.
 */
typedef struct {
  const int8_t *in[2]; /**< Vectors of the first pair. */
  int8_t *out[2];      /**< Where their results go. */
  ptrdiff_t inStep;    /**< Bytes from a pair's vectors to the next pair's. */
  ptrdiff_t outStep;   /**< Bytes from a pair's results to the next pair's, less `advance`. */
  int32_t pairs;       /**< >= 0 */
  int32_t single;      /**< 0, or 1 for one vector more: at in[0] after the pairs' steps. */
  const uint8_t *weights;
  const uint8_t *end16;              /**< End of the groups of 16. */
  int32_t in8;                       /**< Channels in groups of 8. */
  int32_t in4;                       /**< Channels in the group of 4. */
  int32_t blocks;                    /**< ceil(depth / 16) */
  int32_t lastBlock;                 /**< Values read in the last block, 1..16. */
  int32_t addend;                    /**< zeroPoint * 2^(n+1) + 2^n - 2 */
  int32_t shift;                     /**< 1 - n */
  const rv_channel_requant *requant; /**< NULL for the fast requantisation. */
  int32_t channel;                   /**< Number of the first output channel in `requant`. */
  /** Requantises a group on the general path. */
  void (*general)(void *frame, int32_t channels, int32_t quads, const int32_t *acc);
  ptrdiff_t advance; /**< Bytes by which a result's pointer moves over its groups. */
} rv_dot_run;

/**
 * Describes `channels` output channels whose stream is at `weights`, the first being number
 * `channel` in `requant`. Vectors, results, steps and counts stay to be set. Returns the end of the
 * stream.
 */
RV_HOT const uint8_t *rv_dot_prepare(rv_dot_run *run, const uint8_t *weights, int32_t depth,
                                     int32_t channel, int32_t channels,
                                     const rv_channel_requant *requant);

/** Computes a run; its vectors, results and number of pairs are then no longer what they were. */
RV_HOT void rv_dot_s8_mve(rv_dot_run *run);

/** int32 sums of a vector whose values come in slices. */
static inline int32_t rv_slice_words(int32_t channels) {
  return (channels + 3) & ~3;
}

/**
 * Computes a run over a slice of at most 48 values of its vectors. Accumulators begin at the sums
 * in memory, for which the stream has no biases, and go back there; where the slice is the last one
 * (`results`), they also make results. Sums stand in the order of the run: of a pair, for each quad
 * four of the first vector and four of the second.
 */
RV_HOT void rv_dot_slice_s8_mve(const rv_dot_run *run, int32_t channels, int32_t *sums,
                                int32_t results);

/** Its part (MVE only): at least one pair; with `single` one vector, which stands at both places of
 * a pair. */
RV_HOT void rv_dot_slice_mve(const rv_dot_run *run, int32_t *sums, int32_t results, int32_t single);

/** What both do without MVE; `sums` NULL: biases are in the stream, and every vector makes results.
 */
RV_HOT void rv_dot_twin(const rv_dot_run *run, int32_t channels, int32_t *sums, int32_t results);

/** Parts of rv_dot_s8_mve (MVE only): at least one pair of at most 48 values, requantised fast; and
 * everything else. */
RV_HOT void rv_dot_short_mve(const rv_dot_run *run);
RV_HOT void rv_dot_long_mve(const rv_dot_run *run);

#endif /* RV_DOT_MVE_H */
