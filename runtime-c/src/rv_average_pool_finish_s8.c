/**
 * @file rv_average_pool_finish_s8.c Global pooling fed row by row: the one output pixel from the
 * channels' sums.
 */
#include "rv_kernels.h"
#include "rv_requantise.h"

void rv_average_pool_finish_s8(const rv_average_pool_params *p, const rv_view *in,
                               const rv_view *out, const int32_t *sums) {
  const rv_requant *r = &p->requants[0];
  const rv_rounder k = rv_scalar_rounder(r);
  const int32_t offset = in->height * in->width * p->inputZeroPoint;
  int8_t *to = rv_pixel(out, 0, 0);
  for (int32_t c = 0; c < p->channels; c++) {
    to[c] = rv_requantise_scalar(sums[c] - offset, r, k);
  }
}
