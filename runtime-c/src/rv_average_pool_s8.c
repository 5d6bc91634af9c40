/** @file rv_average_pool_s8.c Mean over a window, plain C. */
#include "rv_pool_window.h"
#include "rv_requantise.h"

/** Taps that the divisor counts on one axis. */
static int32_t counted(const rv_average_pool_params *p, rv_span inside, int32_t start, int32_t kernel,
                       int32_t dilation, int32_t before, int32_t extent, int32_t after) {
  return (p->countIncludePad != 0u) ? rv_taps_between(start, kernel, dilation, -before, extent + after).count
                                    : inside.count;
}

static const rv_requant *requant_of(const rv_average_pool_params *p, int32_t divisor) {
  int32_t i = 0;
  while ((i + 1 < p->divisorCount) && (p->divisors[i] != divisor)) {
    i++;
  }
  return &p->requants[i];
}

/** n <= 4 neighbouring channels of one output: a pixel's address is computed once for them. */
static inline void sum_channels(const rv_average_pool_params *p, const rv_view *in, rv_span rows, rv_span columns,
                                int32_t c, int32_t n, int32_t sums[4]) {
  const ptrdiff_t step = (ptrdiff_t)p->dilationW * in->pixelPitch;
  for (int32_t i = 0; i < rows.count; i++) {
    const int8_t *from = rv_pixel(in, rows.first + (i * p->dilationH), columns.first) + c;
    for (int32_t j = columns.count; j > 0; j--) {
      for (int32_t k = 0; k < n; k++) {
        sums[k] += from[k];
      }
      from += step;
    }
  }
}

static void pool_pixel(const rv_average_pool_params *p, const rv_view *in, rv_span rows, rv_span columns,
                       const rv_requant *r, int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(r);
  const int32_t taps = rows.count * columns.count;
  int32_t n;
  for (int32_t c = 0; c < p->channels; c += n) {
    n = rv_min(p->channels - c, 4);
    int32_t sums[4] = {0, 0, 0, 0};
    if (taps > 0) {
      if (n == 4) {
        sum_channels(p, in, rows, columns, c, 4, sums);
      } else {
        sum_channels(p, in, rows, columns, c, n, sums);
      }
    }
    for (int32_t i = 0; i < n; i++) {
      out[c + i] = rv_requantise_scalar(sums[i] - (taps * p->inputZeroPoint), r, k);
    }
  }
}

void rv_average_pool_s8(const rv_average_pool_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                        void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int32_t top = (y * p->strideH) - p->padTop;
    const rv_span rows = rv_taps_between(top, p->kernelH, p->dilationH, 0, in->height);
    const int32_t countH =
        counted(p, rows, top, p->kernelH, p->dilationH, p->padTop, in->height, p->padBottom);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int32_t left = (x * p->strideW) - p->padLeft;
      const rv_span columns = rv_taps_between(left, p->kernelW, p->dilationW, 0, in->width);
      const int32_t countW =
          counted(p, columns, left, p->kernelW, p->dilationW, p->padLeft, in->width, p->padRight);
      pool_pixel(p, in, rows, columns, requant_of(p, countH * countW), rv_pixel(out, y, x));
    }
  }
}
