/**
 * @file rv_average_pool_accumulate_s8.c Global pooling fed row by row: adds rows to the channels'
 * sums.
 */
#include "rv_kernels.h"

void rv_average_pool_accumulate_s8(const rv_average_pool_params *p, const rv_view *in,
                                   const rv_window *w, int32_t *sums) {
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from = rv_pixel(in, y, w->x);
    for (int32_t x = 0; x < w->cols; x++) {
      for (int32_t c = 0; c < p->channels; c++) {
        sums[c] += from[c];
      }
      from += in->pixelPitch;
    }
  }
}
