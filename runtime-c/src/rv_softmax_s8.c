/** @file rv_softmax_s8.c Softmax over the channels of each pixel, by integer table, plain C. */
#include "rv_kernels.h"
#include "rv_requantise.h"

/** floor(a * b / 2^32) */
static uint32_t multiply_high_unsigned(uint32_t a, uint32_t b) {
  return (uint32_t)(((uint64_t)a * b) >> 32);
}

static void softmax_pixel(const rv_softmax_params *p, const int8_t *in, int8_t *out) {
  int32_t highest = -128;
  for (int32_t c = 0; c < p->channels; c++) {
    highest = rv_max(highest, in[c]);
  }
  uint32_t sum = 0u;
  for (int32_t c = 0; c < p->channels; c++) {
    sum += p->table[highest - in[c]];
  }
  const uint32_t shift = rv_clz(sum) - 1u;
  const uint32_t inverse = (uint32_t)(((uint64_t)1 << 61) / (sum << shift));
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  for (int32_t c = 0; c < p->channels; c++) {
    const uint32_t e = p->table[highest - in[c]] << shift;
    out[c] = rv_requantise_scalar((int32_t)multiply_high_unsigned(e, inverse), &p->requant, k);
  }
}

void rv_softmax_s8(const rv_softmax_params *p, const rv_view *in, const rv_view *out,
                   const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      softmax_pixel(p, rv_pixel(in, y, x), rv_pixel(out, y, x));
    }
  }
}
