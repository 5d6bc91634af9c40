/** @file rv_pool_sums_s8.c Sums over a window with an epilogue, plain C. */
#include "rv_kernels_epilogue.h"
#include "rv_pool_window.h"

/** sums[c] += channel c of one tap. */
static void add_tap(const rv_pool_sums_params *p, const int8_t *tap, int32_t *sums) {
  if (p->wide != 0) {
    const int32_t *wide = (const int32_t *)(const void *)tap;
    for (int32_t c = 0; c < p->channels; c++) {
      sums[c] += wide[c];
    }
  } else {
    for (int32_t c = 0; c < p->channels; c++) {
      sums[c] += tap[c];
    }
  }
}

/** Taps of one axis that the divisor counts. */
static int32_t counted(const rv_pool_sums_params *p, rv_span inside, int32_t start, int32_t kernel,
                       int32_t dilation, int32_t before, int32_t extent, int32_t after) {
  return (p->countIncludePad != 0)
             ? rv_taps_between(start, kernel, dilation, -before, extent + after).count
             : inside.count;
}

void rv_pool_sums_s8(const rv_pool_sums_params *p, const rv_view *in, const rv_view *out,
                     const rv_window *w, void *scratch) {
  int32_t *sums = (int32_t *)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int32_t top = (y * p->strideH) - p->padTop;
    const rv_span rows = rv_taps_between(top, p->kernelH, p->dilationH, 0, in->height);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int32_t left = (x * p->strideW) - p->padLeft;
      const rv_span columns = rv_taps_between(left, p->kernelW, p->dilationW, 0, in->width);
      const int32_t offset = (rows.count > 0 && columns.count > 0)
                                 ? -rows.count * columns.count * p->inputZeroPoint
                                 : 0;
      for (int32_t c = 0; c < p->channels; c++) {
        sums[c] = offset;
      }
      for (int32_t i = 0; i < rows.count; i++) {
        const int8_t *row = rv_row(in, rows.first + (i * p->dilationH));
        for (int32_t j = 0; j < columns.count; j++) {
          const int32_t at = columns.first + (j * p->dilationW) - in->originX;
          add_tap(p, row + ((ptrdiff_t)at * in->pixelPitch), sums);
        }
      }
      const int32_t divisor =
          counted(p, rows, top, p->kernelH, p->dilationH, p->padTop, in->height, p->padBottom) *
          counted(p, columns, left, p->kernelW, p->dilationW, p->padLeft, in->width, p->padRight);
      int32_t i = 0;
      while ((i + 1 < p->divisorCount) && (p->divisors[i] != divisor)) {
        i++;
      }
      rv_epilogue_pixel(&p->epilogues[i], sums, 0, p->channels, y, x, in + 1, rv_pixel(out, y, x));
    }
  }
}
