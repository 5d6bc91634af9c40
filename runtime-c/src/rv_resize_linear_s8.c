/** @file rv_resize_linear_s8.c Bilinear resize with integer weights, plain C. */
#include "rv_kernels.h"
#include "rv_requantise.h"

/** Roundings that few nodes need, kept out of line. */
RV_NOINLINE static int8_t rounded_output(int32_t acc, const rv_requant *r) {
  return rv_requantise_scalar(acc, r, rv_scalar_rounder(r));
}

/** The four neighbours of one output pixel and their weights. */
typedef struct {
  const int8_t *topLeft;
  const int8_t *topRight;
  const int8_t *bottomLeft;
  const int8_t *bottomRight;
  int32_t left;
  int32_t right;
  int32_t top;
  int32_t bottom;
} neighbours;

static void resize_pixel(const rv_resize_params *p, const neighbours *n, int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  const int fixed = p->requant.rounding == RV_ROUND_FIXED;
  /* The weights add up to the denominators' product. */
  const int32_t offset = p->inputZeroPoint * p->rowDenominator * p->columnDenominator;
  for (int32_t c = 0; c < p->channels; c++) {
    const int32_t above = (n->topLeft[c] * n->left) + (n->topRight[c] * n->right);
    const int32_t below = (n->bottomLeft[c] * n->left) + (n->bottomRight[c] * n->right);
    const int32_t acc = (above * n->top) + (below * n->bottom) - offset;
    out[c] = fixed ? rv_requantise_fixed(acc, p->requant.multiplier, k)
                   : rounded_output(acc, &p->requant);
  }
}

void rv_resize_linear_s8(const rv_resize_params *p, const rv_view *in, const rv_view *out,
                         const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *top = rv_out_row(in, p->rows0[y]);
    const int8_t *bottom = rv_out_row(in, p->rows1[y]);
    neighbours n;
    n.bottom = p->rowWeights1[y];
    n.top = p->rowDenominator - n.bottom;
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const ptrdiff_t left = (ptrdiff_t)(p->columns0[x] - in->originX) * in->pixelPitch;
      const ptrdiff_t right = (ptrdiff_t)(p->columns1[x] - in->originX) * in->pixelPitch;
      n.right = p->columnWeights1[x];
      n.left = p->columnDenominator - n.right;
      n.topLeft = top + left;
      n.topRight = top + right;
      n.bottomLeft = bottom + left;
      n.bottomRight = bottom + right;
      resize_pixel(p, &n, rv_pixel(out, y, x));
    }
  }
}
