/** @file rv_resize_linear_s8.c Bilinear resize with integer weights, plain C. */
#include "rv_resize_linear.h"

/** What a pixel needs, by value: stores of int8_t may alias any structure in memory. */
static void resize_pixel(const rv_resize_params *p, rv_neighbours *n, int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  const int32_t multiplier = p->requant.multiplier;
  const uint32_t doubt = p->doubt;
  /* The weights add up to the denominators' product. */
  const int32_t offset = p->inputZeroPoint * p->rowDenominator * p->columnDenominator;
  const int32_t truncation = p->truncates ? rv_truncation(p) : 0;
  const int32_t factor = p->truncates ? 2 * k.leftScale : k.leftScale;
  const int8_t *topLeft = n->pixel[0];
  const int8_t *topRight = n->pixel[1];
  const int8_t *bottomLeft = n->pixel[2];
  const int8_t *bottomRight = n->pixel[3];
  for (int32_t c = 0; c < p->channels; c++) {
    const int32_t acc = (topLeft[c] * n->weight[0]) + (topRight[c] * n->weight[1]) +
                        (bottomLeft[c] * n->weight[2]) + (bottomRight[c] * n->weight[3]) - offset;
    int32_t scaled = acc * factor;
    if (truncation != 0) {
      scaled += ((acc < 0) ? -truncation : truncation) * k.leftScale;
    }
    const int32_t sum = rv_multiply_high(scaled, multiplier) + k.addend;
    if (rv_in_doubt(sum, k.shift, doubt)) {
      out[c] = rv_resize_float32(p, n, c);
    } else {
      out[c] = (int8_t)rv_clamp(sum >> k.shift, k.clampMin, k.clampMax);
    }
  }
}

void rv_resize_linear_s8(const rv_resize_params *p, const rv_view *in, const rv_view *out,
                         const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *top = rv_out_row(in, p->rows0[y]);
    const int8_t *bottom = rv_out_row(in, p->rows1[y]);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      rv_neighbours n = rv_neighbours_of(p, in, top, bottom, y, x);
      resize_pixel(p, &n, rv_pixel(out, y, x));
    }
  }
}
