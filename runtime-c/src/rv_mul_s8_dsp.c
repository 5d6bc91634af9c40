/** @file rv_mul_s8_dsp.c Elementwise product of two tensors for the DSP extension. */
#include "rv_broadcast.h"
#include "rv_dsp.h"
#include "rv_kernels_dsp.h"

typedef struct {
  int32_t multiplier;
  int32_t addend; /**< Half a step and the zero point, before the shift. */
  int32_t shift;
  uint32_t offsetA; /**< Minus the zero points, twice. */
  uint32_t offsetB;
} factors;

/** Requantises a product and places it in byte `at` of a word. */
static inline uint32_t rounded(const factors *f, int32_t product, uint32_t word, int32_t at) {
  const int32_t t = rv_multiply_high(product, f->multiplier) + f->addend;
  const uint32_t q = (uint32_t)rv_saturate(t >> f->shift);
  return (word & ~(0xFFu << at)) | ((q & 0xFFu) << at);
}

/** The products of four pairs of bytes. */
static inline uint32_t mul_word(const factors *f, uint32_t a, uint32_t b) {
  const uint32_t evenA = rv_add_even_bytes(f->offsetA, a);
  const uint32_t evenB = rv_add_even_bytes(f->offsetB, b);
  const uint32_t oddA = rv_add_odd_bytes(f->offsetA, a);
  const uint32_t oddB = rv_add_odd_bytes(f->offsetB, b);
  uint32_t word = 0;
  word = rounded(f, rv_low(evenA) * rv_low(evenB), word, 0);
  word = rounded(f, rv_low(oddA) * rv_low(oddB), word, 8);
  word = rounded(f, rv_high(evenA) * rv_high(evenB), word, 16);
  return rounded(f, rv_high(oddA) * rv_high(oddB), word, 24);
}

static void mul(const factors *constants, const int8_t *a, const int8_t *b, int8_t *out,
                int32_t n) {
  const factors f = *constants; /* in registers: stores may alias memory */
  for (; n >= 4; n -= 4) {
    rv_store32(out, mul_word(&f, rv_load32(a), rv_load32(b)));
    a += 4;
    b += 4;
    out += 4;
  }
  for (; n > 0; n--) {
    *out++ = (int8_t)(mul_word(&f, (uint8_t)*a++, (uint8_t)*b++) & 0xFFu);
  }
}

void rv_mul_s8_dsp(const rv_mul_params *p, const rv_view *a, const rv_view *b, const rv_view *out,
                   const rv_window *w, void *scratch) {
  (void)scratch;
  const rv_runs runs = rv_row_runs(a, p->broadcastA, b, p->broadcastB, out, p->channels, w->cols);
  const int32_t pitchA = rv_operand_pitch(a, p->broadcastA);
  const int32_t pitchB = rv_operand_pitch(b, p->broadcastB);
  const rv_rounder rounder = rv_scalar_rounder(&p->requant);
  const factors f = {p->requant.multiplier, rounder.addend, rounder.shift,
                     rv_minus_twice(p->zeroPointA), rv_minus_twice(p->zeroPointB)};
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *fromA = rv_operand(a, p->broadcastA, y, w->x);
    const int8_t *fromB = rv_operand(b, p->broadcastB, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t i = 0; i < runs.runs; i++) {
      mul(&f, fromA, fromB, to, runs.length);
      fromA += pitchA;
      fromB += pitchB;
      to += out->pixelPitch;
    }
  }
}
