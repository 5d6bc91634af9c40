/** @file rv_resize_linear_s8_mve.c Bilinear resize with integer weights, MVE: four channels at once. */
#include "rv_kernels_mve.h"
#include "rv_requantise_mve.h"

/** The four neighbours of an output pixel, and their weights: products of a row's and a column's. */
typedef struct {
  const int8_t *pixel[4];
  int32_t weight[4];
} neighbours;

#if defined(__ARM_FEATURE_MVE)

static void resize_pixel(const rv_resize_params *p, const neighbours *n, int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  /* The weights add up to the denominators' product. */
  const int32_t offset = p->inputZeroPoint * p->rowDenominator * p->columnDenominator;
  for (int32_t c = 0; c < p->channels; c += 4) {
    const mve_pred16_t lanes = vctp32q((uint32_t)(p->channels - c));
    int32x4_t acc = vdupq_n_s32(-offset);
    acc = vmlaq_n_s32(acc, vldrbq_z_s32(n->pixel[0] + c, lanes), n->weight[0]);
    acc = vmlaq_n_s32(acc, vldrbq_z_s32(n->pixel[1] + c, lanes), n->weight[1]);
    acc = vmlaq_n_s32(acc, vldrbq_z_s32(n->pixel[2] + c, lanes), n->weight[2]);
    acc = vmlaq_n_s32(acc, vldrbq_z_s32(n->pixel[3] + c, lanes), n->weight[3]);
    vstrbq_p_s32(out + c, rv_requantise_same(&p->requant, k, acc), lanes);
  }
}

#else

static void resize_pixel(const rv_resize_params *p, const neighbours *n, int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  const int32_t offset = p->inputZeroPoint * p->rowDenominator * p->columnDenominator;
  for (int32_t first = 0; first < p->channels; first += 4) {
    int8_t four[4];
    const int32_t channels = rv_min(4, p->channels - first);
    for (int32_t c = 0; c < channels; c++) {
      int32_t acc = -offset;
      for (int32_t i = 0; i < 4; i++) {
        acc += n->pixel[i][first + c] * n->weight[i];
      }
      four[c] = rv_requantise_scalar(acc, &p->requant, k);
    }
    for (int32_t c = 0; c < channels; c++) {
      out[first + c] = four[c];
    }
  }
}

#endif

void rv_resize_linear_s8_mve(const rv_resize_params *p, const rv_view *in, const rv_view *out, const rv_window *w,
                             void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *top = rv_out_row(in, p->rows0[y]);
    const int8_t *bottom = rv_out_row(in, p->rows1[y]);
    const int32_t below = p->rowWeights1[y];
    const int32_t above = p->rowDenominator - below;
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const ptrdiff_t left = (ptrdiff_t)(p->columns0[x] - in->originX) * in->pixelPitch;
      const ptrdiff_t right = (ptrdiff_t)(p->columns1[x] - in->originX) * in->pixelPitch;
      const int32_t after = p->columnWeights1[x];
      const int32_t before = p->columnDenominator - after;
      const neighbours n = {{top + left, top + right, bottom + left, bottom + right},
                            {above * before, above * after, below * before, below * after}};
      resize_pixel(p, &n, rv_pixel(out, y, x));
    }
  }
}
