/** @file rv_mul_s8.c Elementwise product of two tensors, plain C. */
#include "rv_broadcast.h"
#include "rv_requantise.h"

/** One element in any rounding. */
RV_NOINLINE static int8_t mul_any(const rv_mul_params *p, int32_t a, int32_t b) {
  const rv_requant *r = &p->requant;
  return rv_requantise_scalar((a - p->zeroPointA) * (b - p->zeroPointB), r, rv_scalar_rounder(r));
}

/** RV_ROUND_FIXED, with the constants in registers. */
static void mul_fixed(const rv_mul_params *p, const int8_t *a, const int8_t *b, int8_t *out,
                      int32_t n) {
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  const int32_t multiplier = p->requant.multiplier;
  const int32_t zeroA = p->zeroPointA;
  const int32_t zeroB = p->zeroPointB;
  for (const int8_t *end = out + n; out != end;) {
    *out++ = rv_requantise_fixed((*a++ - zeroA) * (*b++ - zeroB), multiplier, k);
  }
}

static void mul_run(const rv_mul_params *p, const int8_t *a, int32_t stepA, const int8_t *b,
                    int32_t stepB, int8_t *out, int32_t n) {
  if ((p->requant.rounding == RV_ROUND_FIXED) && (stepA == 1) && (stepB == 1)) {
    mul_fixed(p, a, b, out, n);
    return;
  }
  for (const int8_t *end = out + n; out != end;) {
    *out++ = mul_any(p, *a, *b);
    a += stepA;
    b += stepB;
  }
}

void rv_mul_s8(const rv_mul_params *p, const rv_view *a, const rv_view *b, const rv_view *out,
               const rv_window *w, void *scratch) {
  (void)scratch;
  const rv_runs runs = rv_row_runs(a, p->broadcastA, b, p->broadcastB, out, p->channels, w->cols);
  const int32_t pitchA = rv_operand_pitch(a, p->broadcastA);
  const int32_t pitchB = rv_operand_pitch(b, p->broadcastB);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *fromA = rv_operand(a, p->broadcastA, y, w->x);
    const int8_t *fromB = rv_operand(b, p->broadcastB, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t i = 0; i < runs.runs; i++) {
      mul_run(p, fromA + ((ptrdiff_t)i * pitchA), rv_operand_step(p->broadcastA),
              fromB + ((ptrdiff_t)i * pitchB), rv_operand_step(p->broadcastB),
              to + ((ptrdiff_t)i * out->pixelPitch), runs.length);
    }
  }
}
