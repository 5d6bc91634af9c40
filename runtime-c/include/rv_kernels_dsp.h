/**
 * @file rv_kernels_dsp.h
 * @brief Kernels for cores with the DSP extension: Cortex-M4, M7, M33.
 *
 * Arguments and results are those of rv_kernels.h; weights are packed as
 * compiler/machine/kernels/dsp does. Scratch is aligned to 4 bytes. Activations stand at any
 * address: unaligned loads and stores must not trap (CCR.UNALIGN_TRP = 0, its reset value).
 */
#ifndef RV_KERNELS_DSP_H
#define RV_KERNELS_DSP_H

#include "rv_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief 1x1 convolution of any stride without padding, and fully connected layers.
 *
 * weights: rv_dot_s8's stream (rv_dsp.h). Scratch: 6 * (inChannels rounded up to 4) bytes, a third
 * of it for less than three pixels. The output may stand on the input where both have the same
 * pixel pitch, strides are 1 and channels are as many.
 */
RV_HOT void rv_conv2d_1x1_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                 const rv_window *w, void *scratch);

/** @brief As rv_conv2d_1x1_s8_dsp with the stream of rv_dot_wide_s8, for any weights and biases. */
RV_HOT void rv_conv2d_1x1_wide_s8_dsp(const rv_conv_params *p, const rv_view *in,
                                      const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief 1x1 convolution in slices of its input channels, see rv_conv2d_1x1_partial_s8.
 *
 * weights: of a slice, as rv_conv2d_1x1_s8_dsp. Scratch: 4 bytes for each output, output channels
 * rounded up to 2, and that of rv_conv2d_1x1_s8_dsp for the slice behind them.
 */
RV_HOT void rv_conv2d_1x1_partial_s8_dsp(const rv_conv_partial_params *p, const rv_view *in,
                                         const rv_view *out, const rv_window *w, void *scratch);

/** @brief As rv_conv2d_1x1_partial_s8_dsp with the stream of rv_dot_wide_s8; slices of one
 * convolution may be of either kind. */
RV_HOT void rv_conv2d_1x1_partial_wide_s8_dsp(const rv_conv_partial_params *p, const rv_view *in,
                                              const rv_view *out, const rv_window *w,
                                              void *scratch);

/**
 * @brief Convolution of any kernel size, stride, dilation, padding and grouping.
 *
 * weights: for each group rv_dot_s8's stream over inputs in [ky][kx][channel] order. With n inputs
 * of an output, rounded up to 4: scratch 6 * n bytes for three receptive fields, and a pixel of the
 * group's channels where those are a multiple of 4, otherwise n bytes more; 3 * n for less than
 * three pixels.
 */
RV_HOT void rv_conv2d_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                             const rv_window *w, void *scratch);

/** @brief As rv_conv2d_s8_dsp with the stream of rv_dot_wide_s8, for any weights and biases. */
RV_HOT void rv_conv2d_wide_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                  const rv_window *w, void *scratch);

/**
 * @brief 3x3 convolution of one, two, three or four channels, any stride and padding, dilation 1.
 *
 * weights: rv_dot_s8's stream, inputs in [ky][kx][channel] order. Scratch: 6 * (9 * channels
 * rounded up to 4) bytes.
 */
RV_HOT void rv_conv2d_image1_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                    const rv_window *w, void *scratch);
RV_HOT void rv_conv2d_image2_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                    const rv_window *w, void *scratch);
RV_HOT void rv_conv2d_colour_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                    const rv_window *w, void *scratch);
RV_HOT void rv_conv2d_image4_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                    const rv_window *w, void *scratch);

/**
 * @brief Depthwise convolution, a channel each: any kernel up to k x k with column stride s, any
 * row stride, no dilation.
 *
 * weights: for each channel a record of src/rv_depthwise_dsp.h, zeros right of kernelW. With c
 * columns in a call, scratch is 32 * k * (s * ceil(c / 4) + a) bytes, a = 2 for k = 7 and 1
 * otherwise, and 16 * (k * (words of a row) + 2) bytes, a row having 2, 4, 6 words for k = 3, 5, 7
 * and s = 1, and 2, 3, 4 for s = 2. The output may stand on the input in calls for the whole plane:
 * channels are the outer loop.
 */
RV_HOT void rv_depthwise_conv2d_k3s1_s8_dsp(const rv_conv_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);
RV_HOT void rv_depthwise_conv2d_k3s2_s8_dsp(const rv_conv_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);
RV_HOT void rv_depthwise_conv2d_k5s1_s8_dsp(const rv_conv_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);
RV_HOT void rv_depthwise_conv2d_k5s2_s8_dsp(const rv_conv_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);
RV_HOT void rv_depthwise_conv2d_k7s1_s8_dsp(const rv_conv_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);
RV_HOT void rv_depthwise_conv2d_k7s2_s8_dsp(const rv_conv_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief Depthwise convolution of a sequence, a channel each: k x 1 over one column or 1 x k over
 * one row, no dilation, stride <= k.
 *
 * weights: for each channel words of four taps, bytes 0, 2, 1, 3, zeros after the last one. bias:
 * without the input zero point's part. With n outputs in a call, eight at most, scratch is 8 * ((n
 * - 1) * stride + (k rounded up to 4) + 1) bytes, the factor rounded up to 4. The output may stand
 * on the input as that of rv_depthwise_conv2d_s8 may.
 */
RV_HOT void rv_depthwise_conv2d_line_s8_dsp(const rv_conv_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief As rv_add_s8 for RV_ROUND_FIXED without clamps but int8's own, no operand broadcast along
 * the channels; the sum with the zero point before the shift fits int32.
 */
RV_HOT void rv_add_s8_dsp(const rv_add_params *p, const rv_view *a, const rv_view *b,
                          const rv_view *out, const rv_window *w, void *scratch);

/**
 * @brief As rv_mul_s8 for RV_ROUND_FIXED without left shift and clamps but int8's own, no operand
 * broadcast along the channels.
 */
RV_HOT void rv_mul_s8_dsp(const rv_mul_params *p, const rv_view *a, const rv_view *b,
                          const rv_view *out, const rv_window *w, void *scratch);

/** @brief As rv_lut_s8. */
RV_HOT void rv_lut_s8_dsp(const rv_lut_params *p, const rv_view *in, const rv_view *out,
                          const rv_window *w, void *scratch);

/**
 * @brief As rv_resize_linear_s8 for tensors of real numbers, without clamps but int8's own, the
 * product of the denominators below 2^15.
 */
RV_HOT void rv_resize_linear_s8_dsp(const rv_resize_params *p, const rv_view *in,
                                    const rv_view *out, const rv_window *w, void *scratch);

/** @brief As rv_max_pool_s8. */
RV_HOT void rv_max_pool_s8_dsp(const rv_max_pool_params *p, const rv_view *in, const rv_view *out,
                               const rv_window *w, void *scratch);

/** @brief As rv_average_pool_s8. */
RV_HOT void rv_average_pool_s8_dsp(const rv_average_pool_params *p, const rv_view *in,
                                   const rv_view *out, const rv_window *w, void *scratch);

#ifdef __cplusplus
}
#endif

#endif /* RV_KERNELS_DSP_H */
