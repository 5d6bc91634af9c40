/**
 * @file rv_resize_linear_s8_dsp.c
 * @brief Bilinear resize for the DSP extension: four channels at a time, two products an
 * instruction.
 */
#include "rv_dsp.h"
#include "rv_kernels_dsp.h"
#include "rv_resize_linear.h"

/** What a pixel's channels share, in registers: stores of int8_t may alias any structure in memory.
 */
typedef struct {
  uint32_t top; /**< Weights of the left and the right neighbour, int16 each. */
  uint32_t bottom;
  int32_t start; /**< Of the accumulator: the zero points. */
  int32_t leftScale;
  int32_t multiplier;
  int32_t addend;
  int32_t shift;
  uint32_t doubt;
} rv_blend;

/** sum + low(a) * low(b) + high(a) * high(b) */
static inline int32_t add_products(uint32_t a, uint32_t b, int32_t sum) {
#if RV_DSP
  int32_t result;
  __asm("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
#else
  return sum + (rv_low(a) * rv_low(b)) + (rv_high(a) * rv_high(b));
#endif
}

/** The sum before the last shift of one channel: its upper and lower neighbours as pairs. */
static inline int32_t blend(const rv_blend *k, uint32_t top, uint32_t bottom) {
  const int32_t acc = add_products(bottom, k->bottom, add_products(top, k->top, k->start));
  return rv_multiply_high(acc * k->leftScale, k->multiplier) + k->addend;
}

/** The code of channel c, in the low byte. */
static inline uint32_t code(const rv_resize_params *p, rv_neighbours *n, const rv_blend *k,
                            int32_t c, int32_t sum) {
  if (rv_in_doubt(sum, k->shift, k->doubt)) {
    return (uint8_t)rv_resize_float32(p, n, c);
  }
  return (uint8_t)rv_saturate(sum >> k->shift);
}

static inline uint32_t joined(uint32_t q0, uint32_t q1, uint32_t q2, uint32_t q3) {
  return (q0 & 0xFFu) | ((q1 & 0xFFu) << 8) | ((q2 & 0xFFu) << 16) | (q3 << 24);
}

/** Four codes of which some are in doubt. Out of line: few words have one. */
RV_NOINLINE static uint32_t decided_four(const rv_resize_params *p, rv_neighbours *n,
                                         const rv_blend *k, int32_t c, const int32_t *sums) {
  return joined(code(p, n, k, c, sums[0]), code(p, n, k, c + 1, sums[1]),
                code(p, n, k, c + 2, sums[2]), code(p, n, k, c + 3, sums[3]));
}

/** Channels [c, c + 4): all of their inputs are read before any of their outputs is written. */
static inline uint32_t blend_four(const rv_resize_params *p, rv_neighbours *n, const rv_blend *k,
                                  int32_t c) {
  const uint32_t topLeft = rv_load32(n->pixel[0] + c);
  const uint32_t topRight = rv_load32(n->pixel[1] + c);
  const uint32_t bottomLeft = rv_load32(n->pixel[2] + c);
  const uint32_t bottomRight = rv_load32(n->pixel[3] + c);
  const uint32_t a = rv_even_bytes(topLeft);
  const uint32_t b = rv_even_bytes(topRight);
  const uint32_t d = rv_even_bytes(bottomLeft);
  const uint32_t e = rv_even_bytes(bottomRight);
  const int32_t s0 = blend(k, rv_low_low(a, b), rv_low_low(d, e));
  const int32_t s2 = blend(k, rv_high_high(a, b), rv_high_high(d, e));
  const uint32_t f = rv_odd_bytes(topLeft);
  const uint32_t g = rv_odd_bytes(topRight);
  const uint32_t h = rv_odd_bytes(bottomLeft);
  const uint32_t i = rv_odd_bytes(bottomRight);
  const int32_t s1 = blend(k, rv_low_low(f, g), rv_low_low(h, i));
  const int32_t s3 = blend(k, rv_high_high(f, g), rv_high_high(h, i));
  if (rv_in_doubt(s0, k->shift, k->doubt) || rv_in_doubt(s1, k->shift, k->doubt) ||
      rv_in_doubt(s2, k->shift, k->doubt) || rv_in_doubt(s3, k->shift, k->doubt)) {
    const int32_t sums[4] = {s0, s1, s2, s3};
    return decided_four(p, n, k, c, sums);
  }
  return joined((uint32_t)rv_saturate(s0 >> k->shift), (uint32_t)rv_saturate(s1 >> k->shift),
                (uint32_t)rv_saturate(s2 >> k->shift), (uint32_t)rv_saturate(s3 >> k->shift));
}

static void resize_pixel(const rv_resize_params *p, rv_neighbours *n, int8_t *out) {
  const rv_rounder r = rv_scalar_rounder(&p->requant);
  rv_blend k;
  k.top = rv_low_low((uint32_t)n->weight[0], (uint32_t)n->weight[1]);
  k.bottom = rv_low_low((uint32_t)n->weight[2], (uint32_t)n->weight[3]);
  /* The weights add up to the denominators' product. */
  k.start = -(p->inputZeroPoint * p->rowDenominator * p->columnDenominator);
  k.leftScale = r.leftScale;
  k.multiplier = p->requant.multiplier;
  k.addend = r.addend;
  k.shift = r.shift;
  k.doubt = p->doubt;
  const int32_t channels = p->channels;
  int32_t c = 0;
  for (; c + 4 <= channels; c += 4) {
    rv_store32(out + c, blend_four(p, n, &k, c));
  }
  for (; c < channels; c++) {
    const uint32_t top = rv_low_low((uint32_t)n->pixel[0][c], (uint32_t)n->pixel[1][c]);
    const uint32_t bottom = rv_low_low((uint32_t)n->pixel[2][c], (uint32_t)n->pixel[3][c]);
    out[c] = (int8_t)(uint8_t)code(p, n, &k, c, blend(&k, top, bottom));
  }
}

void rv_resize_linear_s8_dsp(const rv_resize_params *p, const rv_view *in, const rv_view *out,
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
