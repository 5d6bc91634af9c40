/**
 * @file rv_kernels_mve.h
 * @brief Kernels for cores with MVE (Helium, Cortex-M55), and their C twins.
 *
 * Prototypes, parameters and results are those of rv_kernels.h; only the order of the constants differs. Each file
 * compiles on every target: where MVE is missing, plain C reads the same packing and gives the same bytes.
 */
#ifndef RV_KERNELS_MVE_H
#define RV_KERNELS_MVE_H

#include "rv_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/** weights: the stream of src/rv_dot_mve.h, depth = inChannels; bias NULL. No groups, padding or dilation. */
void rv_conv2d_1x1_s8_mve(const rv_conv_params *p, const rv_view *in, const rv_view *out, const rv_window *w, void *scratch);

#ifdef __cplusplus
}
#endif

#endif /* RV_KERNELS_MVE_H */
