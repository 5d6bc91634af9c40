/**
 * @file rv_kernels_mve.h
 * @brief Kernels for cores with MVE (Helium, Cortex-M55), and their C twins.
 *
 * Prototypes, parameters and results are those of rv_kernels.h; only the order of the constants
 * differs. Each file compiles on every target: where MVE is missing, plain C reads the same packing
 * and gives the same bytes.
 */
#ifndef RV_KERNELS_MVE_H
#define RV_KERNELS_MVE_H

#include "rv_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Convolution. weights: for each group the stream of src/rv_dot_mve.h; value (kx * dilationW
 * * slots + ky * dilationH) * depth + c of a receptive field is tap (ky, kx) of input channel c of
 * depth = inChannels / groups, slots = (kernelH - 1) * dilationH + 1, all other values are zero;
 * bias NULL.
 */
typedef struct {
  rv_conv_params conv;
  const uint8_t
      *offsets; /**< [phases][16]: where bytes of contiguous pixels go; NULL for wider pixels. */
  const uint16_t *advance; /**< [phases]: from one phase's first pixel to the next one's. */
  uint8_t phases; /**< Steps of 16 bytes after which a pixel begins again; 0 for wider pixels. */
} rv_conv2d_mve_params;

/** @brief Depthwise convolution, one filter a channel. weights: a stream of src/rv_depthwise_mve.h;
 * bias NULL. */
typedef struct {
  rv_conv_params conv;
  uint8_t slots; /**< Bytes from a column of the staged planes to the next. */
  uint8_t
      blocks; /**< ceil(((kernelW - 1) * dilationW * slots + (kernelH - 1) * dilationH + 1) / 16) */
  uint8_t kernel; /**< RV_DW_*, for the wide kernel. */
} rv_depthwise_mve_params;

/** weights: the stream of src/rv_dot_mve.h, depth = inChannels; bias NULL. No groups, padding or
 * dilation. */
RV_HOT void rv_conv2d_1x1_s8_mve(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                 const rv_window *w, void *scratch);
/**
 * One slice of the input channels, see rv_conv2d_1x1_partial_s8; no slice but the first has biases.
 * weights: of the first slice all quads' biases; then, without biases, streams as above of the
 * slice's ceil(n / 3) parts of up to 3 of its n blocks of 16 channels, multipliers only in the last
 * one of the last slice. Scratch: 4 bytes for each output, channels rounded up to 4.
 */
RV_HOT void rv_conv2d_1x1_partial_s8_mve(const rv_conv_partial_params *p, const rv_view *in,
                                         const rv_view *out, const rv_window *w, void *scratch);
RV_HOT void rv_conv2d_s8_mve(const rv_conv2d_mve_params *p, const rv_view *in, const rv_view *out,
                             const rv_window *w, void *scratch);
/** Planes of the scratch buffer have at most 8191 bytes each. */
RV_HOT void rv_depthwise_conv2d_s8_mve(const rv_depthwise_mve_params *p, const rv_view *in,
                                       const rv_view *out, const rv_window *w, void *scratch);
/** Fast requantisation only. Pixels of the output at most 8191 bytes apart. */
RV_HOT void rv_depthwise_conv2d_wide_s8_mve(const rv_depthwise_mve_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);

/**
 * Of one row or column, without padding, fast requantisation. weights: a stream of
 * src/rv_depthwise_conv2d_line_s8_mve.c; bias NULL. Scratch: 16 bytes for each tap.
 */
RV_HOT void rv_depthwise_conv2d_line_s8_mve(const rv_conv_params *p, const rv_view *in,
                                            const rv_view *out, const rv_window *w, void *scratch);

/** Fixed rounding, shift >= 16; operands are not repeated along the channels. */
RV_HOT void rv_add_s8_mve(const rv_add_params *p, const rv_view *a, const rv_view *b,
                          const rv_view *out, const rv_window *w, void *scratch);
/** Any rounding but exact; operands are not repeated along the channels. */
RV_HOT void rv_mul_s8_mve(const rv_mul_params *p, const rv_view *a, const rv_view *b,
                          const rv_view *out, const rv_window *w, void *scratch);
RV_HOT void rv_lut_s8_mve(const rv_lut_params *p, const rv_view *in, const rv_view *out,
                          const rv_window *w, void *scratch);
RV_HOT void rv_max_pool_s8_mve(const rv_max_pool_params *p, const rv_view *in, const rv_view *out,
                               const rv_window *w, void *scratch);
/** Any rounding but exact. */
RV_HOT void rv_average_pool_s8_mve(const rv_average_pool_params *p, const rv_view *in,
                                   const rv_view *out, const rv_window *w, void *scratch);
/** Any rounding but exact. */
RV_HOT void rv_softmax_s8_mve(const rv_softmax_params *p, const rv_view *in, const rv_view *out,
                              const rv_window *w, void *scratch);
/** Any rounding but exact. */
RV_HOT void rv_resize_linear_s8_mve(const rv_resize_params *p, const rv_view *in,
                                    const rv_view *out, const rv_window *w, void *scratch);

#ifdef __cplusplus
}
#endif

#endif /* RV_KERNELS_MVE_H */
