/** @file rv_pool_sums_accumulate_s8.c Global sums with an epilogue, fed row by row. */
#include "rv_kernels_epilogue.h"

void rv_pool_sums_accumulate_s8(const rv_pool_sums_params *p, const rv_view *in, const rv_window *w,
                                int32_t *sums) {
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *from = rv_pixel(in, y, w->x);
    for (int32_t x = 0; x < w->cols; x++) {
      if (p->wide != 0) {
        const int32_t *wide = (const int32_t *)(const void *)from;
        for (int32_t c = 0; c < p->channels; c++) {
          sums[c] += wide[c];
        }
      } else {
        for (int32_t c = 0; c < p->channels; c++) {
          sums[c] += from[c] - p->inputZeroPoint;
        }
      }
      from += in->pixelPitch;
    }
  }
}

void rv_pool_sums_finish_s8(const rv_pool_sums_params *p, const rv_view *in, const rv_view *out,
                            int32_t *sums) {
  (void)in;
  rv_epilogue_pixel(&p->epilogues[0], sums, 0, p->channels, 0, 0, NULL, rv_pixel(out, 0, 0));
}
