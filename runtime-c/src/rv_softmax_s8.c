/** @file rv_softmax_s8.c Softmax over the channels of each pixel, by integer table, plain C. */
#include "rv_kernels.h"
#include "rv_softmax.h"

/** floor(a * b / 2^32) */
static uint32_t multiply_high_unsigned(uint32_t a, uint32_t b) {
  return (uint32_t)(((uint64_t)a * b) >> 32);
}

/** What a pixel's outputs share, by value: stores of int8_t may alias any structure in memory. */
typedef struct {
  const uint32_t *table;
  const rv_requant *requant;
  rv_rounder k;
  int32_t multiplier;
  int32_t highest;
  rv_inverse inverse;
} rv_shares;

/** The outputs of a pixel in one of the three roundings, a constant to the compiler. */
static inline void write_outputs(rv_shares s, uint8_t rounding, const int8_t *in, int8_t *out,
                                 int32_t n) {
  for (int32_t c = 0; c < n; c++) {
    const uint32_t e = s.table[s.highest - in[c]] << s.inverse.shift;
    const int32_t share = (int32_t)multiply_high_unsigned(e, s.inverse.inverse);
    if (rounding == RV_ROUND_FIXED) {
      out[c] = rv_requantise_fixed(share, s.multiplier, s.k);
    } else if (rounding == RV_ROUND_EVEN) {
      out[c] = rv_requantise_even(share, s.multiplier, 1u, s.k);
    } else {
      out[c] = rv_requantise_scalar(share, s.requant, s.k);
    }
  }
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
  rv_shares s;
  s.table = p->table;
  s.requant = &p->requant;
  s.k = rv_scalar_rounder(&p->requant);
  s.multiplier = p->requant.multiplier;
  s.highest = highest;
  s.inverse = rv_inverse_of(sum);
  if (p->requant.rounding == RV_ROUND_FIXED) {
    write_outputs(s, RV_ROUND_FIXED, in, out, p->channels);
  } else if (p->requant.rounding == RV_ROUND_EVEN) {
    write_outputs(s, RV_ROUND_EVEN, in, out, p->channels);
  } else {
    write_outputs(s, RV_ROUND_EXACT, in, out, p->channels);
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
