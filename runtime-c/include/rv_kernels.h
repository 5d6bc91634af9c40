/**
 * @file rv_kernels.h
 * @brief Prototypes and parameters of the plain C kernels.
 *
 * Common to all of them:
 * - Activations are int8, HWC, batch 1; a view (rv_types.h) says where their rows are. A kernel
 *   reads its input views and writes the window's part of its output view, nothing else: gaps
 *   between pixels and rows stay as they are.
 * - A window may be any part of the output: one row of a stream, a tile of a patch, the whole
 *   image. Results do not depend on how the output is cut into windows.
 * - Parameters are constants made by the compiler, which has proven that no sum overflows int32.
 *   They are not checked.
 * - `in` is not modified, unless the output stands on it. Where an output may overlap an input that
 *   is not needed afterwards follows from the order of reads and writes, which
 *   compiler/machine/kernels/c states for each kernel: rows upwards, pixels from left to right,
 *   channels upwards, each output element after the inputs it is made of.
 * - `scratch` holds no state between calls, except for rv_conv2d_1x1_partial_s8 and its like. It is
 * 4-byte aligned, and ignored (NULL will do) where a kernel does not mention it.
 * - Rounding is the node's own (rv_requantise.h): to nearest, with ties as the network's scales
 *   demand.
 * - Results equal compiler/reference/int8.ts byte for byte, on every core.
 *
 * Kernels for an instruction set are declared in rv_kernels_dsp.h and rv_kernels_mve.h; they share
 * these parameters.
 */
#ifndef RV_KERNELS_H
#define RV_KERNELS_H

#include "rv_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Axes of an activation. */
enum { RV_AXIS_H = 0, RV_AXIS_W = 1, RV_AXIS_C = 2 };

/** @brief Axes on which an operand has extent 1 and is repeated; a bit set. */
enum { RV_BROADCAST_H = 1, RV_BROADCAST_W = 2, RV_BROADCAST_C = 4 };

/**
 * @brief Convolution of every kind: conv2d, grouped, depthwise, 1x1, fully connected (1x1 on a 1x1
 * image), and their transposes.
 */
typedef struct {
  const void *weights; /**< In the order that the kernel reads: see the kernel. */
  const int32_t *bias; /**< bias - inputZeroPoint * sum of weights. NULL where packed. */
  rv_channel_requant requant;
  int32_t inChannels;
  int32_t outChannels;
  int32_t groups;                /**< Divides both: an output channel reads its group's inputs. */
  uint16_t kernelH, kernelW;     /**< Taps, >= 1. */
  uint16_t strideH, strideW;     /**< >= 1 */
  uint16_t dilationH, dilationW; /**< Positions from a tap to the next, >= 1. */
  int16_t padTop, padLeft;       /**< Positions before the image that the first window covers. */
  int8_t inputZeroPoint;         /**< What a tap outside the image reads. */
} rv_conv_params;

/**
 * @brief One slice of the input channels of a 1x1 convolution, see rv_conv2d_1x1_partial_s8.
 */
typedef struct {
  rv_conv_params
      conv;      /**< inChannels and weights are the slice's, the requantisation the whole's. */
  uint8_t first; /**< The sums begin with this slice. */
  uint8_t last;  /**< The sums are complete with this slice: requantised and written. */
} rv_conv_partial_params;

/**
 * @brief 64-bit form of an addition: roundHalfEven((a * numeratorA + b * numeratorB + numeratorC) /
 * denominator).
 */
typedef struct {
  int64_t numeratorA, numeratorB, numeratorC;
  int64_t denominator; /**< > 0 */
} rv_add_exact;

/**
 * @brief Weighted sum of two tensors: t = a * multiplierA + b * multiplierB + addend, (t >> shift,
 * rounded) + zeroPoint.
 */
typedef struct {
  const rv_add_exact *exact; /**< NULL unless rounding is RV_ROUND_EXACT. */
  int32_t multiplierA;
  int32_t multiplierB;
  int32_t addend; /**< Holds the operands' zero points. */
  uint8_t rounding;
  uint8_t shift; /**< 1..22 */
  int8_t zeroPoint;
  int8_t clampMin;
  int8_t clampMax;
  int32_t channels;   /**< Of the output. */
  uint8_t broadcastA; /**< RV_BROADCAST_* */
  uint8_t broadcastB;
} rv_add_params;

/** @brief Product of two tensors: acc = (a - zeroPointA) * (b - zeroPointB), requantised. */
typedef struct {
  rv_requant requant;
  int32_t channels; /**< Of the output. */
  int8_t zeroPointA;
  int8_t zeroPointB;
  uint8_t broadcastA; /**< RV_BROADCAST_* */
  uint8_t broadcastB;
} rv_mul_params;

/** @brief Minimum or maximum of two tensors of one quantisation. */
typedef struct {
  int32_t channels; /**< Of the output. */
  uint8_t isMax;
  uint8_t broadcastA; /**< RV_BROADCAST_* */
  uint8_t broadcastB;
} rv_min_max_params;

/** @brief Function of one tensor by table. */
typedef struct {
  const int8_t *table; /**< [256]: table[x + 128] */
  int32_t channels;
} rv_lut_params;

/**
 * @brief acc = x - inputZeroPoint; requantised by `positive` where acc >= 0, else by the channel's
 * `negative`.
 */
typedef struct {
  rv_requant positive;
  rv_channel_requant negative;
  int32_t channels;
  int8_t inputZeroPoint;
} rv_prelu_params;

/** @brief Maximum over a window; taps outside the image never win. */
typedef struct {
  int32_t channels;
  uint16_t kernelH, kernelW, strideH, strideW, dilationH, dilationW;
  int16_t padTop, padLeft;
  int8_t clampMin, clampMax;
} rv_max_pool_params;

/**
 * @brief Mean over a window: acc = sum of (x - inputZeroPoint) over the taps inside the image. The
 * divisor of an output pixel (its taps inside the image, or with countIncludePad inside the padded
 * image) picks the requantisation.
 */
typedef struct {
  const int32_t *divisors;    /**< [divisorCount] every divisor that occurs */
  const rv_requant *requants; /**< [divisorCount] */
  int32_t divisorCount;
  int32_t channels;
  uint16_t kernelH, kernelW, strideH, strideW, dilationH, dilationW;
  int16_t padTop, padLeft, padBottom, padRight;
  uint8_t countIncludePad;
  int8_t inputZeroPoint;
} rv_average_pool_params;

/**
 * @brief Softmax over channels. e[c] = table[max - x[c]], S = sum of e < 2^31, z = clz(S) - 1,
 * y = e[c] * 2^z * floor(2^61 / (S * 2^z)) / 2^32, about e[c] / S * 2^29, requantised.
 */
typedef struct {
  const uint32_t *table; /**< [256]: exp(-d * scale) in fixed point, table[0] > 0 */
  rv_requant requant;
  int32_t channels;
} rv_softmax_params;

/**
 * @brief LogSoftmax over channels: t = min(max - x, farthest) * stepMultiplier + ln(sum of
 * table[max
 * - x]), q = zeroPoint - roundHalfEven(t / 2^shift), not below -128.
 */
typedef struct {
  const uint32_t *table; /**< [256]: exp(-d * inputScale) * 2^tableBits */
  uint32_t stepMultiplier;
  uint32_t logMultiplier; /**< ln = log2 * logMultiplier / 2^logShift, at most logLimit. */
  uint32_t logLimit;
  int32_t farthest;
  int32_t channels;
  uint8_t tableBits;
  uint8_t logShift; /**< 1..62 */
  uint8_t shift;    /**< 1..30 */
  int8_t zeroPoint;
} rv_log_softmax_params;

/** @brief Index of the largest channel, the first or the last of equals. */
typedef struct {
  int32_t channels; /**< Of the input. */
  uint8_t lastIndex;
} rv_arg_max_params;

/**
 * @brief out(y, x, c) = in(startY + y * stepY, startX + x * stepX, startC + c * stepC); steps may
 * be negative.
 */
typedef struct {
  int32_t startY, startX, startC;
  int32_t stepY, stepX, stepC;
  int32_t channels; /**< Written to each output pixel. */
} rv_copy_params;

enum {
  RV_PAD_CONSTANT = 0,
  RV_PAD_REFLECT = 1, /**< The border itself is not repeated. */
  RV_PAD_EDGE = 2
};

/**
 * @brief out(y, x, c) = in(y - padTop, x - padLeft, c - padFront), by `mode` outside the image;
 * negative pads crop.
 */
typedef struct {
  int32_t padTop, padLeft, padFront;
  int32_t inHeight, inWidth, inChannels;
  int32_t outChannels;
  uint8_t mode; /**< RV_PAD_* */
  int8_t value; /**< The constant. */
} rv_pad_params;

/**
 * @brief Separable resize by tables. Nearest: out(y, x) = in(rows0[y], columns0[x]).
 *
 * Linear: acc = sum over the four neighbours of (x - inputZeroPoint) * row weight * column weight,
 * the weights of the first neighbours being the denominators less those of the second; with
 * `truncates` a = 2 * acc - sign(acc) * (rowDenominator * columnDenominator - 1), else a = acc.
 * RV_ROUND_FIXED of a, unless the sum that is shifted lies less than `doubt` from a multiple of
 * 2^shift: then float32 arithmetic decides, which src/rv_resize_float32.c computes in integers.
 *
 * The float32 weights are NULL where the integer ones, over a power of two, are the same and their
 * products are below 2^8: outputScale is then that power of two times as large.
 */
typedef struct {
  const uint16_t *rows0, *rows1; /**< [output height]; rows1 and the weights NULL for nearest. */
  const uint16_t *columns0, *columns1;          /**< [output width] */
  const uint16_t *rowWeights1, *columnWeights1; /**< Numerators over the denominators. */
  const uint32_t *rowFloats1, *columnFloats1;   /**< float32 weights' bits, see below. */
  int32_t rowDenominator, columnDenominator;
  rv_requant requant;               /**< Linear only; RV_ROUND_FIXED. */
  uint32_t inputScale, outputScale; /**< Bits of positive float32 numbers. */
  uint32_t doubt;                   /**< At most 2^(shift-1); 0: nothing is in doubt. */
  int32_t channels;
  int8_t inputZeroPoint;
  uint8_t truncates;
} rv_resize_params;

/**
 * @brief Permutation of the axes of a row-major tensor, which is the memory of both activations
 * without gaps.
 */
typedef struct {
  const int32_t *outDims;   /**< [rank] */
  const int32_t *inStrides; /**< [rank] bytes in the input to the next index of the output's axis */
  int32_t rank;             /**< 1..8 */
  int32_t channels;         /**< Of the output. */
} rv_transpose_params;

/** @brief out = in at indices[position] of the axis. */
typedef struct {
  const uint16_t *indices; /**< [extent of the output's axis] */
  uint8_t axis;            /**< RV_AXIS_* */
  int32_t channels;        /**< Of the output. */
} rv_gather_params;

/**
 * @brief Convolution of any kernel size, stride, dilation, padding and grouping.
 *
 * @param p        weights int8, for each group in blocks of four output channels, [depth][4], the
 *                 one to three channels that remain [depth] each;
 *                 depth = kernelH * kernelW * inChannels / groups
 * @param in       [height][width][inChannels]
 * @param out      [..][..][outChannels]
 * @param w        part of the output to compute
 * @param scratch  2 * depth bytes: the receptive fields of two pixels
 */
RV_HOT void rv_conv2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                         const rv_window *w, void *scratch);

/** @brief As rv_conv2d_s8 with int16 weights (uint8 weights less their zero point). */
RV_HOT void rv_conv2d_s8w16(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                            const rv_window *w, void *scratch);

/**
 * @brief 1x1 convolution of any stride, one group, no padding: pointwise and fully connected
 * layers.
 *
 * Weights as rv_conv2d_s8. Two pixels at a time: their inputs are read again for every four output
 * channels.
 */
RV_HOT void rv_conv2d_1x1_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                             const rv_window *w, void *scratch);

/**
 * @brief 1x1 convolution of any stride, one group, no padding, over its input channels in slices:
 * a call for each slice, in any order, all with the same window and the same scratch, which holds
 * the sums in between. Between the calls for a window nothing else may use the scratch.
 *
 * acc = bias + sum(x * w) over the slice's channels. The first call sets the sums to its acc, later
 * ones add theirs, and the last one also requantises them and writes the window. A first call may
 * be the last one.
 *
 * Weights as rv_conv2d_s8. Two pixels at a time: their inputs are read again for every four output
 * channels.
 *
 * @param p        bias: with the slice's own zero-point term, see rv_conv_params
 * @param in       [height][width][the slice's channels]
 * @param out      [..][..][outChannels]; neither read nor written but by the last call
 * @param w        part of the output to compute
 * @param scratch  4 * w->rows * w->cols * (outChannels rounded up to 4) bytes: the sums
 */
RV_HOT void rv_conv2d_1x1_partial_s8(const rv_conv_partial_params *p, const rv_view *in,
                                     const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief Depthwise convolution (groups == inChannels) of any geometry, outChannels a multiple of
 * inChannels.
 *
 * Four channels at a time over all rows of the window, the next four after them. A call for the
 * whole plane may therefore write its output over its input, where both have the same pixel pitch,
 * outChannels == inChannels, and output row y ends no higher than the input rows that its window
 * reaches.
 *
 * @param p        weights int8 [outChannels][kernelH][kernelW]
 * @param in       [height][width][inChannels]
 * @param out      [..][..][outChannels]
 * @param w        part of the output to compute
 * @param scratch  4 * rows * columns bytes, a ring of input rows of four channels:
 *                 rows = (kernelH - 1) * dilationH + 1,
 *                 columns = (max(w->cols, 4) - 1) * strideW + (kernelW - 1) * dilationW + 1
 */
RV_HOT void rv_depthwise_conv2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                   const rv_window *w, void *scratch);

/**
 * @brief Transposed convolution: out(y * stride - pad + k * dilation) += in(y) * weight(k), of any
 * geometry and grouping. Along a row, output pixels are written phase by phase.
 *
 * @param p        weights int8 and biases by phase of the output position (rv_conv_transpose2d.h)
 * @param in       [height][width][inChannels]
 * @param out      [..][..][outChannels]
 * @param w        part of the output to compute
 * @param scratch  kernelH * kernelW * inChannels / groups bytes
 */
RV_HOT void rv_conv_transpose2d_s8(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                   const rv_window *w, void *scratch);

/** @brief As rv_conv_transpose2d_s8 with int16 weights. */
RV_HOT void rv_conv_transpose2d_s8w16(const rv_conv_params *p, const rv_view *in,
                                      const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief Elementwise weighted sum (Add, Sub). The output may stand on an operand that is not
 * repeated.
 */
RV_HOT void rv_add_s8(const rv_add_params *p, const rv_view *a, const rv_view *b,
                      const rv_view *out, const rv_window *w, void *scratch);

/** @brief Elementwise product. The output may stand on an operand that is not repeated. */
RV_HOT void rv_mul_s8(const rv_mul_params *p, const rv_view *a, const rv_view *b,
                      const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief Elementwise minimum or maximum. The output may stand on an operand that is not repeated.
 */
RV_HOT void rv_min_max_s8(const rv_min_max_params *p, const rv_view *a, const rv_view *b,
                          const rv_view *out, const rv_window *w, void *scratch);

/** @brief Table lookup. In place is allowed. */
RV_HOT void rv_lut_s8(const rv_lut_params *p, const rv_view *in, const rv_view *out,
                      const rv_window *w, void *scratch);

/** @brief Parametric rectifier. In place is allowed. */
RV_HOT void rv_prelu_s8(const rv_prelu_params *p, const rv_view *in, const rv_view *out,
                        const rv_window *w, void *scratch);

/** @brief Maximum pooling of any window. Four channels at a time within a pixel. */
RV_HOT void rv_max_pool_s8(const rv_max_pool_params *p, const rv_view *in, const rv_view *out,
                           const rv_window *w, void *scratch);

/**
 * @brief Average pooling of any window, the whole image included. Four channels at a time within a
 * pixel.
 */
RV_HOT void rv_average_pool_s8(const rv_average_pool_params *p, const rv_view *in,
                               const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief Global average pooling fed row by row: adds a part of the input to the channels' sums.
 *
 * @param p     a window of the whole image, without padding
 * @param in    [height][width][channels]
 * @param w     part of the *input* to add: [y, y + rows) x [x, x + cols)
 * @param sums  [channels], zeroed by the caller before the first part; each pixel is added once
 */
RV_HOT void rv_average_pool_accumulate_s8(const rv_average_pool_params *p, const rv_view *in,
                                          const rv_window *w, int32_t *sums);

/**
 * @brief Global average pooling fed row by row: the output pixel from the sums of the whole image.
 *
 * @param p     as for rv_average_pool_accumulate_s8
 * @param in    the input's height and width; its data is not read
 * @param out   [1][1][channels]
 * @param sums  [channels]
 */
RV_HOT void rv_average_pool_finish_s8(const rv_average_pool_params *p, const rv_view *in,
                                      const rv_view *out, const int32_t *sums);

/** @brief Softmax over the channels of each pixel. In place is allowed. */
RV_HOT void rv_softmax_s8(const rv_softmax_params *p, const rv_view *in, const rv_view *out,
                          const rv_window *w, void *scratch);

/** @brief LogSoftmax over the channels of each pixel. */
RV_HOT void rv_log_softmax_s8(const rv_log_softmax_params *p, const rv_view *in, const rv_view *out,
                              const rv_window *w, void *scratch);

/**
 * @brief Index of the largest channel of each pixel. `out` holds one int32 a pixel, of any
 * alignment; its pitches are in bytes.
 */
RV_HOT void rv_arg_max_s8(const rv_arg_max_params *p, const rv_view *in, const rv_view *out,
                          const rv_window *w, void *scratch);

/** @brief Strided copy: Slice, and one part of a Concat into its place in the output. */
RV_HOT void rv_copy_s8(const rv_copy_params *p, const rv_view *in, const rv_view *out,
                       const rv_window *w, void *scratch);

/** @brief Padding by a constant, by reflection or by the edge, on any axis. */
RV_HOT void rv_pad_s8(const rv_pad_params *p, const rv_view *in, const rv_view *out,
                      const rv_window *w, void *scratch);

/** @brief Nearest-neighbour resize. */
RV_HOT void rv_resize_nearest_s8(const rv_resize_params *p, const rv_view *in, const rv_view *out,
                                 const rv_window *w, void *scratch);

/** @brief Bilinear resize. */
RV_HOT void rv_resize_linear_s8(const rv_resize_params *p, const rv_view *in, const rv_view *out,
                                const rv_window *w, void *scratch);

/** @brief Permutation of axes. `in` is linear and without gaps; the window is the whole output. */
RV_HOT void rv_transpose_s8(const rv_transpose_params *p, const rv_view *in, const rv_view *out,
                            const rv_window *w, void *scratch);

/** @brief Selection by index along one axis: Gather, and the channel shuffle. */
RV_HOT void rv_gather_s8(const rv_gather_params *p, const rv_view *in, const rv_view *out,
                         const rv_window *w, void *scratch);

#ifdef __cplusplus
}
#endif

#endif /* RV_KERNELS_H */
