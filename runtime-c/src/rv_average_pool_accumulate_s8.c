/**
 * @file rv_average_pool_accumulate_s8.c Global pooling fed row by row: adds rows to the channels'
 * sums.
 */
#include "rv_kernels.h"

/** Channels [0, 4) of a row's pixels: the sums stay in registers. */
static void add_four(const int8_t *from, int32_t pitch, int32_t pixels, int32_t *sums) {
  int32_t s0 = sums[0];
  int32_t s1 = sums[1];
  int32_t s2 = sums[2];
  int32_t s3 = sums[3];
  for (int32_t x = 0; x < pixels; x++) {
    s0 += from[0];
    s1 += from[1];
    s2 += from[2];
    s3 += from[3];
    from += pitch;
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

void rv_average_pool_accumulate_s8(const rv_average_pool_params *p, const rv_view *in,
                                   const rv_window *w, int32_t *sums) {
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *row = rv_pixel(in, y, w->x);
    int32_t c = 0;
    for (; c + 4 <= p->channels; c += 4) {
      add_four(row + c, in->pixelPitch, w->cols, sums + c);
    }
    for (; c < p->channels; c++) {
      const int8_t *from = row + c;
      int32_t sum = sums[c];
      for (int32_t x = 0; x < w->cols; x++) {
        sum += *from;
        from += in->pixelPitch;
      }
      sums[c] = sum;
    }
  }
}
