/**
 * @file rv_kernels_epilogue.h
 * @brief What stands between int32 sums and their results where a network leaves them in real
 * numbers, and the kernels that end in it.
 *
 * An epilogue takes the sums of a few pixels through its stages, one after the other, in 32-bit
 * fixed point, and rounds them once. With v an element of channel c, M = negative[c] where v < 0
 * and positive[c] elsewhere, and x the element of an operand:
 *
 *   scale     v = floor(v * 2^leftShift * M / 2^32) + addend[c]
 *   clamp     v = min(max(v, min), max)
 *   add       v += floor((x - zeroPoint) * 2^leftShift * multiplier / 2^32)
 *   multiply  v = floor(v * 2^valueShift * (x - zeroPoint) * 2^leftShift / 2^32)
 *   curve     v = c0 + floor(t * (c1 + floor(t * c2 / 2^32)) / 2^32): parabolas over segments of
 * 2^shift, which is one for each piece, and straight lines beyond the first and the last
 *
 * The compiler has proven that nothing here overflows.
 */
#ifndef RV_KERNELS_EPILOGUE_H
#define RV_KERNELS_EPILOGUE_H

#include "rv_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  RV_STAGE_SCALE = 0,
  RV_STAGE_CLAMP = 1,
  RV_STAGE_ADD = 2,
  RV_STAGE_MULTIPLY = 3,
  RV_STAGE_CURVE = 4
};

/** @brief One stage; fields that its kind does not name are zero. */
typedef struct {
  const int32_t *positive; /**< Scale: [channels], or one for all. Curve: [pieces][3], base, shift,
                              first segment. */
  const int32_t *negative; /**< Scale: for v < 0; NULL: as positive. */
  const int32_t *addend;   /**< Scale: NULL: nothing. Curve: [segments][3], c0, c1, c2. */
  int32_t min;        /**< Clamp. Add: multiplier. Curve: first argument beyond the segments. */
  int32_t max;        /**< Clamp. Curve: pieces. */
  int32_t slopeBelow; /**< Curve: slopes beyond the segments, by 2^32. */
  int32_t slopeAbove;
  uint8_t kind;      /**< RV_STAGE_* */
  uint8_t leftShift; /**< Scale, add, multiply. */
  uint8_t valueShift;
  uint8_t perChannel; /**< Scale: bit 0 positive, bit 1 negative, bit 2 addend have one entry a
                         channel. */
  uint8_t operand;    /**< Add, multiply: which. */
  uint8_t wide;       /**< Add, multiply: the operand is int32, else int8. */
  uint8_t broadcast;  /**< Add, multiply: RV_BROADCAST_* of the operand. */
  int8_t zeroPoint;
} rv_stage;

enum {
  RV_RESULT_SHIFT = 0,   /**< round(v / 2^shift) + zeroPoint, clamped */
  RV_RESULT_STEPS = 1,   /**< codes[number of thresholds <= v] */
  RV_RESULT_REQUANT = 2, /**< rv_channel_requant */
  RV_RESULT_SUMS = 3     /**< v itself, int32 */
};

typedef struct {
  const rv_stage *stages;
  const rv_channel_requant *requant; /**< RV_RESULT_REQUANT */
  const int32_t *thresholds;         /**< RV_RESULT_STEPS: [count], ascending */
  const int8_t *codes;               /**< [count + 1] */
  /** Where the search for v begins, by (v - thresholds[0]) >> bucketShift. */
  const uint16_t *starts;
  int32_t count;
  uint8_t stageCount;
  uint8_t result; /**< RV_RESULT_* */
  uint8_t bucketShift;
  uint8_t shift; /**< RV_RESULT_SHIFT: 1..22 */
  uint8_t even;  /**< Ties go to even. */
  int8_t zeroPoint;
  int8_t clampMin, clampMax;
} rv_epilogue;

/** @brief A convolution that ends in an epilogue: `in` of its kernels is an array, the operands
 * behind the input. */
typedef struct {
  rv_conv_params conv; /**< Its requantisation means nothing. */
  rv_epilogue epilogue;
} rv_conv_epilogue_params;

/** @brief An epilogue by itself, on int8 (less inputZeroPoint) or int32 elements. */
typedef struct {
  rv_epilogue epilogue;
  int32_t channels;
  int8_t inputZeroPoint;
  uint8_t wide; /**< The input is int32. */
} rv_elementwise_params;

/** @brief Sums over a window, each with the epilogue of its divisor (see rv_average_pool_params).
 */
typedef struct {
  const int32_t *divisors;      /**< [divisorCount] */
  const rv_epilogue *epilogues; /**< [divisorCount] */
  int32_t divisorCount;
  int32_t channels;
  uint16_t kernelH, kernelW, strideH, strideW, dilationH, dilationW;
  int16_t padTop, padLeft, padBottom, padRight;
  uint8_t countIncludePad;
  int8_t inputZeroPoint;
  uint8_t wide; /**< The input is int32. */
} rv_pool_sums_params;

/**
 * @brief Sums of channels [first, first + count) of output pixel (y, x) become results.
 *
 * @param sums      [count]; overwritten
 * @param operands  views of the tensors that the stages read
 * @param out       the pixel's first channel
 */
RV_HOT void rv_epilogue_pixel(const rv_epilogue *e, int32_t *sums, int32_t first, int32_t count,
                              int32_t y, int32_t x, const rv_view *operands, int8_t *out);

/**
 * @brief Convolution of any geometry and grouping with an epilogue.
 *
 * @param p        weights as for rv_conv2d_s8
 * @param in       [0] the input; [1] and on the operands
 * @param scratch  the sums of two pixels, 8 * outChannels bytes, then 2 * depth bytes as for
 * rv_conv2d_s8
 */
RV_HOT void rv_conv2d_epilogue_s8(const rv_conv_epilogue_params *p, const rv_view *in,
                                  const rv_view *out, const rv_window *w, void *scratch);

/** @brief As rv_conv2d_epilogue_s8 with int16 weights. */
RV_HOT void rv_conv2d_epilogue_s8w16(const rv_conv_epilogue_params *p, const rv_view *in,
                                     const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief Depthwise convolution of any geometry with an epilogue, outChannels == inChannels.
 *
 * @param p        weights int8 [kernelH][kernelW][channels]
 * @param scratch  the sums of a pixel, 4 * channels bytes
 */
RV_HOT void rv_depthwise_conv2d_epilogue_s8(const rv_conv_epilogue_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief Transposed convolution with an epilogue.
 *
 * @param p        weights and biases as for rv_conv_transpose2d_s8
 * @param scratch  the sums of a pixel, 4 * outChannels bytes, then kernelH * kernelW * inChannels /
 * groups bytes
 */
RV_HOT void rv_conv_transpose2d_epilogue_s8(const rv_conv_epilogue_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);

/** @brief As rv_conv_transpose2d_epilogue_s8 with int16 weights. */
RV_HOT void rv_conv_transpose2d_epilogue_s8w16(const rv_conv_epilogue_params *p, const rv_view *in,
                                               const rv_view *out, const rv_window *w,
                                               void *scratch);

/**
 * @brief An epilogue on the elements of a tensor.
 *
 * @param in       [0] the input; [1] and on the operands
 * @param scratch  4 * channels bytes
 */
RV_HOT void rv_elementwise_s8(const rv_elementwise_params *p, const rv_view *in, const rv_view *out,
                              const rv_window *w, void *scratch);

/**
 * @brief Sums over windows with an epilogue.
 *
 * @param in       [0] the input; [1] and on the operands
 * @param scratch  4 * channels bytes
 */
RV_HOT void rv_pool_sums_s8(const rv_pool_sums_params *p, const rv_view *in, const rv_view *out,
                            const rv_window *w, void *scratch);

/**
 * @brief Global sums fed row by row, without operands: adds a part of the input to the channels'
 * sums.
 *
 * @param p     a window of the whole image, without padding
 * @param w     part of the *input* to add: [y, y + rows) x [x, x + cols)
 * @param sums  [channels], zeroed by the caller before the first part; each pixel is added once
 */
RV_HOT void rv_pool_sums_accumulate_s8(const rv_pool_sums_params *p, const rv_view *in,
                                       const rv_window *w, int32_t *sums);

/**
 * @brief Global sums fed row by row: the output pixel from the sums of the whole image, which are
 * overwritten.
 */
RV_HOT void rv_pool_sums_finish_s8(const rv_pool_sums_params *p, const rv_view *in,
                                   const rv_view *out, int32_t *sums);

/**
 * @brief As rv_conv2d_epilogue_s8 for the DSP extension.
 *
 * @param p        weights: rv_dot_s8's stream (rv_dsp.h), as for rv_conv2d_s8_dsp
 * @param scratch  with c channels of a group, rounded up to 2: the sums of three pixels and a line
 * of them, 16 * c bytes (8 * c for less than three pixels), then as for rv_conv2d_s8_dsp
 */
RV_HOT void rv_conv2d_epilogue_s8_dsp(const rv_conv_epilogue_params *p, const rv_view *in,
                                      const rv_view *out, const rv_window *w, void *scratch);

/** @brief As rv_conv2d_epilogue_s8_dsp with the stream of rv_dot_wide_s8, for any weights and
 * biases. */
RV_HOT void rv_conv2d_epilogue_wide_s8_dsp(const rv_conv_epilogue_params *p, const rv_view *in,
                                           const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief As rv_conv2d_epilogue_s8 for MVE.
 *
 * @param p        weights int8 [groups][channels of a group, rounded up to 4][depth, rounded up to
 * 16], biases likewise
 * @param scratch  the sums of a group, 4 * channels rounded up to 4, then a field of depth rounded
 * up to 16
 */
RV_HOT void rv_conv2d_epilogue_s8_mve(const rv_conv_epilogue_params *p, const rv_view *in,
                                      const rv_view *out, const rv_window *w, void *scratch);

/** @brief As rv_depthwise_conv2d_epilogue_s8 for MVE. */
RV_HOT void rv_depthwise_conv2d_epilogue_s8_mve(const rv_conv_epilogue_params *p, const rv_view *in,
                                                const rv_view *out, const rv_window *w,
                                                void *scratch);

#ifdef __cplusplus
}
#endif

#endif /* RV_KERNELS_EPILOGUE_H */
