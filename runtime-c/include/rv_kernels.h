/**
 * @file rv_kernels.h
 * @brief Prototypes and parameters of the plain C kernels. int8 activations in HWC order.
 *
 * Every kernel takes (params, input view(s), output view, window, scratch) and computes the window's part of the
 * output. Rounding is the node's (rv_types.h); results are equal, byte for byte, to compiler/reference/int8.ts.
 * `scratch` may be NULL where a kernel states that it needs none. Kernels for an instruction set are declared in
 * rv_kernels_dsp.h and rv_kernels_mve.h.
 */
#ifndef RV_KERNELS_H
#define RV_KERNELS_H

#include "rv_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Convolution of every kind: conv2d, grouped, depthwise, 1x1, fully connected (1x1 on a 1x1 image), and
 * their transposes.
 */
typedef struct {
  const void *weights;  /**< Order given by the kernel: OHWI int8 for the plain C kernels. */
  const int32_t *bias;  /**< [outChannels], input zero point folded in; NULL where the packing carries it. */
  rv_channel_requant requant;
  int32_t inChannels;
  int32_t outChannels;
  int32_t groups;
  uint16_t kernelH, kernelW;
  uint16_t strideH, strideW;
  uint16_t dilationH, dilationW;
  int16_t padTop, padLeft;
  int8_t inputZeroPoint; /**< What a tap outside the image reads. */
} rv_conv_params;

/** @brief 64-bit form of an addition: roundHalfEven((a * numeratorA + b * numeratorB + numeratorC) / denominator). */
typedef struct {
  int64_t numeratorA, numeratorB, numeratorC, denominator;
} rv_add_exact;

/** @brief Elementwise a * multiplierA + b * multiplierB + addend, then (t + half) >> shift, + zeroPoint, clamp. */
typedef struct {
  const rv_add_exact *exact; /**< NULL unless rounding is RV_ROUND_EXACT. */
  int32_t multiplierA;
  int32_t multiplierB;
  int32_t addend;
  uint8_t rounding;
  uint8_t shift;
  int8_t zeroPoint;
  int8_t clampMin;
  int8_t clampMax;
  int32_t channels;
  uint8_t broadcastA; /**< RV_BROADCAST_* axes on which a has extent 1. */
  uint8_t broadcastB;
} rv_add_params;

enum { RV_BROADCAST_H = 1, RV_BROADCAST_W = 2, RV_BROADCAST_C = 4 };
enum { RV_AXIS_H = 0, RV_AXIS_W = 1, RV_AXIS_C = 2 };

typedef struct {
  rv_requant requant;
  int32_t channels;
  int8_t zeroPointA;
  int8_t zeroPointB;
  uint8_t broadcastA;
  uint8_t broadcastB;
} rv_mul_params;

typedef struct {
  int32_t channels;
  uint8_t isMax;
  uint8_t broadcastA;
  uint8_t broadcastB;
} rv_min_max_params;

typedef struct {
  const int8_t *table; /**< [256], index x + 128. */
  int32_t channels;
} rv_lut_params;

typedef struct {
  rv_requant positive;
  rv_channel_requant negative;
  int32_t channels;
  int8_t inputZeroPoint;
} rv_prelu_params;

typedef struct {
  int32_t channels;
  uint16_t kernelH, kernelW, strideH, strideW, dilationH, dilationW;
  int16_t padTop, padLeft;
  int8_t clampMin, clampMax;
} rv_max_pool_params;

typedef struct {
  const int32_t *divisors;    /**< [divisorCount] */
  const rv_requant *requants; /**< [divisorCount] */
  int32_t divisorCount;
  int32_t channels;
  uint16_t kernelH, kernelW, strideH, strideW, dilationH, dilationW;
  int16_t padTop, padLeft, padBottom, padRight;
  uint8_t countIncludePad;
  int8_t inputZeroPoint;
} rv_average_pool_params;

typedef struct {
  const uint32_t *table; /**< [256], exp(-d * scale) in fixed point */
  rv_requant requant;
  int32_t channels;
} rv_softmax_params;

typedef struct {
  int32_t channels;
  uint8_t lastIndex;
} rv_arg_max_params;

/** @brief out(y, x, c) = in(startY + y * stepY, startX + x * stepX, startC + c * stepC). Slice, and Concat's copies. */
typedef struct {
  int32_t startY, startX, startC;
  int32_t stepY, stepX, stepC;
  int32_t channels; /**< Channels written. */
} rv_copy_params;

enum { RV_PAD_CONSTANT = 0, RV_PAD_REFLECT = 1, RV_PAD_EDGE = 2 };
typedef struct {
  int32_t padTop, padLeft, padFront;
  int32_t inHeight, inWidth, inChannels;
  int32_t outChannels;
  uint8_t mode;
  int8_t value;
} rv_pad_params;

typedef struct {
  const uint16_t *rows0, *rows1;    /**< [outHeight] source rows; rows1 and the weights NULL for nearest. */
  const uint16_t *columns0, *columns1; /**< [outWidth] */
  const uint16_t *rowWeights1, *columnWeights1; /**< numerators over the denominators */
  int32_t rowDenominator, columnDenominator;
  rv_requant requant;
  int32_t channels;
  int8_t inputZeroPoint;
} rv_resize_params;

/** @brief out axis i = in axis perm[i] of the row-major tensor dims; whole tensors only. */
typedef struct {
  const int32_t *outDims;   /**< [rank] */
  const int32_t *inStrides; /**< [rank] bytes in the dense input, in output axis order */
  int32_t rank;             /**< 1..8 */
  int32_t channels;         /**< Of the output. */
} rv_transpose_params;

typedef struct {
  const uint16_t *indices; /**< [extent of the axis in the output] */
  uint8_t axis;            /**< RV_AXIS_* */
  int32_t channels;        /**< of the output */
} rv_gather_params;

/* Every kernel: params, input view(s), output view, window of the output, scratch. */
void rv_conv2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_conv2d_s8w16(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_conv2d_1x1_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_depthwise_conv2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_conv_transpose2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_conv_transpose2d_s8w16(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_add_s8(const rv_add_params *p, const rv_view *a, const rv_view *b, const rv_view *out, const rv_window *w, void *scratch);
void rv_mul_s8(const rv_mul_params *p, const rv_view *a, const rv_view *b, const rv_view *out, const rv_window *w, void *scratch);
void rv_min_max_s8(const rv_min_max_params *p, const rv_view *a, const rv_view *b, const rv_view *out, const rv_window *w, void *scratch);
void rv_lut_s8(const rv_lut_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_prelu_s8(const rv_prelu_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_max_pool_s8(const rv_max_pool_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_average_pool_s8(const rv_average_pool_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
/**
 * Global pooling fed row by row: adds the input rows [w->y, w->y + w->rows) to sums[channels], which the caller zeroes
 * before the first row. rv_average_pool_finish_s8 turns the sums of a whole image into the one output pixel.
 */
void rv_average_pool_accumulate_s8(const rv_average_pool_params *p, const rv_view *in, const rv_window *w, int32_t *sums);
void rv_average_pool_finish_s8(const rv_average_pool_params *p, const rv_view *in, const rv_view *out, const int32_t *sums);
void rv_softmax_s8(const rv_softmax_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
/** Writes int32 little endian, one per pixel. */
void rv_arg_max_s8(const rv_arg_max_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_copy_s8(const rv_copy_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_pad_s8(const rv_pad_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_resize_nearest_s8(const rv_resize_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_resize_linear_s8(const rv_resize_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_transpose_s8(const rv_transpose_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);
void rv_gather_s8(const rv_gather_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);

#ifdef __cplusplus
}
#endif

#endif /* RV_KERNELS_H */
