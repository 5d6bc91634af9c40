/** @file rv_resize_linear_s8.c Bilinear resize with integer weights, plain C. */
#include "rv_kernels.h"
#include "rv_requantise.h"

void rv_resize_linear_s8(const rv_resize_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                         void *scratch) {
  (void)scratch;
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  const int32_t zeroPoint = p->inputZeroPoint;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int32_t bottom = p->rowWeights1[y];
    const int32_t top = p->rowDenominator - bottom;
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int32_t right = p->columnWeights1[x];
      const int32_t left = p->columnDenominator - right;
      const int8_t *topLeft = rv_pixel(in, p->rows0[y], p->columns0[x]);
      const int8_t *topRight = rv_pixel(in, p->rows0[y], p->columns1[x]);
      const int8_t *bottomLeft = rv_pixel(in, p->rows1[y], p->columns0[x]);
      const int8_t *bottomRight = rv_pixel(in, p->rows1[y], p->columns1[x]);
      int8_t *to = rv_pixel(out, y, x);
      for (int32_t c = 0; c < p->channels; c++) {
        const int32_t above = ((topLeft[c] - zeroPoint) * left) + ((topRight[c] - zeroPoint) * right);
        const int32_t below = ((bottomLeft[c] - zeroPoint) * left) + ((bottomRight[c] - zeroPoint) * right);
        to[c] = rv_requantise_scalar((above * top) + (below * bottom), &p->requant, k);
      }
    }
  }
}
